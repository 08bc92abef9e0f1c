/* The event loop; see event_loop.h. */
#include "curl/event_loop.h"
#include "base/clock.h"
#include "curl/sigpipe.h"
#include "curl/version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if KMS_USE_EPOLL
#include <sys/eventfd.h>
#endif

/* Limits how long one step of many TLS handshakes keeps the host from running: at most
 * MAX_CONNECTING sockets of libcurl are handled, and the timers that start its second attempts (RFC
 * 8305, 200 ms) are a millisecond apart, at most ATTEMPT_SPREAD_MS, because libcurl also continues
 * a handshake when its timer ends. */
enum { MAX_CONNECTING = 4, ATTEMPT_DELAY_MS = 200, ATTEMPT_SPREAD_MS = 512 };

kms_event_loop *kms_event_loop_new(void)
{
    kms_event_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    kms_socket_set_init(&loop->sockets);
    kms_list_init(&loop->connections);
    kms_list_init(&loop->free);
    kms_list_init(&loop->running);
    loop->next_deadline = loop->curl_timer = INFINITY;
    loop->notifier = -1;
    loop->process = getpid();
    loop->may_raise_sigpipe = kms_sigpipe_is_possible();
    loop->refcount = 1;
    return loop;
}

/* Called by libcurl to watch a socket that it connects. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *unused)
{
    kms_socket_set *sockets = &((kms_event_loop *)data)->sockets;
    const unsigned events =
        ((what & CURL_POLL_IN) != 0 ? POLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0U);
    (void)easy;
    (void)unused;
    if (kms_socket_set_owner(sockets, socket) != NULL) /* the loop watches it for a transfer */
        return 0;
    if (events != 0)
        return kms_socket_set_watch(sockets, socket, events, NULL) ? 0 : -1;
    kms_socket_set_forget(sockets, socket);
    return 0;
}

/* Called by libcurl to set its timer; -1 stops the timer. */
static int on_timer(CURLM *multi, long milliseconds, void *data)
{
    kms_event_loop *loop = data;
    (void)multi;
    loop->curl_timer = milliseconds < 0   ? (double)INFINITY
                       : milliseconds > 0 ? kms_monotonic() + (double)milliseconds / 1000
                                          : 0;
    return 0;
}

/* CURLMOPT_QUICK_EXIT of libcurl 8.20. By its number, because the library at run time may be newer
 * than the headers; an older library ignores it. Without it, freeing the multi handle waits for the
 * name server. */
#define MULTI_QUICK_EXIT ((CURLMoption)(CURLOPTTYPE_LONG + 21))

/* Opens libcurl's multi handle and the socket set, unless they are open. */
static bool open_loop(kms_event_loop *loop)
{
    if (loop->multi != NULL)
        return true;
    CURLM *multi = curl_multi_init();
    if (multi == NULL || !kms_socket_set_open(&loop->sockets)) {
        kms_socket_set_close(&loop->sockets);
        curl_multi_cleanup(multi);
        return false;
    }
    curl_multi_setopt(multi, MULTI_QUICK_EXIT, 1L);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop);
    loop->multi = multi;
    return true;
}

void kms_event_loop_recycle(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_transfer_clear(transfer);
    kms_list_insert(loop->free.next, &transfer->link);
}

static void set_resumable(kms_event_loop *loop, kms_transfer *transfer, bool is_resumable)
{
    loop->resumable_count += (size_t)is_resumable - (size_t)transfer->is_resumable;
    transfer->is_resumable = is_resumable;
}

static void drop_connection(kms_event_loop *loop, kms_connection *connection)
{
    if (connection->socket != CURL_SOCKET_BAD)
        kms_socket_set_forget(&loop->sockets, connection->socket);
    kms_list_remove(&connection->link);
    kms_connection_close(connection);
}

static void drop_expired(kms_event_loop *loop, kms_pool *pool)
{
    kms_connection *connection;
    while ((connection = kms_pool_take_expired(pool, loop->now)) != NULL)
        drop_connection(loop, connection);
}

