/* P0m: P0 with many requests at once, over libcurl's socket interface. There is one easy handle per
 * request in flight; a handle whose request is done starts the next one.
 *
 *   p0m CONCURRENCY URL CA_FILE BODY HEADER... */
#include "baseline.h"
#include "batches.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

enum { MAX_HANDLES = 1000, MAX_EVENTS = 64, NO_TIMER = -1 };

typedef struct {
    CURLM *multi;
    CURL *handles[MAX_HANDLES];
    long handle_count;
    int epoll;
    long timer_ms; /* when libcurl wants to be called, on the clock of now_ms; or NO_TIMER */
    long unstarted;
    long completed;
} program;

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *state, void *known)
{
    program *self = state;
    struct epoll_event event = {.data.fd = socket};
    (void)easy;
    if (what == CURL_POLL_REMOVE)
        return epoll_ctl(self->epoll, EPOLL_CTL_DEL, socket, &event);
    if ((what & CURL_POLL_IN) != 0)
        event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0)
        event.events |= EPOLLOUT;
    curl_multi_assign(self->multi, socket, self);
    return epoll_ctl(self->epoll, known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int on_timer(CURLM *multi, long milliseconds, void *state)
{
    (void)multi;
    ((program *)state)->timer_ms = milliseconds < 0 ? NO_TIMER : now_ms() + milliseconds;
    return 0;
}

static void notify(program *self, curl_socket_t socket, int events)
{
    int running;
    curl_multi_socket_action(self->multi, socket, events, &running);
}

static void start(program *self, CURL *easy)
{
    self->unstarted--;
    curl_multi_add_handle(self->multi, easy);
    notify(self, CURL_SOCKET_TIMEOUT, 0);
}

static void restart_completed(program *self)
{
    int queued;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(self->multi, &queued)) != NULL) {
        CURL *easy = message->easy_handle;
        baseline_check(easy, message->data.result);
        curl_multi_remove_handle(self->multi, easy);
        self->completed++;
        if (self->unstarted > 0)
            start(self, easy);
    }
}

static int remaining_ms(const program *self)
{
    const long remaining = self->timer_ms - now_ms();
    return self->timer_ms == NO_TIMER ? -1 : remaining > 0 ? (int)remaining : 0;
}

static void step(program *self)
{
    struct epoll_event events[MAX_EVENTS];
    int count = epoll_wait(self->epoll, events, MAX_EVENTS, remaining_ms(self));
    for (int i = 0; i < count; i++)
        notify(self, events[i].data.fd,
               ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
    if (self->timer_ms != NO_TIMER && self->timer_ms <= now_ms()) {
        self->timer_ms = NO_TIMER;
        notify(self, CURL_SOCKET_TIMEOUT, 0);
    }
    restart_completed(self);
}

static void run_requests(void *state, long count)
{
    program *self = state;
    self->unstarted = count;
    self->completed = 0;
    for (long i = 0; i < self->handle_count && self->unstarted > 0; i++)
        start(self, self->handles[i]);
    while (self->completed < count)
        step(self);
}

int main(int count, char **arguments)
{
    struct curl_slist *headers = NULL;
    program self = {.handle_count = count < 5 ? 0 : strtol(arguments[1], NULL, 10),
                    .timer_ms = NO_TIMER};
    if (self.handle_count < 1 || self.handle_count > MAX_HANDLES ||
        (self.epoll = epoll_create1(0)) == -1)
        return 2;
    for (int i = 5; i < count; i++)
        headers = baseline_append(headers, arguments[i]);
    for (long i = 0; i < self.handle_count; i++) {
        self.handles[i] = baseline_open(arguments[2], arguments[4], arguments[3]);
        curl_easy_setopt(self.handles[i], CURLOPT_HTTPHEADER, headers);
    }
    self.multi = curl_multi_init();
    /* libcurl's default limit follows the number of handles, and is 0 at the end of a batch. */
    curl_multi_setopt(self.multi, CURLMOPT_MAXCONNECTS, self.handle_count);
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETDATA, &self);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERDATA, &self);
    run_batches(run_requests, &self);
    for (long i = 0; i < self.handle_count; i++)
        curl_easy_cleanup(self.handles[i]);
    curl_multi_cleanup(self.multi);
    curl_slist_free_all(headers);
    return EXIT_SUCCESS;
}
