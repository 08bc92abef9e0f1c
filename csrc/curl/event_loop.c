/* Many exchanges at once, by libcurl's socket interface: what has nothing to do costs nothing; see
 * many.h. */
#include "curl/event_loop.h"
#include "base/clock.h"

#include <stdlib.h>

enum { MOST_STREAMS = 10000 };

/* One set of connections, and what runs over them. */
struct kms_generation {
    CURLM *multi;
    kms_many *many;
    kms_generation *next;
    bool timed; /* libcurl wants to be called at `due` */
    double due;
    size_t in_flight, most; /* most: at once, as many connections are kept */
    bool retired;           /* takes no new exchange */
};

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *generation, void *unused)
{
    kms_poller *poller = &((kms_generation *)generation)->many->poller;
    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        kms_poller_forget(poller, socket);
        return 0;
    }
    int events =
        ((what & CURL_POLL_IN) != 0 ? POLLIN : 0) | ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0);
    return kms_poller_watch(poller, socket, (short)events, generation) ? 0 : -1;
}

static int on_timer(CURLM *multi, long milliseconds, void *data)
{
    kms_generation *generation = data;
    (void)multi;
    generation->timed = milliseconds >= 0;
    if (milliseconds > 0)
        generation->due = kms_monotonic() + (double)milliseconds / 1000;
    else
        generation->due = 0;
    return 0;
}

static kms_generation *new_generation(kms_many *many)
{
    kms_generation *made = malloc(sizeof *made);
    if (made == NULL)
        return NULL;
    *made = (kms_generation){.multi = curl_multi_init(), .many = many};
    if (made->multi == NULL) {
        free(made);
        return NULL;
    }
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(made->multi, CURLMOPT_SOCKETDATA, made);
    curl_multi_setopt(made->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(made->multi, CURLMOPT_TIMERDATA, made);
    /* The server says how many it takes over one connection; libcurl's own bound is 100. */
    curl_multi_setopt(made->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)MOST_STREAMS);
    made->next = many->generations;
    many->generations = made;
    return made;
}

/* Frees the generations that are of no use any more. */
static void reap(kms_many *many)
{
    for (kms_generation **link = &many->generations; *link != NULL;) {
        kms_generation *generation = *link;
        if (generation->retired && generation->in_flight == 0) {
            curl_multi_cleanup(generation->multi);
            *link = generation->next;
            free(generation);
        } else {
            link = &generation->next;
        }
    }
}

void kms_many_init(kms_many *many)
{
    *many = (kms_many){.generations = NULL};
    kms_poller_init(&many->poller);
}

kms_flight *kms_many_draft(kms_many *many)
{
    if (many->idle != NULL)
        return many->idle;
    kms_flight *flight = malloc(sizeof *flight);
    if (flight == NULL)
        return NULL;
    *flight = (kms_flight){.options = NULL};
    kms_exchange_init(&flight->exchange);
    kms_transfer_init(&flight->transfer);
    flight->number = ++many->flights;
    many->idle = flight;
    return flight;
}

static void end(kms_flight *flight)
{
    kms_many *many = flight->generation->many;
    if (flight->previous != NULL)
        flight->previous->next = flight->next;
    else
        many->flying = flight->next;
    if (flight->next != NULL)
        flight->next->previous = flight->previous;
    flight->next = flight->previous = NULL;
    if (many->ended == NULL)
        many->ended = flight;
    else
        many->last_ended->next = flight;
    many->last_ended = flight;
    many->waiting++;
    many->in_flight--;
    many->idle_since = kms_monotonic();
}

/* Takes the result of a flight, which leaves its generation. */
static void finish(kms_flight *flight, CURLcode result)
{
    kms_generation *generation = flight->generation;
    kms_exchange *exchange = &flight->exchange;
    kms_transfer *transfer = &flight->transfer;
    bool done = kms_transfer_done(transfer, exchange, flight->options, &flight->request, result);
    curl_multi_remove_handle(generation->multi, transfer->easy);
    kms_transfer_end(transfer);
    generation->many->connections += (unsigned long)transfer->connections;
    if (!done && kms_curl_options_two(flight->options))
        generation->retired = true;
    kms_curl_options_release(flight->options);
    flight->options = NULL;
    generation->in_flight--;
    end(flight);
}

/* Lets libcurl act on a socket, or on its timer, and takes what has ended by it. */
static void act(kms_generation *generation, curl_socket_t socket, int events)
{
    int count = 0;
    CURLMcode code = curl_multi_socket_action(generation->multi, socket, events, &count);
    const CURLMsg *message;
    while (code == CURLM_OK &&
           (message = curl_multi_info_read(generation->multi, &count)) != NULL) {
        CURLcode result = message->data.result;
        char *flight = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
        finish((kms_flight *)(void *)flight, result);
    }
    if (code == CURLM_OK)
        return;
    generation->retired = true;
    for (kms_flight *flight = generation->many->flying, *next; flight != NULL; flight = next) {
        next = flight->next;
        if (flight->generation == generation)
            finish(flight, kms_failure_of_set(code));
    }
}

