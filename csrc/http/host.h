/* The host of a request: its syntax, and which hosts plain HTTP may reach. */
#ifndef KMS_HTTP_HOST_H
#define KMS_HTTP_HOST_H

#include "base/slice.h"

enum { KMS_HTTP_MAX_HOST = 255 + sizeof "[]:65535" }; /* bytes, with a final NUL */

/* Where a connection leads: scheme and host (RFC 9110 section 4.3.1). */
typedef struct {
    bool is_plain; /* the scheme is "http"; false: "https" */
    size_t host_length;
    char host[KMS_HTTP_MAX_HOST];
} kms_http_origin;

static inline kms_slice kms_http_origin_host(const kms_http_origin *origin)
{
    return (kms_slice){origin->host, origin->host_length};
}

/* Compares the hosts byte by byte. */
static inline bool kms_http_origin_equals(const kms_http_origin *a, const kms_http_origin *b)
{
    return a->is_plain == b->is_plain &&
           kms_slice_equals(kms_http_origin_host(a), kms_http_origin_host(b));
}

/* Splits "name", "name:port", "[IPv6]" or "[IPv6]:port". The name keeps its brackets. *port is 0
 * if the host has none. False if the host has another form. */
bool kms_host_split(kms_slice host, kms_slice *name, int *port);

/* The following take a name from kms_host_split. An IPv4 address counts only in dotted decimal
 * without leading zeros, because resolvers read "127.1" and "127.0.0.010" in different ways. */

/* An IPv4 address, or an IPv6 address in brackets. */
bool kms_host_is_ip(kms_slice name);

/* "localhost", 127.0.0.0/8 or [::1]. */
bool kms_host_is_loopback(kms_slice name);

/* 169.254.0.0/16, which no router forwards (RFC 3927 section 2.7). The clouds serve metadata there
 * over plain HTTP. */
bool kms_host_is_link_local(kms_slice name);

#endif
