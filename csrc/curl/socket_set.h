/* The sockets that an event loop waits for: epoll on Linux, poll elsewhere. */
#ifndef KMS_SOCKET_SET_H
#define KMS_SOCKET_SET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* -DKMS_USE_POLL builds the poll variant on Linux, for tests. */
#if defined(__linux__) && !defined(KMS_USE_POLL)
#define KMS_USE_EPOLL 1
#include <sys/epoll.h>
typedef struct epoll_event kms_ready_socket;
#else
#define KMS_USE_EPOLL 0
typedef struct pollfd kms_ready_socket;
#endif

/* One socket that is watched. Events are those of poll. */
typedef struct {
    unsigned events; /* 0: not watched */
    void *owner;
} kms_watch;

typedef struct {
    kms_watch *watches;      /* by socket number */
    kms_ready_socket *ready; /* of the last wait; poll: all sockets */
    size_t capacity;         /* of both arrays */
    size_t ready_count;
    size_t ready_next;
    int descriptor; /* epoll: its descriptor; poll: -1 */
} kms_socket_set;

/* Allocates nothing. */
void kms_socket_set_init(kms_socket_set *set);

/* Prepares the set for waiting, unless that is done. False if memory or descriptors run out. */
bool kms_socket_set_open(kms_socket_set *set);

/* Watches a socket for POLLIN, POLLOUT or both. For a watched socket this replaces events and
 * owner. A socket must be forgotten before it is closed. False if memory runs out. */
bool kms_socket_set_watch(kms_socket_set *set, int socket, unsigned events, void *owner);

/* The owner of a watched socket; NULL if the socket is not watched. */
void *kms_socket_set_owner(const kms_socket_set *set, int socket);

/* Stops watching a socket, if it is watched. */
void kms_socket_set_forget(kms_socket_set *set, int socket);

/* Waits until a socket is ready, for at most `seconds`. False: interrupted by a signal. */
bool kms_socket_set_wait(kms_socket_set *set, double seconds);

/* Returns the next socket that the last wait found ready. Sockets may be watched and forgotten
 * meanwhile; one that was forgotten is not returned. False after the last one. */
bool kms_socket_set_next(kms_socket_set *set, int *socket, unsigned *events, void **owner);

/* Replaces each watched socket by an unconnected one, so that closing it sends nothing to the peer.
 * For a process that inherited the set by fork, because the connections belong to its parent. */
void kms_socket_set_disconnect(kms_socket_set *set);

/* Closes and frees the set. The sockets stay open. */
void kms_socket_set_close(kms_socket_set *set);

#endif