static void act_on_timers(kms_many *many)
{
    double now = kms_monotonic();
    for (kms_generation *each = many->generations; each != NULL; each = each->next)
        if (each->timed && each->due <= now) {
            each->timed = false;
            act(each, CURL_SOCKET_TIMEOUT, 0);
        }
}

/* The generation for a new exchange. */
static kms_generation *current(kms_many *many, const kms_curl_options *options)
{
    kms_generation *first = many->generations;
    if (first != NULL && many->in_flight == 0 &&
        kms_curl_options_outlived(options, kms_monotonic() - many->idle_since))
        first->retired = true;
    if (first != NULL && !first->retired)
        return first;
    reap(many);
    return new_generation(many);
}

static CURLMcode add(kms_generation *generation, kms_flight *flight)
{
    if (generation == NULL)
        return CURLM_OUT_OF_MEMORY;
    curl_easy_setopt(flight->transfer.easy, CURLOPT_PRIVATE, flight);
    if (generation->in_flight == generation->most)
        curl_multi_setopt(generation->multi, CURLMOPT_MAXCONNECTS, (long)generation->most + 1);
    CURLMcode code = curl_multi_add_handle(generation->multi, flight->transfer.easy);
    if (code == CURLM_OK && ++generation->in_flight > generation->most)
        generation->most = generation->in_flight;
    return code;
}

bool kms_many_launch(kms_many *many, kms_curl_options *options)
{
    kms_flight *flight = many->idle;
    if (!kms_transfer_open(&flight->transfer, &flight->exchange, options, &flight->request))
        return false;
    flight->generation = current(many, options);
    CURLMcode code = add(flight->generation, flight);
    if (code != CURLM_OK) {
        kms_transfer_done(&flight->transfer, &flight->exchange, options, &flight->request,
                          kms_failure_of_set(code));
        kms_transfer_end(&flight->transfer);
        return false;
    }
    flight->request =
        (kms_exchange_request){.host = flight->request.host, .body = flight->request.body};
    flight->options = options;
    options->holders++;
    many->idle = flight->next;
    flight->next = many->flying;
    if (flight->next != NULL)
        flight->next->previous = flight;
    many->flying = flight;
    many->in_flight++;
    many->requests++;
    act(flight->generation, CURL_SOCKET_TIMEOUT, 0); /* sends now what can be sent */
    return true;
}

/* Waits once, at most so long, and acts on what happened. False: interrupted. */
static bool step(kms_many *many, double seconds)
{
    int socket = 0;
    short events = 0;
    kms_generation *generation;
    act_on_timers(many);
    if (many->ended != NULL)
        seconds = 0;
    for (generation = many->generations; generation != NULL; generation = generation->next)
        if (generation->timed && generation->due - kms_monotonic() < seconds)
            seconds = generation->due - kms_monotonic();
    bool waited = kms_poller_wait(&many->poller, seconds > 0 ? seconds : 0);
    size_t position = many->poller.count;
    while ((generation = kms_poller_next(&many->poller, &position, &socket, &events)) != NULL)
        act(generation, socket,
            ((events & POLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                ((events & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0));
    act_on_timers(many);
    reap(many);
    return waited;
}

void kms_many_run(kms_many *many, double seconds)
{
    double stop = kms_monotonic() + seconds, left = seconds;
    /* Whoever is given ended ones only, and begins others that end at once, must not keep those in
     * flight from going on. */
    if (many->ended != NULL && many->credit > 0) {
        many->credit--;
        return;
    }
    while (step(many, left) && many->ended == NULL && left > 0) {
        left = stop - kms_monotonic();
        if (left < 0)
            left = 0;
    }
    many->credit = many->waiting > 0 ? many->waiting - 1 : 0;
}

kms_flight *kms_many_ended(const kms_many *many)
{
    return many->ended;
}

void kms_many_drop(kms_many *many)
{
    kms_flight *flight = many->ended;
    many->ended = flight->next;
    many->waiting--;
    kms_exchange_end(&flight->exchange);
    flight->next = many->idle;
    many->idle = flight;
}

static void free_flights(kms_flight *flight)
{
    while (flight != NULL) {
        kms_flight *next = flight->next;
        if (flight->options != NULL)
            curl_multi_remove_handle(flight->generation->multi, flight->transfer.easy);
        kms_curl_options_release(flight->options);
        kms_transfer_close(&flight->transfer);
        kms_exchange_close(&flight->exchange);
        free(flight);
        flight = next;
    }
}

void kms_many_close(kms_many *many)
{
    free_flights(many->flying);
    free_flights(many->ended);
    free_flights(many->idle);
    for (kms_generation *each = many->generations; each != NULL; each = each->next) {
        each->retired = true;
        each->in_flight = 0;
    }
    reap(many);
    kms_poller_free(&many->poller);
    kms_many_init(many);
}
