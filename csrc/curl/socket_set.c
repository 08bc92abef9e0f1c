/* The sockets that an event loop waits for; see socket_set.h. */
#include "curl/socket_set.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 64 };

/* Length of the pause after a wait that fails (no memory, or a limit of the system). The caller
 * waits again at once, and the cause may be gone by then. */
enum { FAILURE_PAUSE_MS = 10 };

void kms_socket_set_init(kms_socket_set *set)
{
    memset(set, 0, sizeof *set);
    set->descriptor = -1;
}

void kms_socket_set_close(kms_socket_set *set)
{
    if (set->descriptor != -1)
        close(set->descriptor);
    free(set->watches);
    free(set->ready);
    kms_socket_set_init(set);
}

/* Milliseconds, rounded up, because a wait that ends too early would be repeated at once. */
static int to_milliseconds(double seconds)
{
    const double exact = seconds * 1000;
    const int whole = exact < INT_MAX - 1 ? (int)exact : INT_MAX - 1;
    return (double)whole < exact ? whole + 1 : whole;
}

/* Pauses after a wait that failed. False: a signal interrupted the wait. */
static bool pause_after_failure(double seconds)
{
    if (errno == EINTR)
        return false;
    const int milliseconds = to_milliseconds(seconds);
    poll(NULL, 0, milliseconds < FAILURE_PAUSE_MS ? milliseconds : FAILURE_PAUSE_MS);
    return true;
}

/* Makes room in `watches` for a socket. */
static bool reserve_watch(kms_socket_set *set, int socket)
{
    const size_t needed = (size_t)socket + 1;
    if (needed <= set->watch_count)
        return true;
    const size_t count = set->watch_count * 2 > needed ? set->watch_count * 2 : needed;
    kms_watch *watches = realloc(set->watches, count * sizeof *watches);
    if (watches == NULL)
        return false;
    memset(watches + set->watch_count, 0, (count - set->watch_count) * sizeof *watches);
    set->watches = watches;
    set->watch_count = count;
    return true;
}

/* The watch of a socket; NULL if it is not watched. */
static kms_watch *find_watch(const kms_socket_set *set, int socket)
{
    if (socket < 0 || (size_t)socket >= set->watch_count || set->watches[socket].events == 0)
        return NULL;
    return &set->watches[socket];
}

void kms_socket_set_disconnect(kms_socket_set *set)
{
    const int unconnected = socket(AF_UNIX, SOCK_STREAM, 0);
    for (size_t i = 0; i < set->watch_count; i++)
        if (set->watches[i].events != 0 && (unconnected == -1 || dup2(unconnected, (int)i) == -1))
            close((int)i);
    if (unconnected != -1)
        close(unconnected);
}

void *kms_socket_set_owner(const kms_socket_set *set, int socket)
{
    const kms_watch *watch = find_watch(set, socket);
    return watch == NULL ? NULL : watch->owner;
}

#if KMS_USE_EPOLL

bool kms_socket_set_open(kms_socket_set *set)
{
    if (set->descriptor != -1)
        return true;
    free(set->ready);
    set->ready = malloc(FIRST_CAPACITY * sizeof *set->ready);
    if (set->ready == NULL)
        return false;
    set->ready_capacity = FIRST_CAPACITY;
    set->descriptor = epoll_create1(EPOLL_CLOEXEC);
    return set->descriptor != -1;
}

bool kms_socket_set_watch(kms_socket_set *set, int socket, unsigned events, void *owner)
{
    if (!reserve_watch(set, socket))
        return false;
    kms_watch *watch = &set->watches[socket];
    struct epoll_event event = {.data.fd = socket};
    event.events = ((events & KMS_READABLE) != 0 ? EPOLLIN : 0U) |
                   ((events & KMS_WRITABLE) != 0 ? EPOLLOUT : 0U);
    watch->owner = owner;
    if (watch->events == events)
        return true;
    const int operation = watch->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(set->descriptor, operation, socket, &event) != 0)
        return false;
    watch->events = events;
    return true;
}

void kms_socket_set_forget(kms_socket_set *set, int socket)
{
    kms_watch *watch = find_watch(set, socket);
    if (watch == NULL)
        return;
    epoll_ctl(set->descriptor, EPOLL_CTL_DEL, socket, NULL);
    *watch = (kms_watch){.events = 0};
}

