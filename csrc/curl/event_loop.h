/* The event loop: runs any number of transfers over the connection pools of any number of
 * transports. One per Lua state. No Lua here, and no callback leaves it.
 *
 * After a fork the child's copy of a loop leaves the parent's connections alone: its running
 * transfers fail, and new ones get new connections.
 *
 * For each transfer: prepare, what request.h says of transfer->writer, start; then step until the
 * transfer is done; release. */
#ifndef KMS_EVENT_LOOP_H
#define KMS_EVENT_LOOP_H

#include <sys/types.h>

#include "curl/socket_set.h"
#include "curl/transfer.h"

typedef struct {
    CURLM *multi;           /* connects; NULL before the first transfer */
    kms_socket_set sockets; /* owners: a kms_connection, NULL (libcurl), or the loop (notifier) */
    kms_connection *connections;
    kms_transfer *free;     /* for new transfers */
    kms_transfer *running;  /* started and not ended */
    size_t resumable_count; /* of the running ones */
    bool has_curl_timer;
    double curl_timer;    /* when libcurl wants to act */
    double next_deadline; /* not after the deadline of any running transfer */
    double now;           /* the monotonic clock when it was read last */
    size_t ended_count;   /* transfers that wait in queues */
    int notifier;         /* readable while ended_count > 0; -1 until the descriptor is used */
    bool is_notified;
    int transfer_count; /* transfers made so far */
    pid_t process;      /* which opened the connections */
    bool is_sigpipe_possible;
    unsigned refcount;
} kms_event_loop;

/* An idle loop with one reference. Opens nothing. NULL: no memory. */
kms_event_loop *kms_event_loop_new(void);

/* Drops one reference; NULL is allowed. The last one frees the loop. */
void kms_event_loop_release(kms_event_loop *loop);
void kms_event_loop_retain(kms_event_loop *loop);

/* A cleared transfer for a new request; NULL: no memory. It is the same one until it is started. */
kms_transfer *kms_event_loop_prepare(kms_event_loop *loop);

/* Starts the prepared transfer for a request that its writer has finished, with at most so many
 * seconds. False: see the transfer's error; it stays prepared. */
bool kms_event_loop_start(kms_event_loop *loop, kms_pool *pool, const kms_http_request *request,
                          double seconds, kms_transfer_queue *queue);

/* Runs the loop until a transfer that was started without a queue is done. */
void kms_event_loop_run(kms_event_loop *loop, const kms_transfer *transfer);

/* Waits once, at most so many seconds, and makes progress with all transfers. False: interrupted by
 * a signal. */
bool kms_event_loop_step(kms_event_loop *loop, double seconds);

/* Seconds until a timer is due, 0 if there is something to do now; infinity if there is no timer.
 */
double kms_event_loop_timeout(kms_event_loop *loop);

/* A descriptor that is readable when a step has something to do or a queue has an ended transfer.
 * -1: not on this system, or none left. */
int kms_event_loop_descriptor(kms_event_loop *loop);

/* Takes the transfer that ended first out of a queue; NULL if there is none. */
kms_transfer *kms_event_loop_take(kms_event_loop *loop, kms_transfer_queue *queue);

/* Puts a transfer that was taken back to the front of its queue. */
void kms_event_loop_untake(kms_event_loop *loop, kms_transfer_queue *queue, kms_transfer *transfer);

/* Wipes a transfer that has ended and was taken, for the next request. */
void kms_event_loop_recycle(kms_event_loop *loop, kms_transfer *transfer);

/* Aborts the running transfers of a queue and drops the ended ones. */
void kms_event_loop_cancel(kms_event_loop *loop, kms_transfer_queue *queue);

/* Closes the idle connections of a pool. */
void kms_event_loop_close_idle(kms_event_loop *loop, kms_pool *pool);

#endif
