/* One HTTP exchange: its request, its answer or failure. It does no I/O: handle.h has libcurl's
 * HTTP carry it, stream.h ours. No Lua here.
 *
 * Order of calls: init once; then for each exchange begin, header (any number), ready, what carries
 * it, a look at status and reply or at failure, end. After any of them end may follow, and begin
 * clears away what an exchange that was given up left behind. At last close. */
#ifndef KMS_EXCHANGE_H
#define KMS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "curl/options.h"
#include "http/error.h"
#include "http/response.h"

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

/* Headers that the request needs (Host), or that libcurl makes up, where the caller gives none. */
typedef enum {
    KMS_GIVEN_HOST = 1,
    KMS_GIVEN_ACCEPT = 2,
    KMS_GIVEN_CONTENT_TYPE = 4,
    KMS_GIVEN_EXPECT = 8
} kms_given;

typedef struct {
    kms_buffer head; /* the request's first line and headers; see kms_exchange_write */
    size_t header_count;
    unsigned given; /* kms_given */
    kms_slice rest; /* a body that kms_exchange_write has not added to the head */
    kms_reply reply;
    long status;
    kms_failure failure;
} kms_exchange;

/* Nothing is allocated. */
void kms_exchange_init(kms_exchange *exchange);

/* Checks what the request says before any header. False: see failure. */
bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request);

/* Adds one header; both are copied. False: see failure. */
bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value);

/* After the last header of the caller. Says how many seconds the exchange may take. False: see
 * failure. */
bool kms_exchange_ready(kms_exchange *exchange, const kms_curl_options *options,
                        const kms_exchange_request *request, double *seconds);

/* Ends the head of an exchange that is ready, as HTTP/1.1 has it, and adds a short body: sent
 * together they take one call to the system, and one record of TLS. False: see failure. */
bool kms_exchange_write(kms_exchange *exchange, const kms_exchange_request *request);

/* Whether the request has this method, which has a case (RFC 9110 section 9.1). */
bool kms_exchange_is(const kms_exchange_request *request, const char *method);

/* Whether the request says how long its body is, which may be 0 (RFC 9110 section 8.6). */
bool kms_exchange_tells_length(const kms_exchange_request *request);

enum { KMS_ORIGIN_LIMIT = 512 }; /* a host has 263 bytes at most, with its port */

/* The URL of the request's scheme and host, with its NUL. False: no memory. */
bool kms_exchange_origin(const kms_exchange_request *request, kms_buffer *origin);

/* Whether that is what the buffer holds. */
bool kms_exchange_goes_to(const kms_exchange_request *request, const kms_buffer *origin);

/* Wipes what the exchange held, and keeps a little memory for the next one. */
void kms_exchange_end(kms_exchange *exchange);

/* Ends, and frees. */
void kms_exchange_close(kms_exchange *exchange);

#endif
