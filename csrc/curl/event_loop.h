/* Many exchanges at once, over connections that they share and that are kept. No Lua here.
 *
 * Order of calls, for each exchange: draft, what exchange.h says up to and with its headers,
 * launch; then run until `ended` has it, a look at it, drop. Lives in memory that does not move. */
#ifndef KMS_MANY_H
#define KMS_MANY_H

#include "curl/transfer.h"
#include "curl/poller.h"

typedef struct kms_generation kms_generation;
typedef struct kms_flight kms_flight;

/* One exchange: idle and waiting for use, in flight, or ended. */
struct kms_flight {
    kms_exchange exchange;
    kms_transfer transfer;
    kms_exchange_request request; /* in flight only host and body, which must stay where they are */
    kms_curl_options *options;    /* held while in flight */
    kms_generation *generation;
    kms_flight *next, *previous; /* in its list; only those in flight have a previous one */
    int number;                  /* of the flights of one `many`, from 1 on; always the same */
};

typedef struct {
    kms_poller poller;
    /* The first takes new exchanges until one of HTTP/2 fails; the others finish what they have.
     * libcurl closes a connection of HTTP/1.1 on which an exchange failed, but over one of HTTP/2
     * it would send the next. */
    kms_generation *generations;
    kms_flight *idle, *flying, *ended, *last_ended;
    int flights;               /* made so far; as many as were in flight at once */
    size_t in_flight, waiting; /* waiting: those ended */
    size_t credit;             /* how many ended ones are given before sockets are looked at */
    double idle_since;
    unsigned long requests, connections;
} kms_many;

/* Nothing is allocated. */
void kms_many_init(kms_many *many);

/* A flight for a new exchange. It is the many's own, and the same one until it is launched. NULL:
 * no memory. */
kms_flight *kms_many_draft(kms_many *many);

/* Sends the draft on its way, whose request's strings must be there up to now, host and body until
 * it has ended. False: see its exchange's failure; it is the draft still. */
bool kms_many_launch(kms_many *many, kms_curl_options *options);

/* Goes on with what is in flight until one has ended, the time is over or a signal came. */
void kms_many_run(kms_many *many, double seconds);

/* The one that ended first of those not yet dropped. NULL: none. */
kms_flight *kms_many_ended(const kms_many *many);

/* Wipes and frees what the first ended one held. */
void kms_many_drop(kms_many *many);

/* Breaks off what is in flight, and frees everything. */
void kms_many_close(kms_many *many);

#endif
