/* P0 with many calls under way at once: a handle each, used again and again, over libcurl's socket
 * interface. What has ended is begun again at once.
 *
 *   p0m CONCURRENCY HTTP_VERSION URL CA_FILE BODY HEADER... */
#include "batches.h"
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

enum { MOST = 1000, EVENTS = 64 };

typedef struct {
    CURLM *multi;
    CURL *handles[MOST];
    long count;
    int epoll;
    long due;  /* when libcurl wants to be called, in milliseconds; -1: it does not */
    long left; /* calls not begun yet */
    long ended;
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

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int on_timer(CURLM *multi, long milliseconds, void *state)
{
    (void)multi;
    ((program *)state)->due = milliseconds < 0 ? -1 : now() + milliseconds;
    return 0;
}

static void act(program *self, curl_socket_t socket, int events)
{
    int running;
    curl_multi_socket_action(self->multi, socket, events, &running);
}

static void begin(program *self, CURL *easy)
{
    self->left--;
    curl_multi_add_handle(self->multi, easy);
    act(self, CURL_SOCKET_TIMEOUT, 0);
}

/* Takes what has ended, and begins each again while there are calls left. */
static void renew(program *self)
{
    int queued;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(self->multi, &queued)) != NULL) {
        CURL *easy = message->easy_handle;
        floor_check(easy, message->data.result);
        curl_multi_remove_handle(self->multi, easy);
        self->ended++;
        if (self->left > 0)
            begin(self, easy);
    }
}

static int time_left(const program *self)
{
    long left = self->due - now();
    return self->due < 0 ? -1 : left > 0 ? (int)left : 0;
}

static void step(program *self)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(self->epoll, events, EVENTS, time_left(self));
    for (int i = 0; i < count; i++)
        act(self, events[i].data.fd,
            ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0));
    if (self->due >= 0 && self->due <= now()) {
        self->due = -1;
        act(self, CURL_SOCKET_TIMEOUT, 0);
    }
    renew(self);
}

static void calls(void *state, long count)
{
    program *self = state;
    self->left = count;
    self->ended = 0;
    for (long i = 0; i < self->count && self->left > 0; i++)
        begin(self, self->handles[i]);
    while (self->ended < count)
        step(self);
}

static void open_handles(program *self, char **arguments, struct curl_slist *headers)
{
    for (long i = 0; i < self->count; i++) {
        CURL *easy = floor_open(arguments[3], arguments[5], arguments[4]);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        if (strcmp(arguments[2], "2") == 0) {
            curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
            curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
        }
        self->handles[i] = easy;
    }
}

int main(int count, char **arguments)
{
    struct curl_slist *headers = NULL;
    program self = {.count = count < 6 ? 0 : strtol(arguments[1], NULL, 10), .due = -1};
    if (self.count < 1 || self.count > MOST || (self.epoll = epoll_create1(0)) == -1)
        return 2;
    for (int i = 6; i < count; i++)
        headers = floor_header(headers, arguments[i]);
    open_handles(&self, arguments, headers);
    self.multi = curl_multi_init();
    /* libcurl's own bound falls with the number of handles, at the end of each batch to none. */
    curl_multi_setopt(self.multi, CURLMOPT_MAXCONNECTS, self.count);
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETDATA, &self);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERDATA, &self);
    run_whole_batches(calls, &self);
    for (long i = 0; i < self.count; i++)
        curl_easy_cleanup(self.handles[i]);
    curl_multi_cleanup(self.multi);
    curl_slist_free_all(headers);
    return EXIT_SUCCESS;
}