/* Makes the notifier readable exactly while ended transfers wait in queues. */
static void update_notifier(kms_event_loop *loop)
{
#if KMS_USE_EPOLL
    eventfd_t value = 1;
    const bool should_notify = loop->ended_count > 0;
    if (loop->notifier == -1 || loop->is_notified == should_notify)
        return;
    loop->is_notified = should_notify;
    if (should_notify)
        eventfd_write(loop->notifier, value);
    else
        eventfd_read(loop->notifier, &value);
#else
    (void)loop;
#endif
}

/* Takes the connection from the transfer, and puts it into the pool if it is reusable. Otherwise
 * closes it. */
static void detach_connection(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_connection *connection = transfer->connection;
    transfer->connection = NULL;
    if (connection == NULL)
        return;
    connection->transfer = NULL;
    if (!kms_transfer_is_reusable(transfer) || !kms_pool_put(transfer->pool, connection, loop->now))
        drop_connection(loop, connection);
}

/* Removes the transfer from the running ones, and releases its connection and its pool. */
static void stop_running(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_pool *pool = transfer->pool;
    set_resumable(loop, transfer, false);
    detach_connection(loop, transfer);
    kms_list_remove(&transfer->link);
    if (kms_list_is_empty(&loop->running))
        loop->next_deadline = INFINITY;
    pool->used_count--;
    drop_expired(loop, pool);
    kms_pool_release(pool);
    transfer->pool = NULL;
}

static void end(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_transfer_queue *queue = transfer->queue;
    if (transfer->error.code != KMS_HTTP_OK) {
        transfer->error.is_uncertain = transfer->may_have_arrived;
        transfer->error.status =
            transfer->may_have_arrived ? kms_http1_parser_error_status(&transfer->parser) : 0;
    }
    stop_running(loop, transfer);
    transfer->is_done = true;
    if (queue == NULL)
        return;
    kms_list_insert(&queue->ended, &transfer->link);
    queue->running_count--;
    queue->ended_count++;
    loop->ended_count++;
}

static void end_with(kms_event_loop *loop, kms_transfer *transfer, kms_http_error_code code,
                     const char *reason)
{
    kms_transfer_fail(transfer, code, reason);
    end(loop, transfer);
}

/* Opens a connection for the transfer. run_curl continues when libcurl has connected or failed. */
static void connect_transfer(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_connection *connection =
        kms_connection_open(loop->multi, &transfer->pool->options, &transfer->origin,
                            transfer->deadline - loop->now, &transfer->error);
    if (connection == NULL) {
        end(loop, transfer);
        return;
    }
    curl_easy_setopt(connection->easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
                     (long)(ATTEMPT_DELAY_MS + transfer->pool->used_count % ATTEMPT_SPREAD_MS));
    kms_list_insert(&loop->connections, &connection->link);
    connection->pool = transfer->pool;
    connection->transfer = transfer;
    transfer->connection = connection;
    transfer->is_connecting = true;
}

/* Watches the socket for the events that the transfer waits for. */
static void wait_for_socket(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_connection *connection = transfer->connection;
    const unsigned events = POLLIN | (kms_transfer_has_unsent(transfer) ? POLLOUT : 0U);
    if (!kms_socket_set_watch(&loop->sockets, connection->socket, events, connection))
        end_with(loop, transfer, KMS_HTTP_OTHER, "not enough memory to wait for the response");
}

static void advance(kms_event_loop *loop, kms_transfer *transfer)
{
    const kms_transfer_progress progress = kms_transfer_advance(transfer);
    set_resumable(loop, transfer, progress == KMS_TRANSFER_AGAIN);
    if (progress != KMS_TRANSFER_DONE) {
        wait_for_socket(loop, transfer);
    } else if (kms_transfer_should_retry(transfer)) {
        detach_connection(loop, transfer);
        transfer->is_second_try = true;
        kms_http_error_clear(&transfer->error);
        kms_http_response_clear(&transfer->response);
        connect_transfer(loop, transfer);
    } else {
        end(loop, transfer);
    }
}

/* Runs the transfer over an open connection. */
static void attach(kms_event_loop *loop, kms_transfer *transfer, kms_connection *connection,
                   bool is_reused)
{
    connection->transfer = transfer;
    kms_transfer_attach(transfer, connection, is_reused);
    if (transfer->send_result != CURLE_OK)
        advance(loop, transfer);
    else
        wait_for_socket(loop, transfer);
}

