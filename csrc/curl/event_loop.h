/* The event loop: runs any number of transfers over the connection pools of any number of
 * transports. One per Lua state. It runs no Lua code.
 *
 * After a fork the child's copy of a loop leaves the parent's connections alone: its running
 * transfers fail, and new ones get new connections.
 *
 * Order of calls for a transfer: prepare; then begin, add_header and finish of its writer (see
 * request.h); then start; then run, or step and take until the transfer ends; at last recycle. */
#ifndef KMS_EVENT_LOOP_H
#define KMS_EVENT_LOOP_H

#include <sys/types.h>

#include "curl/socket_set.h"
#include "curl/transfer.h"

typedef struct {
    CURLM *multi;           /* opens connections; NULL before the first transfer */
    kms_socket_set sockets; /* owners: a kms_connection, NULL (libcurl) or the loop (notifier) */
    kms_link connections;   /* all of them */
    kms_link free;          /* transfers for new requests */
    kms_link running;       /* transfers that have started and not ended */
    size_t resumable_count; /* running transfers that can continue without waiting */
    double curl_timer;      /* monotonic seconds; INFINITY: none */
    double next_deadline;   /* at or before the deadlines of all running transfers */
    double now;             /* the last value read from the monotonic clock */
    size_t ended_count;     /* ended transfers that wait in queues */
    int notifier;           /* readable while ended_count > 0; -1 until the descriptor is used */
    bool is_notified;
    int transfer_count; /* transfers created so far */
    pid_t process;      /* the one that opened the connections */
    bool may_raise_sigpipe;
    unsigned refcount;
} kms_event_loop;

/* Creates an idle loop with one reference. Opens nothing. NULL if memory runs out. */
kms_event_loop *kms_event_loop_new(void);

/* Drops one reference; NULL is allowed. The last one frees the loop. */
void kms_event_loop_release(kms_event_loop *loop);

/* Returns a cleared transfer for a new request, and the same one again until it is started. NULL if
 * memory runs out. */
kms_transfer *kms_event_loop_prepare(kms_event_loop *loop);

/* Starts the prepared transfer for a request that its writer has finished, with a limit of
 * `seconds`. A queue, if not NULL, gets the transfer when it ends. Returns false and sets the
 * transfer's error on failure; the transfer stays prepared then. */
bool kms_event_loop_start(kms_event_loop *loop, kms_pool *pool, const kms_http_request *request,
                          double seconds, kms_transfer_queue *queue);

/* Runs the loop until a transfer that was started without a queue is done. */
void kms_event_loop_run(kms_event_loop *loop, const kms_transfer *transfer);

/* Waits once, for at most `seconds`, and makes progress with all transfers. False: interrupted by a
 * signal. */
bool kms_event_loop_step(kms_event_loop *loop, double seconds);

/* Seconds until the next timer is due; 0 if a step has something to do now; infinity if there is no
 * timer. */
double kms_event_loop_timeout(kms_event_loop *loop);

/* A descriptor that is readable when a step has something to do or a queue has an ended transfer.
 * -1 if the system has no epoll, or no descriptor is left. */
int kms_event_loop_descriptor(kms_event_loop *loop);

/* Takes the transfer that ended first out of a queue; NULL if there is none. */
kms_transfer *kms_event_loop_take(kms_event_loop *loop, kms_transfer_queue *queue);

/* Puts a transfer that was taken back to the front of its queue. */
void kms_event_loop_untake(kms_event_loop *loop, kms_transfer_queue *queue, kms_transfer *transfer);

/* Wipes a transfer that has ended and is in no queue, and keeps it for the next request. */
void kms_event_loop_recycle(kms_event_loop *loop, kms_transfer *transfer);

/* Aborts the running transfers of a queue and drops the ended ones. */
void kms_event_loop_cancel(kms_event_loop *loop, kms_transfer_queue *queue);

/* Closes a pool: its idle connections now, and those in use when their transfers end. */
void kms_event_loop_close_pool(kms_event_loop *loop, kms_pool *pool);

#endif
