/* One HTTP exchange: its request, its handle of libcurl, its answer or failure. It does no I/O: see
 * connections.h. No Lua here.
 *
 * Order of calls: init once; then for each exchange begin, header (any number), open, what
 * connections.h does with the handle, done, a look at status and reply or at failure, end. After
 * any of them end may follow, and begin clears away what an exchange that was given up left behind.
 * At last close.
 * Lives in memory that does not move. */
#ifndef KMS_EXCHANGE_H
#define KMS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <curl/curl.h>

#include "buffer.h"
#include "curl_options.h"
#include "failure.h"
#include "reply.h"
#include "request.h"

/* Every text ends in NUL, which its length leaves out, as those of Lua do. */
typedef struct {
    kms_slice method;
    kms_slice scheme;
    kms_slice host;
    kms_slice target;
    kms_slice body;  /* data == NULL: none */
    bool link_local; /* plain http may go to a link-local address as well */
    bool has_deadline;
    double deadline; /* Unix time in seconds */
} kms_exchange_request;

typedef struct {
    /* A handle for each exchange, while connections are kept: libcurl 7.88 appends a header that
     * begins with white space to the last one of the handle's exchange before, which is freed by
     * then. */
    CURL *easy;
    kms_buffer lines; /* of the request's head, each with a final NUL */
    size_t line_count;
    struct curl_slist *headers; /* a node a line, in one block */
    CURLU *url; /* of `origin`, kept for the next exchange: it often goes there too */
    kms_buffer origin;
    unsigned given; /* bits of the headers in the table DEFAULTS that the caller sent */
    char error[CURL_ERROR_SIZE];

    kms_reply reply;
    long status;
    long connections; /* made for it */
    kms_failure failure;
} kms_exchange;

/* Nothing is allocated. */
void kms_exchange_init(kms_exchange *exchange);

/* Checks what the request says before any header. False: see failure. */
bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request);

/* Adds one header; both are copied. False: see failure. */
bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value);

/* Makes the handle. The request is the one begun; its body is not copied. False: see failure. */
bool kms_exchange_open(kms_exchange *exchange, const kms_curl_options *options,
                       const kms_exchange_request *request);

/* Takes the result of an open handle that has run. False: see failure. */
bool kms_exchange_done(kms_exchange *exchange, const kms_curl_options *options,
                       const kms_exchange_request *request, CURLcode result);

/* Wipes and frees what the exchange held. The handle is in no set of connections any more. */
void kms_exchange_end(kms_exchange *exchange);

/* Ends, and frees what was kept for the next one. */
void kms_exchange_close(kms_exchange *exchange);

#endif