static void finish_connect(kms_event_loop *loop, kms_connection *connection, CURLcode result)
{
    kms_transfer *transfer = connection->transfer;
    long count = 0;
    curl_easy_getinfo(connection->easy, CURLINFO_NUM_CONNECTS, &count);
    transfer->is_connecting = false;
    transfer->pool->connection_count += (unsigned long)count;
    if (transfer->queue != NULL)
        transfer->queue->connection_count += (unsigned long)count;
    if (kms_connection_finish_open(connection, result, &transfer->error))
        attach(loop, transfer, connection, false);
    else
        end(loop, transfer);
}

/* Closes all connections, ends all running transfers with an error, and frees libcurl's multi
 * handle. If `has_forked`, handles that have threads are leaked, because libcurl would wait for the
 * threads, which are not in this process. */
static void close_all(kms_event_loop *loop, kms_http_error_code code, const char *reason,
                      bool has_forked)
{
    bool has_threads = kms_curl_is_from(KMS_CURL_MULTI_THREADS_FROM);
    while (!kms_list_is_empty(&loop->connections)) {
        kms_connection *connection = KMS_LIST_ITEM(loop->connections.next, kms_connection, link);
        kms_transfer *transfer = connection->transfer;
        if (transfer == NULL) {
            kms_pool_remove(connection);
            drop_connection(loop, connection);
            continue;
        }
        if (transfer->is_connecting && has_forked) {
            has_threads = true; /* of its lookup */
            kms_list_remove(&connection->link);
            transfer->connection = NULL;
        }
        end_with(loop, transfer, code, reason);
    }
    if (!has_forked || !has_threads)
        curl_multi_cleanup(loop->multi);
    loop->multi = NULL;
    loop->curl_timer = INFINITY;
}

/* Functions that may use a connection call this first. False if this is a child of the process that
 * opened the connections; then the child gives up everything that belongs to its parent. Handles
 * that are connecting are leaked, because libcurl would wait for a resolver thread that only the
 * parent has. */
static bool check_process(kms_event_loop *loop)
{
    if (loop->process == getpid())
        return true;
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    loop->process = getpid();
    kms_socket_set_disconnect(&loop->sockets);
    close_all(loop, KMS_HTTP_CLOSED, "the process forked", true);
    kms_socket_set_close(&loop->sockets);
    loop->notifier = -1;
    loop->is_notified = false;
    return false;
}

/* Lets libcurl handle a ready socket or its timer, and takes over the connections that it has
 * opened. */
static void run_curl(kms_event_loop *loop, curl_socket_t socket, int events)
{
    int count = 0;
    const CURLMsg *message;
    const CURLMcode code = curl_multi_socket_action(loop->multi, socket, events, &count);
    if (code != CURLM_OK) {
        /* Out of memory. The multi handle is freed, because libcurl 7.88 leaves its socket hash in
         * a state that crashes later. */
        close_all(loop, KMS_HTTP_OTHER, curl_multi_strerror(code), false);
        return;
    }
    while ((message = curl_multi_info_read(loop->multi, &count)) != NULL) {
        const CURLcode result = message->data.result;
        char *connection = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &connection);
        finish_connect(loop, (kms_connection *)(void *)connection, result);
    }
}

void kms_event_loop_release(kms_event_loop *loop)
{
    if (loop == NULL || --loop->refcount > 0)
        return;
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    check_process(loop);
    while (!kms_list_is_empty(&loop->free)) {
        kms_transfer *transfer = KMS_LIST_ITEM(loop->free.next, kms_transfer, link);
        kms_list_remove(&transfer->link);
        kms_transfer_free(transfer);
        free(transfer);
    }
    curl_multi_cleanup(loop->multi);
    if (loop->notifier != -1)
        close(loop->notifier);
    kms_socket_set_close(&loop->sockets);
    free(loop);
}

