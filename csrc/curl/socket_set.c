/* The sockets that an event loop waits for; see socket_set.h. */
#include "curl/socket_set.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MIN_CAPACITY = 64 };

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

/* Makes room for sockets below `count`. */
static bool reserve(kms_socket_set *set, size_t count)
{
    if (count <= set->capacity)
        return true;
    const size_t capacity = set->capacity * 2 > count ? set->capacity * 2 : count;
    kms_ready_socket *ready = realloc(set->ready, capacity * sizeof *ready);
    if (ready == NULL)
        return false;
    set->ready = ready;
    kms_watch *watches = realloc(set->watches, capacity * sizeof *watches);
    if (watches == NULL)
        return false;
    memset(watches + set->capacity, 0, (capacity - set->capacity) * sizeof *watches);
    set->watches = watches;
    set->capacity = capacity;
    return true;
}

/* The watch of a socket; NULL if it is not watched. */
static kms_watch *find_watch(const kms_socket_set *set, int socket)
{
    if (socket < 0 || (size_t)socket >= set->capacity || set->watches[socket].events == 0)
        return NULL;
    return &set->watches[socket];
}

#if KMS_USE_EPOLL

#define EVENTS_OF(ready) ((ready)->events)
#define SOCKET_OF(ready) ((ready)->data.fd)

/* The bits of epoll are those of poll. */
typedef char assert_same_bits[EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
                                      EPOLLHUP == POLLHUP
                                  ? 1
                                  : -1];

static bool change_events(const kms_socket_set *set, int socket, unsigned before, unsigned events)
{
    struct epoll_event event = {.events = events, .data.fd = socket};
    const int operation = before == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return epoll_ctl(set->descriptor, operation, socket, &event) == 0;
}

static int wait_ready(const kms_socket_set *set, int milliseconds)
{
    return epoll_wait(set->descriptor, set->ready, (int)set->capacity, milliseconds);
}

#else

#define EVENTS_OF(ready) ((unsigned)(ready)->revents)
#define SOCKET_OF(ready) ((ready)->fd)

static bool change_events(const kms_socket_set *set, int socket, unsigned before, unsigned events)
{
    (void)set, (void)socket, (void)before, (void)events; /* wait_ready reads the watches */
    return true;
}

static int wait_ready(const kms_socket_set *set, int milliseconds)
{
    nfds_t count = 0;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->watches[i].events != 0)
            set->ready[count++] = (struct pollfd){(int)i, (short)set->watches[i].events, 0};
    const int result = poll(set->ready, count, milliseconds);
    return result < 0 ? result : (int)count;
}

#endif

bool kms_socket_set_open(kms_socket_set *set)
{
#if KMS_USE_EPOLL
    if (set->descriptor == -1 && (set->descriptor = epoll_create1(EPOLL_CLOEXEC)) == -1)
        return false;
#endif
    return reserve(set, MIN_CAPACITY);
}

bool kms_socket_set_watch(kms_socket_set *set, int socket, unsigned events, void *owner)
{
    if (!reserve(set, (size_t)socket + 1))
        return false;
    kms_watch *watch = &set->watches[socket];
    if (watch->events != events && !change_events(set, socket, watch->events, events))
        return false;
    *watch = (kms_watch){events, owner};
    return true;
}

void *kms_socket_set_owner(const kms_socket_set *set, int socket)
{
    const kms_watch *watch = find_watch(set, socket);
    return watch == NULL ? NULL : watch->owner;
}

void kms_socket_set_forget(kms_socket_set *set, int socket)
{
    kms_watch *watch = find_watch(set, socket);
    if (watch == NULL)
        return;
    change_events(set, socket, watch->events, 0);
    *watch = (kms_watch){0, NULL};
}

bool kms_socket_set_wait(kms_socket_set *set, double seconds)
{
    const int milliseconds = kms_to_milliseconds(seconds);
    const int count = wait_ready(set, milliseconds);
    set->ready_next = 0;
    set->ready_count = count < 0 ? 0 : (size_t)count;
    if (count < 0 && errno == EINTR)
        return false;
    if (count < 0)
        poll(NULL, 0, milliseconds < FAILURE_PAUSE_MS ? milliseconds : FAILURE_PAUSE_MS);
    return true;
}

bool kms_socket_set_next(kms_socket_set *set, int *socket, unsigned *events, void **owner)
{
    while (set->ready_next < set->ready_count) {
        const kms_ready_socket *ready = &set->ready[set->ready_next++];
        const kms_watch *watch = find_watch(set, SOCKET_OF(ready));
        if (watch == NULL || EVENTS_OF(ready) == 0)
            continue;
        *socket = SOCKET_OF(ready);
        *events = EVENTS_OF(ready);
        *owner = watch->owner;
        return true;
    }
    return false;
}

void kms_socket_set_disconnect(kms_socket_set *set)
{
    const int unconnected = socket(AF_UNIX, SOCK_STREAM, 0);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->watches[i].events != 0 && (unconnected == -1 || dup2(unconnected, (int)i) == -1))
            close((int)i);
    if (unconnected != -1)
        close(unconnected);
}
