/* Reads one answer of HTTP/1.1 by the letter of RFC 9112, from bytes in pieces of any size. No I/O.
 *
 * What servers and proxies are known to read in different ways is refused, not guessed at: who
 * mistakes where an answer ends takes the rest of it for the next one. */
#ifndef KMS_HTTP1_H
#define KMS_HTTP1_H

#include "http/response.h"

typedef enum {
    KMS_HTTP1_MORE,   /* the answer goes on */
    KMS_HTTP1_DONE,   /* it is complete */
    KMS_HTTP1_STOPPED /* it is none, or not one to take: see the reply's stop_code */
} kms_http1_result;

typedef enum {
    KMS_HTTP1_STATUS,
    KMS_HTTP1_HEADERS,
    KMS_HTTP1_LENGTH, /* a body of a length that was told */
    KMS_HTTP1_CHUNK_SIZE,
    KMS_HTTP1_CHUNK,
    KMS_HTTP1_CHUNK_END,
    KMS_HTTP1_TRAILERS,
    KMS_HTTP1_REST, /* a body that ends with the connection */
    KMS_HTTP1_END
} kms_http1_stage;

typedef struct {
    kms_reply *reply; /* the caller's */
    kms_buffer line;  /* one that did not come in one piece */
    bool line_used;   /* it was read, and is to be cleared */
    kms_http1_stage stage;
    bool headless; /* the request's method has answers of a head alone: HEAD, CONNECT */
    int status;
    bool old;     /* HTTP/1.0 */
    bool last;    /* the connection carries no other answer after this one */
    bool started; /* a byte came */
    size_t left;  /* bytes that are still to come, of the body or of the stage's part of it */
} kms_http1;

/* A reader at the beginning of an answer, with an empty reply. Allocates nothing. */
void kms_http1_begin(kms_http1 *reader, kms_reply *reply, bool headless);

/* Takes bytes from the front of the piece. What is left of it after the end is not the answer's. */
kms_http1_result kms_http1_read(kms_http1 *reader, kms_slice *piece);

/* The connection has ended. Never KMS_HTTP1_MORE. */
kms_http1_result kms_http1_finish(kms_http1 *reader);

/* Wipes and frees what the reader holds; the reply stays. */
void kms_http1_end(kms_http1 *reader);

#endif
