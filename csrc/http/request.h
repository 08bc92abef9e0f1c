/* HTTP/1.1 requests: validates one and writes its bytes. No I/O.
 *
 * Order of calls: init once; then for each request begin, add_header any number of times, finish,
 * use of `bytes`, clear; at last free. begin also clears a request that was not finished. */
#ifndef KMS_HTTP_REQUEST_H
#define KMS_HTTP_REQUEST_H

#include "base/buffer.h"
#include "http/error.h"
#include "http/host.h"

/* The slices are borrowed until the call that takes the request returns. */
typedef struct {
    kms_slice method;
    kms_slice scheme;       /* "https" or "http" in any case */
    kms_slice host;         /* see host.h */
    kms_slice target;       /* sent as it is */
    kms_slice body;         /* data == NULL: no body */
    double timeout;         /* seconds; INFINITY: none */
    bool allows_link_local; /* plain HTTP may reach link-local addresses as well */
    bool is_idempotent;     /* may be sent again when the server may have acted upon it */
} kms_http_request;

typedef struct {
    kms_buffer bytes;     /* the request as it is sent */
    size_t host_at;       /* where the Host line starts in `bytes` */
    size_t host_length;   /* its length */
    bool has_caller_host; /* the Host line is the caller's */
} kms_http_writer;

/* Allocates nothing. */
void kms_http_writer_init(kms_http_writer *writer);

/* Validates the request except its headers, and writes the request line and Host. Returns false and
 * sets `error` on failure. */
bool kms_http_writer_begin(kms_http_writer *writer, const kms_http_request *request,
                           kms_http_error *error);

/* Validates one header and appends it. A Host header replaces the default one, which is the first
 * header (RFC 9110 section 7.2). Returns false and sets `error` on failure. */
bool kms_http_writer_add_header(kms_http_writer *writer, kms_slice name, kms_slice value,
                                kms_http_error *error);

/* Appends Content-Length if the request needs it, the end of the headers, and the body. Headers and
 * body are sent together, because that takes one system call and one TLS record. Returns false and
 * sets `error` on failure. */
bool kms_http_writer_finish(kms_http_writer *writer, const kms_http_request *request,
                            kms_http_error *error);

/* Wipes the bytes, and keeps a little memory for the next request. */
void kms_http_writer_clear(kms_http_writer *writer);

/* Wipes and frees the bytes. */
void kms_http_writer_free(kms_http_writer *writer);

/* Copies the origin of a valid request. */
void kms_http_request_get_origin(const kms_http_request *request, kms_http_origin *origin);

/* Whether the response to a method has no body (RFC 9112 section 6.3, rules 1 and 2). */
bool kms_http_method_has_no_body(kms_slice method);

/* Whether a method is idempotent (RFC 9110 section 9.2.2): a request that the server may have acted
 * upon may be sent again. Methods are case-sensitive (section 9.1). */
bool kms_http_method_is_idempotent(kms_slice method);

#endif