bool kms_socket_set_wait(kms_socket_set *set, double seconds)
{
    set->ready_next = set->ready_count = 0;
    const int count =
        epoll_wait(set->descriptor, set->ready, (int)set->ready_capacity, to_milliseconds(seconds));
    if (count < 0)
        return pause_after_failure(seconds);
    set->ready_count = (size_t)count;
    return true;
}

bool kms_socket_set_next(kms_socket_set *set, int *socket, unsigned *events, void **owner)
{
    while (set->ready_next < set->ready_count) {
        const struct epoll_event *event = &set->ready[set->ready_next++];
        const kms_watch *watch = find_watch(set, event->data.fd);
        if (watch == NULL)
            continue;
        *socket = event->data.fd;
        *owner = watch->owner;
        *events = ((event->events & EPOLLIN) != 0 ? KMS_READABLE : 0U) |
                  ((event->events & EPOLLOUT) != 0 ? KMS_WRITABLE : 0U) |
                  ((event->events & (EPOLLERR | EPOLLHUP)) != 0 ? KMS_SOCKET_FAILED : 0U);
        return true;
    }
    return false;
}

#else

bool kms_socket_set_open(kms_socket_set *set)
{
    if (set->ready != NULL)
        return true;
    set->ready = malloc(FIRST_CAPACITY * sizeof *set->ready);
    set->ready_capacity = FIRST_CAPACITY;
    return set->ready != NULL;
}

static bool reserve_slot(kms_socket_set *set)
{
    if (set->ready_count < set->ready_capacity)
        return true;
    struct pollfd *ready = realloc(set->ready, set->ready_capacity * 2 * sizeof *ready);
    if (ready == NULL)
        return false;
    set->ready = ready;
    set->ready_capacity *= 2;
    return true;
}

bool kms_socket_set_watch(kms_socket_set *set, int socket, unsigned events, void *owner)
{
    if (!reserve_watch(set, socket) || !reserve_slot(set))
        return false;
    kms_watch *watch = &set->watches[socket];
    if (watch->events == 0)
        watch->slot = set->ready_count++;
    watch->events = events;
    watch->owner = owner;
    set->ready[watch->slot].fd = socket;
    set->ready[watch->slot].events = (short)(((events & KMS_READABLE) != 0 ? POLLIN : 0) |
                                             ((events & KMS_WRITABLE) != 0 ? POLLOUT : 0));
    set->ready[watch->slot].revents = 0;
    return true;
}

void kms_socket_set_forget(kms_socket_set *set, int socket)
{
    kms_watch *watch = find_watch(set, socket);
    if (watch == NULL)
        return;
    const struct pollfd *last = &set->ready[--set->ready_count];
    set->watches[last->fd].slot = watch->slot;
    set->ready[watch->slot] = *last;
    *watch = (kms_watch){.events = 0};
}

bool kms_socket_set_wait(kms_socket_set *set, double seconds)
{
    const int count = poll(set->ready, (nfds_t)set->ready_count, to_milliseconds(seconds));
    set->ready_next = set->ready_count;
    if (count >= 0)
        return true;
    for (size_t i = 0; i < set->ready_count; i++)
        set->ready[i].revents = 0;
    return pause_after_failure(seconds);
}

/* From the last slot to the first, because forget moves the last one into the free slot. */
bool kms_socket_set_next(kms_socket_set *set, int *socket, unsigned *events, void **owner)
{
    if (set->ready_next > set->ready_count)
        set->ready_next = set->ready_count;
    while (set->ready_next > 0) {
        struct pollfd *slot = &set->ready[--set->ready_next];
        const int found = slot->revents;
        slot->revents = 0;
        if (found == 0)
            continue;
        *socket = slot->fd;
        *owner = set->watches[slot->fd].owner;
        *events = ((found & POLLIN) != 0 ? KMS_READABLE : 0U) |
                  ((found & POLLOUT) != 0 ? KMS_WRITABLE : 0U) |
                  ((found & (POLLERR | POLLHUP | POLLNVAL)) != 0 ? KMS_SOCKET_FAILED : 0U);
        return true;
    }
    return false;
}

#endif
