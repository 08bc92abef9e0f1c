/* One connection that libcurl makes (names, proxies, TLS) and that carries our HTTP/1.1.
 *
 * The libcurl handle is set to CURLOPT_CONNECT_ONLY: libcurl resolves, connects, talks to a proxy,
 * and encrypts; it never sees a request. */
#ifndef KMS_CONNECTION_H
#define KMS_CONNECTION_H

#include "base/buffer.h"
#include "curl/options.h"
#include "http/error.h"
#include "http/host.h"

typedef struct kms_connection {
    CURL *easy;
    CURLM *multi;          /* drives the easy handle; lives longer than the connection */
    curl_socket_t socket;  /* CURL_SOCKET_BAD until connected */
    kms_buffer url;        /* the origin it was made for, with a final NUL */
    const char *proxy;     /* of the options, which live longer; NULL: direct */
    double idle_since;     /* monotonic seconds; set by the pool */
    struct kms_pool *pool; /* where it goes while idle; set by the event loop */
    struct kms_connection *next, *previous; /* in the event loop's list of all connections */
    void *transfer; /* what it carries, NULL while idle; set by the event loop */
    char error_text[CURL_ERROR_SIZE];
} kms_connection;

/* Starts to connect to an origin within so many seconds. The event loop drives `multi`;
 * the handle's CURLOPT_PRIVATE is the connection. NULL: see `error`. */
kms_connection *kms_connection_open(CURLM *multi, const kms_options *options,
                                    const kms_http_origin *origin, double seconds,
                                    kms_http_error *error);

/* To be called when libcurl reports the end of connecting with a result. False: see `error`. */
bool kms_connection_finish_open(kms_connection *connection, CURLcode result, kms_slice host,
                                kms_http_error *error);

/* Number of TCP connections that libcurl made for it. */
unsigned long kms_connection_count(const kms_connection *connection);

/* Whether it leads to an origin. Compares the host byte by byte. */
bool kms_connection_leads_to(const kms_connection *connection, const kms_http_origin *origin);

/* Whether an idle connection is still usable: the server has neither closed it nor sent anything.
 */
bool kms_connection_is_alive(kms_connection *connection);

/* Whether a readable idle connection is still usable, as above, without asking the system first. */
bool kms_connection_survives_input(kms_connection *connection);

/* Describes a failure of curl_easy_send or curl_easy_recv in `error`. */
void kms_connection_describe_failure(const kms_connection *connection, CURLcode result,
                                     kms_slice host, kms_http_error *error);

/* Closes and frees; NULL is allowed. The event loop must have forgotten its socket. */
void kms_connection_close(kms_connection *connection);

#endif
