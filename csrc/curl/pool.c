/* The connection pool of a transport; see pool.h. */
#include "curl/pool.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_KEPT = 8 };

kms_pool *kms_pool_new(void)
{
    kms_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    kms_options_init(&pool->options);
    pool->refcount = 1;
    return pool;
}

void kms_pool_retain(kms_pool *pool)
{
    pool->refcount++;
}

void kms_pool_release(kms_pool *pool)
{
    if (pool == NULL || --pool->refcount > 0)
        return;
    kms_options_free(&pool->options);
    free(pool->idle);
    free(pool);
}

static kms_connection *remove_at(kms_pool *pool, size_t index)
{
    kms_connection *connection = pool->idle[index];
    pool->idle_count--;
    memmove(&pool->idle[index], &pool->idle[index + 1],
            (pool->idle_count - index) * sizeof *pool->idle);
    return connection;
}

kms_connection *kms_pool_take(kms_pool *pool, const kms_http_origin *origin)
{
    for (size_t i = pool->idle_count; i > 0; i--)
        if (kms_connection_leads_to(pool->idle[i - 1], origin))
            return remove_at(pool, i - 1);
    return NULL;
}

static bool reserve(kms_pool *pool)
{
    if (pool->idle_count < pool->idle_capacity)
        return true;
    const size_t capacity = pool->idle_capacity == 0 ? MIN_KEPT : pool->idle_capacity * 2;
    kms_connection **idle = realloc(pool->idle, capacity * sizeof(kms_connection *));
    if (idle == NULL)
        return false;
    pool->idle = idle;
    pool->idle_capacity = capacity;
    return true;
}

bool kms_pool_put(kms_pool *pool, kms_connection *connection, double now)
{
    if (pool->is_closed || !(pool->options.number[KMS_OPTION_KEEPALIVE] > 0) || !reserve(pool))
        return false;
    connection->idle_since = now;
    pool->idle[pool->idle_count++] = connection;
    return true;
}

kms_connection *kms_pool_take_expired(kms_pool *pool, double now)
{
    const size_t kept = pool->max_used_count > MIN_KEPT ? pool->max_used_count : MIN_KEPT;
    if (pool->idle_count == 0)
        return NULL;
    if (pool->is_closed || pool->idle_count > kept ||
        now - pool->idle[0]->idle_since > pool->options.number[KMS_OPTION_KEEPALIVE])
        return remove_at(pool, 0);
    return NULL;
}

void kms_pool_remove(kms_pool *pool, const kms_connection *connection)
{
    for (size_t i = 0; i < pool->idle_count; i++)
        if (pool->idle[i] == connection) {
            remove_at(pool, i);
            return;
        }
}
