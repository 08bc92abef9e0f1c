/* The connection pool of a transport: its options, its idle connections and its counters. */
#ifndef KMS_POOL_H
#define KMS_POOL_H

#include "curl/connection.h"
#include "curl/options.h"

typedef struct kms_pool {
    kms_options options;
    kms_link idle; /* the least recently used connection first */
    size_t idle_count;
    size_t used_count;     /* connections in use now */
    size_t max_used_count; /* the highest used_count so far */
    bool is_closed;        /* no connection is kept any more */
    unsigned refcount;     /* the transport and its running requests */
    unsigned long request_count;
    unsigned long connection_count;
} kms_pool;

/* Creates an empty pool without options and with one reference. NULL if memory runs out. */
kms_pool *kms_pool_new(void);

/* Drops one reference; NULL is allowed. The last one frees the pool, which must have no idle
 * connection then. */
void kms_pool_release(kms_pool *pool);

/* Takes an idle connection to an origin out of the pool; NULL if there is none. The server may have
 * closed it; see kms_connection_is_alive. */
kms_connection *kms_pool_take(kms_pool *pool, const kms_http_origin *origin);

/* Puts a connection into the pool. False if the pool is closed or keeps no connections; then the
 * caller must close the connection. */
bool kms_pool_put(kms_pool *pool, kms_connection *connection, double now);

/* Takes a connection out of the pool that it should not keep: one that has been idle for too long,
 * one that exceeds the number to keep, or any one of a closed pool. NULL if there is none. A pool
 * keeps as many connections as were in use at once, and at least 8. */
kms_connection *kms_pool_take_expired(kms_pool *pool, double now);

/* Takes an idle connection out of its pool. */
void kms_pool_remove(kms_connection *connection);

#endif
