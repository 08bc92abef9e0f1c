/* The connection pool of a transport; see pool.h. */
#include "curl/pool.h"

#include <stdlib.h>

enum { MIN_KEPT = 8 };

kms_pool *kms_pool_new(void)
{
    kms_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    kms_list_init(&pool->idle);
    pool->refcount = 1;
    return pool;
}

void kms_pool_release(kms_pool *pool)
{
    if (pool == NULL || --pool->refcount > 0)
        return;
    kms_options_free(&pool->options);
    free(pool);
}

void kms_pool_remove(kms_connection *connection)
{
    kms_list_remove(&connection->idle_link);
    connection->pool->idle_count--;
}

kms_connection *kms_pool_take(kms_pool *pool, const kms_http_origin *origin)
{
    for (kms_link *link = pool->idle.previous; link != &pool->idle; link = link->previous) {
        kms_connection *connection = KMS_LIST_ITEM(link, kms_connection, idle_link);
        if (kms_http_origin_equals(&connection->origin, origin)) {
            kms_pool_remove(connection);
            return connection;
        }
    }
    return NULL;
}

bool kms_pool_put(kms_pool *pool, kms_connection *connection, double now)
{
    if (pool->is_closed || !(pool->options.number[KMS_OPTION_KEEPALIVE] > 0))
        return false;
    connection->idle_since = now;
    kms_list_insert(&pool->idle, &connection->idle_link);
    pool->idle_count++;
    return true;
}

kms_connection *kms_pool_take_expired(kms_pool *pool, double now)
{
    const size_t kept = pool->max_used_count > MIN_KEPT ? pool->max_used_count : MIN_KEPT;
    kms_connection *oldest = KMS_LIST_ITEM(pool->idle.next, kms_connection, idle_link);
    if (pool->idle_count == 0 ||
        (!pool->is_closed && pool->idle_count <= kept &&
         now - oldest->idle_since <= pool->options.number[KMS_OPTION_KEEPALIVE]))
        return NULL;
    kms_pool_remove(oldest);
    return oldest;
}
