/* A connection that libcurl makes (names, proxies, TLS) and over which one exchange of HTTP/1.1
 * goes at a time. What is sent and what is read is ours: libcurl's own HTTP costs a call as much
 * as all else that this library does for it, and reads answers with less care (see http1.h). */
#ifndef KMS_STREAM_H
#define KMS_STREAM_H

#include "http/request.h"

typedef struct {
    CURL *easy; /* NULL: closed */
    curl_socket_t socket;
    kms_buffer origin;
    bool proxied;
    double idle_since; /* by kms_monotonic */
    char error[CURL_ERROR_SIZE];
} kms_stream;

/* What became of the stream by an exchange. */
typedef struct {
    bool started;  /* a byte of the answer came */
    bool reusable; /* the stream may carry another exchange */
} kms_stream_outcome;

/* A closed one. Nothing is allocated. */
void kms_stream_init(kms_stream *stream);

/* Connects to where the request goes, within so many seconds; adds to `made` how many connections
 * that took. `multi` must live as long. False: see the exchange's failure; the stream is closed. */
bool kms_stream_open(kms_stream *stream, CURLM *multi, const kms_curl_options *options,
                     const kms_exchange_request *request, kms_exchange *exchange, double seconds,
                     unsigned long *made);

/* Whether a stream that was idle may be used: the server has neither closed it nor said anything.
 */
bool kms_stream_alive(kms_stream *stream);

/* Carries an exchange that is written over an open stream, until `stop` by kms_monotonic. False:
 * see the exchange's failure. */
bool kms_stream_exchange(kms_stream *stream, kms_exchange *exchange,
                         const kms_exchange_request *request, double stop,
                         kms_stream_outcome *outcome);

/* Closes, if it is open. */
void kms_stream_close(kms_stream *stream, CURLM *multi);

#endif
