/* One connection that libcurl opens (names, proxies, TLS) and that carries our HTTP/1.1.
 *
 * The easy handle has CURLOPT_CONNECT_ONLY: libcurl resolves names, connects, uses a proxy and
 * encrypts. It does not write requests to the origin or parse its responses. */
#ifndef KMS_CONNECTION_H
#define KMS_CONNECTION_H

#include "base/list.h"
#include "curl/options.h"
#include "http/error.h"
#include "http/host.h"

typedef struct kms_connection {
    CURL *easy;
    CURLM *multi;         /* drives the easy handle; lives longer than the connection */
    curl_socket_t socket; /* CURL_SOCKET_BAD until connected */
    kms_http_origin origin;
    const char *proxy;     /* borrowed from the options, which live longer; NULL: none */
    double idle_since;     /* monotonic seconds; set by the pool */
    struct kms_pool *pool; /* keeps it while it is idle; set by the event loop */
    kms_link link;         /* in the event loop's list of all connections */
    kms_link idle_link;    /* in the pool, while it is idle */
    int refusal_status;    /* of a proxy that refused the tunnel; else 0 */
    void *transfer;        /* uses the connection; NULL while idle; set by the event loop */
    char error_text[CURL_ERROR_SIZE];
} kms_connection;

/* Starts to connect to an origin, with a limit of `seconds`. The event loop drives `multi`, and
 * finds the connection in CURLOPT_PRIVATE of the easy handle. Returns NULL and sets `error` on
 * failure. */
kms_connection *kms_connection_open(CURLM *multi, const kms_options *options,
                                    const kms_http_origin *origin, double seconds,
                                    kms_http_error *error);

/* Handles libcurl's result of connecting. Returns false and sets `error` on failure. */
bool kms_connection_finish_open(kms_connection *connection, CURLcode result, kms_http_error *error);

/* Whether an idle connection is usable: the server has not closed it and has sent nothing. */
bool kms_connection_is_alive(kms_connection *connection);

/* The same for an idle connection whose socket is readable. */
bool kms_connection_survives_input(kms_connection *connection);

/* Describes a failure of curl_easy_send or curl_easy_recv in `error`. */
void kms_connection_describe_failure(const kms_connection *connection, CURLcode result,
                                     kms_http_error *error);

/* Closes and frees a connection; NULL is allowed. Its socket must not be watched any more. */
void kms_connection_close(kms_connection *connection);

#endif
