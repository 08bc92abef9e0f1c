/* Waits for sockets; see poller.h. */
#include "curl/poller.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16, PAUSE_MS = 10 };

void kms_poller_init(kms_poller *poller)
{
    memset(poller, 0, sizeof *poller);
}

/* Room for more, the new part zero. NULL: no memory, and the old room stays. */
static void *enlarge(void *room, size_t bytes, size_t wanted)
{
    char *larger = malloc(wanted);
    if (larger == NULL)
        return NULL;
    if (bytes > 0)
        memcpy(larger, room, bytes);
    memset(larger + bytes, 0, wanted - bytes);
    free(room);
    return larger;
}

static bool grow_places(kms_poller *poller, size_t wanted)
{
    size_t size = sizeof *poller->places, count = poller->place_count;
    size_t more = count * 2 > wanted ? count * 2 : wanted;
    size_t *places = enlarge(poller->places, count * size, more * size);
    if (places == NULL)
        return false;
    poller->places = places;
    poller->place_count = more;
    return true;
}

static bool grow_slots(kms_poller *poller)
{
    size_t count = poller->capacity, more = count == 0 ? FIRST_CAPACITY : count * 2;
    struct pollfd *slots = enlarge(poller->slots, count * sizeof *slots, more * sizeof *slots);
    if (slots == NULL)
        return false;
    poller->slots = slots;
    void **owners = enlarge(poller->owners, count * sizeof *owners, more * sizeof *owners);
    if (owners == NULL)
        return false;
    poller->owners = owners;
    poller->capacity = more;
    return true;
}

bool kms_poller_watch(kms_poller *poller, int socket, short events, void *owner)
{
    size_t number = (size_t)socket;
    if (number >= poller->place_count && !grow_places(poller, number + 1))
        return false;
    if (poller->places[number] == 0) {
        if (poller->count == poller->capacity && !grow_slots(poller))
            return false;
        poller->places[number] = ++poller->count;
    }
    poller->slots[poller->places[number] - 1] = (struct pollfd){socket, events, 0};
    poller->owners[poller->places[number] - 1] = owner;
    return true;
}

void kms_poller_forget(kms_poller *poller, int socket)
{
    size_t number = (size_t)socket;
    size_t place = number < poller->place_count ? poller->places[number] : 0;
    if (place == 0)
        return;
    size_t last = --poller->count;
    poller->slots[place - 1] = poller->slots[last];
    poller->owners[place - 1] = poller->owners[last];
    poller->places[poller->slots[last].fd] = place;
    poller->places[number] = 0;
}

bool kms_poller_wait(kms_poller *poller, double seconds)
{
    double rounded = seconds * 1000; /* up, for who wakes too early asks again and again */
    int milliseconds = rounded < INT_MAX - 1 ? (int)rounded : INT_MAX - 1;
    if ((double)milliseconds < rounded)
        milliseconds++;
    int count = poll(poller->slots, (nfds_t)poller->count, milliseconds);
    if (count >= 0)
        return true;
    for (size_t i = 0; i < poller->count; i++) /* what a failed call left in them means nothing */
        poller->slots[i].revents = 0;
    if (errno == EINTR)
        return false;
    /* No memory, or more sockets than are allowed now: it may pass, and is not to be asked for
     * without a pause. */
    poll(NULL, 0, milliseconds < PAUSE_MS ? milliseconds : PAUSE_MS);
    return true;
}

/* Downwards: a slot that takes a forgotten one's place is one that was looked at. */
void *kms_poller_next(kms_poller *poller, size_t *position, int *socket, short *events)
{
    size_t at = *position < poller->count ? *position : poller->count;
    while (at > 0) {
        struct pollfd *slot = &poller->slots[--at];
        if (slot->revents == 0)
            continue;
        *position = at;
        *socket = slot->fd;
        *events = slot->revents;
        slot->revents = 0;
        return poller->owners[at];
    }
    *position = 0;
    return NULL;
}

void kms_poller_free(kms_poller *poller)
{
    free(poller->slots);
    free(poller->owners);
    free(poller->places);
    kms_poller_init(poller);
}
