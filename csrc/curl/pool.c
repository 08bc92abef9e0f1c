/* Kept connections; see connections.h. */
#include "curl/pool.h"
#include "base/clock.h"
#include "curl/handle.h"

#include <string.h>

/* A request that the server may have acted on already is sent again for these only (RFC 9110
 * section 9.2.2). */
static const char *const IDEMPOTENT[] = {"GET", "PUT", "HEAD", "DELETE", "OPTIONS", "TRACE"};

void kms_connections_init(kms_connections *connections)
{
    memset(connections, 0, sizeof *connections);
    kms_transfer_init(&connections->transfer);
    for (int i = 0; i < KMS_KEPT_STREAMS; i++)
        kms_stream_init(&connections->streams[i]);
}

static void close_all(kms_connections *connections)
{
    for (int i = 0; i < KMS_KEPT_STREAMS; i++)
        kms_stream_close(&connections->streams[i], connections->multi);
    curl_multi_cleanup(connections->multi);
    connections->multi = NULL;
}

void kms_connections_close(kms_connections *connections)
{
    kms_transfer_close(&connections->transfer);
    close_all(connections);
}

static bool is_idempotent(const kms_exchange_request *request)
{
    for (size_t i = 0; i < sizeof IDEMPOTENT / sizeof *IDEMPOTENT; i++)
        if (kms_exchange_is(request, IDEMPOTENT[i]))
            return true;
    return false;
}

/* The stream to where the request goes; or a closed one, the one used last longest ago where there
 * is no other. Closes what has been idle for too long. */
static kms_stream *find(kms_connections *connections, const kms_curl_options *options,
                        const kms_exchange_request *request)
{
    const double oldest = kms_monotonic() - options->number[KMS_KEEPALIVE];
    kms_stream *found = NULL, *victim = connections->streams;
    for (kms_stream *each = victim; each < connections->streams + KMS_KEPT_STREAMS; each++) {
        if (each->easy != NULL && each->idle_since < oldest)
            kms_stream_close(each, connections->multi);
        if (each->easy != NULL && kms_exchange_goes_to(request, &each->origin))
            found = each;
        if (victim->easy != NULL && (each->easy == NULL || each->idle_since < victim->idle_since))
            victim = each;
    }
    if (found != NULL)
        return found;
    kms_stream_close(victim, connections->multi);
    return victim;
}

/* Carries the exchange to its end over one stream. Says whether that was a kept one. */
static bool attempt(kms_connections *connections, const kms_curl_options *options,
                    kms_exchange *exchange, const kms_exchange_request *request, double stop,
                    kms_stream_outcome *outcome, bool *kept)
{
    kms_stream *stream = find(connections, options, request);
    *outcome = (kms_stream_outcome){.started = false};
    if (stream->easy != NULL && !kms_stream_alive(stream))
        kms_stream_close(stream, connections->multi);
    *kept = stream->easy != NULL;
    if (!*kept && !kms_stream_open(stream, connections->multi, options, request, exchange,
                                   stop - kms_monotonic(), &connections->connections))
        return false;
    const bool done = kms_stream_exchange(stream, exchange, request, stop, outcome);
    if (!outcome->reusable || !(options->number[KMS_KEEPALIVE] > 0))
        kms_stream_close(stream, connections->multi);
    return done;
}

/* By HTTP/1.1 of our own. */
static bool run_stream(kms_connections *connections, const kms_curl_options *options,
                       kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_stream_outcome outcome;
    bool kept;
    double seconds;
    if (!kms_exchange_ready(exchange, options, request, &seconds) ||
        !kms_exchange_write(exchange, request))
        return false;
    const double stop = kms_monotonic() + seconds;
    connections->requests++;
    if (attempt(connections, options, exchange, request, stop, &outcome, &kept))
        return true;
    /* The server may close a kept connection while a request is on its way (RFC 9112 section
     * 9.3.1). */
    if (!kept || outcome.started || strcmp(exchange->failure.code, "closed") != 0 ||
        !is_idempotent(request))
        return false;
    kms_failure_clear(&exchange->failure);
    kms_reply_clear(&exchange->reply);
    if (attempt(connections, options, exchange, request, stop, &outcome, &kept))
        return true;
    exchange->failure.uncertain = true;
    return false;
}

/* By libcurl's HTTP. */
static bool run_transfer(kms_connections *connections, const kms_curl_options *options,
                         kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_transfer *transfer = &connections->transfer;
    if (!kms_transfer_open(transfer, exchange, options, request))
        return false;
    connections->requests++;
    const CURLcode result = kms_handle_run(transfer->easy, connections->multi);
    const bool done = kms_transfer_done(transfer, exchange, options, request, result);
    curl_multi_remove_handle(connections->multi, transfer->easy);
    kms_transfer_end(transfer);
    connections->connections += (unsigned long)transfer->connections;
    /* libcurl closes a connection of HTTP/1.1 on which an exchange failed; over one of HTTP/2 it
     * would send the next. */
    if (!done)
        close_all(connections);
    connections->idle_since = kms_monotonic();
    return done;
}

bool kms_connections_run(kms_connections *connections, const kms_curl_options *options,
                         kms_exchange *exchange, const kms_exchange_request *request)
{
    const bool two = kms_curl_options_two(options);
    if (two && kms_curl_options_outlived(options, kms_monotonic() - connections->idle_since))
        close_all(connections);
    if (connections->multi == NULL)
        connections->multi = curl_multi_init();
    if (connections->multi == NULL) {
        kms_handle_explain(NULL, "", CURLE_OUT_OF_MEMORY, exchange, options, request);
        return false;
    }
    return two ? run_transfer(connections, options, exchange, request)
               : run_stream(connections, options, exchange, request);
}
