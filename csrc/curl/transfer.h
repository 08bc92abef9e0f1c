/* One request and its response over one connection at a time: sends, receives, and decides whether
 * to try again on a new connection. The event loop calls it when the socket is ready. */
#ifndef KMS_TRANSFER_H
#define KMS_TRANSFER_H

#include "curl/pool.h"
#include "http/http1_parser.h"
#include "http/request.h"

/* Transfers in the order in which they ended. The caller that started them takes them out. */
typedef struct {
    kms_link ended;
    size_t ended_count;
    size_t running_count; /* started and not ended */
    unsigned long request_count;
    unsigned long connection_count;
} kms_transfer_queue;

typedef struct {
    kms_link link; /* in the list that contains it */
    kms_http_writer writer;
    kms_http_response response;
    kms_http1_parser parser;
    kms_pool *pool;             /* one reference while running */
    kms_connection *connection; /* NULL: none */
    kms_slice unsent;           /* the rest of writer.bytes */
    CURLcode send_result;       /* an error: the rest cannot be sent */
    double timeout;             /* seconds */
    double deadline;            /* monotonic seconds */
    bool is_idempotent;
    bool has_no_body;  /* the response must not have a body */
    bool is_resumable; /* its last progress was KMS_TRANSFER_AGAIN */
    bool is_connecting;
    bool is_reused; /* the connection had carried another request before */
    bool is_second_try;
    bool may_have_arrived; /* the server may have received a part of the request */
    bool is_drained;       /* the response is complete and no byte followed it */
    bool is_done;
    kms_transfer_queue *queue; /* gets the transfer when it ends; NULL: only is_done is set */
    bool is_brief;             /* the caller needs few headers: see kms_response_push */
    int id;                    /* unique among the transfers of a loop */
    kms_http_origin origin;
    kms_http_error error;
} kms_transfer;

/* Allocates nothing. */
void kms_transfer_init(kms_transfer *transfer);

/* Gives the transfer a connection, and sends what can be sent without waiting. */
void kms_transfer_attach(kms_transfer *transfer, kms_connection *connection, bool is_reused);

typedef enum {
    KMS_TRANSFER_WAIT,  /* wait until the socket is readable, or writable if bytes are unsent */
    KMS_TRANSFER_AGAIN, /* more input may be there: call again, but let others run first */
    KMS_TRANSFER_DONE   /* complete, or failed: see error */
} kms_transfer_progress;

/* Sends and receives as much as is possible without waiting. */
kms_transfer_progress kms_transfer_advance(kms_transfer *transfer);

/* Whether bytes of the request wait until the socket is writable. */
bool kms_transfer_has_unsent(const kms_transfer *transfer);

/* Whether the connection may carry another request. */
bool kms_transfer_is_reusable(const kms_transfer *transfer);

/* Whether a failed transfer should run once more on a new connection: the server closed a kept
 * connection before the first byte of a response, which it may do at any time (RFC 9112 section
 * 9.3.1), and the request is idempotent. */
bool kms_transfer_should_retry(const kms_transfer *transfer);

/* Sets the error, with the host of the transfer. */
void kms_transfer_fail(kms_transfer *transfer, kms_http_error_code code, const char *reason);

/* Wipes request and response, and keeps a little memory for the next use. */
void kms_transfer_clear(kms_transfer *transfer);

/* Wipes and frees what the transfer owns, but not the struct. */
void kms_transfer_free(kms_transfer *transfer);

#endif
