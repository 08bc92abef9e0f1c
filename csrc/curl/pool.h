/* The connection pool of a transport: its options, its idle connections and its counters. */
#ifndef KMS_POOL_H
#define KMS_POOL_H

#include "curl/connection.h"
#include "curl/options.h"

typedef struct kms_pool {
    kms_options options;
    kms_connection **idle; /* the one used longest ago first */
    size_t idle_count;
    size_t idle_capacity;
    size_t used_count;     /* connections in use now */
    size_t max_used_count; /* the most in use at once */
    bool is_closed;        /* keeps no connection any more */
    unsigned refcount;     /* the transport, and its requests in flight */
    unsigned long request_count;
    unsigned long connection_count;
} kms_pool;

/* An empty pool with default options, and one reference. NULL: no memory. */
kms_pool *kms_pool_new(void);

void kms_pool_retain(kms_pool *pool);

/* Drops one reference; NULL is allowed. The last one frees the pool, which must have no idle
 * connection then. */
void kms_pool_release(kms_pool *pool);

/* Takes an idle connection to an origin out of the pool; NULL if there is none. It may
 * be dead. */
kms_connection *kms_pool_take(kms_pool *pool, const kms_http_origin *origin);

/* Puts a connection into the pool. False: the pool is closed or keeps none, or has no memory; the
 * connection stays the caller's. */
bool kms_pool_put(kms_pool *pool, kms_connection *connection, double now);

/* Takes out a connection that the pool should not keep: one that has been idle for too long, one
 * that exceeds the number kept, or any one of a closed pool. NULL if there is none. The pool keeps
 * as many connections as were in use at once, and at least 8. */
kms_connection *kms_pool_take_expired(kms_pool *pool, double now);

/* Takes one certain idle connection out. */
void kms_pool_remove(kms_pool *pool, const kms_connection *connection);

#endif
