/* Waits for sockets: poll(2), with a place for each socket that is found at once. */
#ifndef KMS_POLLER_H
#define KMS_POLLER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    struct pollfd *slots;
    void **owners; /* a slot's */
    size_t count, capacity;
    size_t *places; /* by number of the socket: 1 + its slot, 0: not watched */
    size_t place_count;
} kms_poller;

/* Nothing is allocated. */
void kms_poller_init(kms_poller *poller);

/* Watches a socket for POLLIN and POLLOUT, or for other events than before. False: no memory. */
bool kms_poller_watch(kms_poller *poller, int socket, short events, void *owner);

/* Watches it no more. */
void kms_poller_forget(kms_poller *poller, int socket);

/* Waits until a socket is ready, at most so many seconds. False: interrupted by a signal. */
bool kms_poller_wait(kms_poller *poller, double seconds);

/* The next socket that the last wait found ready, from *position (the count at first) on; its owner
 * may watch and forget sockets meanwhile. NULL: no more. */
void *kms_poller_next(kms_poller *poller, size_t *position, int *socket, short *events);

void kms_poller_free(kms_poller *poller);

#endif