kms_transfer *kms_event_loop_prepare(kms_event_loop *loop)
{
    check_process(loop);
    if (!kms_list_is_empty(&loop->free))
        return KMS_LIST_ITEM(loop->free.next, kms_transfer, link);
    kms_transfer *transfer = malloc(sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    kms_transfer_init(transfer);
    transfer->id = ++loop->transfer_count;
    kms_list_insert(&loop->free, &transfer->link);
    return transfer;
}

void kms_event_loop_close_pool(kms_event_loop *loop, kms_pool *pool)
{
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    check_process(loop);
    pool->is_closed = true; /* so that every idle connection has expired */
    drop_expired(loop, pool);
}

static kms_connection *take_idle(kms_event_loop *loop, kms_transfer *transfer)
{
    kms_connection *connection;
    drop_expired(loop, transfer->pool);
    while ((connection = kms_pool_take(transfer->pool, &transfer->origin)) != NULL) {
        if (kms_connection_is_alive(connection))
            return connection;
        drop_connection(loop, connection);
    }
    return NULL;
}

bool kms_event_loop_start(kms_event_loop *loop, kms_pool *pool, const kms_http_request *request,
                          double seconds, kms_transfer_queue *queue)
{
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    kms_transfer *transfer = KMS_LIST_ITEM(loop->free.next, kms_transfer, link);
    if (!(seconds > 0))
        return kms_http_error_set(&transfer->error, KMS_HTTP_TIMEOUT, request->host,
                                  "the deadline has passed");
    if (!open_loop(loop))
        return kms_http_error_set(&transfer->error, KMS_HTTP_OTHER, request->host,
                                  "not enough memory or descriptors for an event loop");
    kms_http_request_get_origin(request, &transfer->origin);
    transfer->is_idempotent = request->is_idempotent;
    transfer->has_no_body = kms_http_method_has_no_body(request->method);
    loop->now = kms_monotonic();
    kms_list_remove(&transfer->link);
    kms_list_insert(&loop->running, &transfer->link);
    transfer->timeout = seconds;
    transfer->deadline = loop->now + seconds;
    if (transfer->deadline < loop->next_deadline)
        loop->next_deadline = transfer->deadline;
    transfer->response.body.limit = (size_t)pool->options.number[KMS_OPTION_MAX_RESPONSE];
    transfer->pool = pool;
    transfer->queue = queue;
    pool->refcount++;
    pool->request_count++;
    if (++pool->used_count > pool->max_used_count)
        pool->max_used_count = pool->used_count;
    if (queue != NULL) {
        queue->request_count++;
        queue->running_count++;
    }
    kms_connection *connection = take_idle(loop, transfer);
    if (connection != NULL) {
        attach(loop, transfer, connection, true);
    } else {
        connect_transfer(loop, transfer);
        run_curl(loop, CURL_SOCKET_TIMEOUT, 0);
    }
    update_notifier(loop);
    return true;
}

static void on_ready_connection(kms_event_loop *loop, kms_connection *connection)
{
    kms_transfer *transfer = connection->transfer;
    if (transfer != NULL) {
        advance(loop, transfer);
    } else if (!kms_connection_survives_input(connection)) {
        kms_pool_remove(connection);
        drop_connection(loop, connection);
    }
}

static void handle_ready_sockets(kms_event_loop *loop)
{
    int socket, connecting_count = 0;
    unsigned events;
    void *owner;
    while (connecting_count < MAX_CONNECTING &&
           kms_socket_set_next(&loop->sockets, &socket, &events, &owner)) {
        connecting_count += owner == NULL;
        if (owner == NULL)
            run_curl(loop, socket,
                     ((events & POLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                         ((events & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                         ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0));
        else if (owner != loop) /* not the notifier */
            on_ready_connection(loop, owner);
    }
}

static void resume_transfers(kms_event_loop *loop)
{
    if (loop->resumable_count == 0)
        return;
    for (kms_link *link = loop->running.next, *next; link != &loop->running; link = next) {
        kms_transfer *transfer = KMS_LIST_ITEM(link, kms_transfer, link);
        next = link->next;
        if (transfer->is_resumable)
            advance(loop, transfer);
    }
}

static void expire_transfers(kms_event_loop *loop)
{
    char reason[64];
    double next_deadline = INFINITY;
    if (loop->now < loop->next_deadline)
        return;
    for (kms_link *link = loop->running.next, *next; link != &loop->running; link = next) {
        kms_transfer *transfer = KMS_LIST_ITEM(link, kms_transfer, link);
        next = link->next;
        if (transfer->deadline > loop->now) {
            if (transfer->deadline < next_deadline)
                next_deadline = transfer->deadline;
            continue;
        }
        snprintf(reason, sizeof reason, "no response within %.3g s", transfer->timeout);
        end_with(loop, transfer, KMS_HTTP_TIMEOUT, reason);
    }
    loop->next_deadline = next_deadline;
}

/* Seconds from loop->now until the next timer; 0 if one is due or a transfer can continue. */
static double until_timer(const kms_event_loop *loop)
{
    double timer = loop->next_deadline;
    if (loop->resumable_count > 0)
        return 0;
    if (loop->curl_timer < timer)
        timer = loop->curl_timer;
    return timer > loop->now ? timer - loop->now : 0;
}

/* Waits once, and handles all that is ready. loop->now must be recent. False: interrupted by a
 * signal. */
static bool run_once(kms_event_loop *loop, double seconds)
{
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    const double timer = until_timer(loop);
    const bool is_whole = kms_socket_set_wait(&loop->sockets, timer < seconds ? timer : seconds);
    loop->now = kms_monotonic();
    handle_ready_sockets(loop);
    resume_transfers(loop);
    if (loop->curl_timer <= loop->now) {
        loop->curl_timer = INFINITY;
        run_curl(loop, CURL_SOCKET_TIMEOUT, 0);
    }
    expire_transfers(loop);
    update_notifier(loop);
    return is_whole;
}

void kms_event_loop_run(kms_event_loop *loop, const kms_transfer *transfer)
{
    while (!transfer->is_done)
        run_once(loop, INFINITY);
}

bool kms_event_loop_step(kms_event_loop *loop, double seconds)
{
    if (!check_process(loop))
        seconds = 0; /* the fork may have ended transfers */
    if (!open_loop(loop))
        return true;
    loop->now = kms_monotonic();
    return run_once(loop, seconds);
}

double kms_event_loop_timeout(kms_event_loop *loop)
{
    check_process(loop);
    loop->now = kms_monotonic();
    return loop->ended_count > 0 ? 0 : until_timer(loop);
}

int kms_event_loop_descriptor(kms_event_loop *loop)
{
    check_process(loop);
#if KMS_USE_EPOLL
    if (!open_loop(loop))
        return -1;
    if (loop->notifier == -1) {
        loop->notifier = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (loop->notifier == -1 ||
            !kms_socket_set_watch(&loop->sockets, loop->notifier, POLLIN, loop))
            return -1;
        update_notifier(loop);
    }
#endif
    return loop->sockets.descriptor;
}

kms_transfer *kms_event_loop_take(kms_event_loop *loop, kms_transfer_queue *queue)
{
    if (queue->ended_count == 0)
        return NULL;
    kms_transfer *transfer = KMS_LIST_ITEM(queue->ended.next, kms_transfer, link);
    kms_list_remove(&transfer->link);
    queue->ended_count--;
    loop->ended_count--;
    update_notifier(loop);
    return transfer;
}

void kms_event_loop_untake(kms_event_loop *loop, kms_transfer_queue *queue, kms_transfer *transfer)
{
    kms_list_insert(queue->ended.next, &transfer->link);
    queue->ended_count++;
    loop->ended_count++;
    update_notifier(loop);
}

void kms_event_loop_cancel(kms_event_loop *loop, kms_transfer_queue *queue)
{
    KMS_BLOCK_SIGPIPE(loop->may_raise_sigpipe);
    kms_transfer *transfer;
    check_process(loop);
    for (kms_link *link = loop->running.next, *next; link != &loop->running; link = next) {
        transfer = KMS_LIST_ITEM(link, kms_transfer, link);
        next = link->next;
        if (transfer->queue != queue)
            continue;
        transfer->is_drained = false; /* closes its connection */
        stop_running(loop, transfer);
        queue->running_count--;
        kms_event_loop_recycle(loop, transfer);
    }
    while ((transfer = kms_event_loop_take(loop, queue)) != NULL)
        kms_event_loop_recycle(loop, transfer);
}
