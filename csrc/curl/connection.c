/* Connections of libcurl with HTTP/1.1 of our own; see stream.h. */
#include "curl/connection.h"
#include "base/wipe.h"
#include "base/clock.h"
#include "curl/handle.h"
#include "http/http1_parser.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 16 * 1024 }; /* the most that one record of TLS holds (RFC 8446 section 5.1) */

void kms_stream_init(kms_stream *stream)
{
    memset(stream, 0, sizeof *stream);
    kms_buffer_init(&stream->origin, KMS_ORIGIN_LIMIT);
}

void kms_stream_close(kms_stream *stream, CURLM *multi)
{
    if (stream->easy != NULL) {
        curl_multi_remove_handle(multi, stream->easy);
        curl_easy_cleanup(stream->easy);
        kms_wipe(stream->error, sizeof stream->error); /* it may quote a proxy's password */
    }
    kms_buffer_free(&stream->origin);
    kms_stream_init(stream);
}

bool kms_stream_open(kms_stream *stream, CURLM *multi, const kms_curl_options *options,
                     const kms_exchange_request *request, kms_exchange *exchange, double seconds,
                     unsigned long *made)
{
    long count = 0;
    CURL *easy = stream->easy = curl_easy_init();
    CURLcode result = CURLE_FAILED_INIT;
    if (easy != NULL)
        result = kms_handle_reach(easy, stream->error, options, request, seconds);
    KMS_SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    KMS_SET(CURLOPT_CONNECT_ONLY, 1L);
    if (result == CURLE_OK && !kms_exchange_origin(request, &stream->origin))
        result = CURLE_OUT_OF_MEMORY;
    KMS_SET(CURLOPT_URL, stream->origin.data);
    if (result == CURLE_OK)
        result = kms_handle_run(easy, multi);
    if (easy != NULL && curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &count) == CURLE_OK)
        *made += (unsigned long)count;
    if (result == CURLE_OK)
        result = curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &stream->socket);
    if (result == CURLE_OK && stream->socket == CURL_SOCKET_BAD)
        result = CURLE_COULDNT_CONNECT;
    stream->proxied = options->text[KMS_PROXY] != NULL;
    if (result == CURLE_OK)
        return true;
    kms_handle_explain(easy, stream->error, result, exchange, options, request);
    kms_stream_close(stream, multi);
    return false;
}

/* Waits until one of `events` can be had, or the stream has ended. 0: in time it was not. */
static short wait_for(const kms_stream *stream, short events, double stop)
{
    struct pollfd one = {stream->socket, events, 0};
    for (;;) {
        double left = stop - kms_monotonic();
        int milliseconds = !(left > 0) ? 0 : left < 1000 ? (int)(left * 1000) + 1 : 1000000;
        int ready = poll(&one, 1, milliseconds);
        if (ready > 0)
            return one.revents;
        if (milliseconds == 0 || (ready < 0 && errno != EINTR))
            return 0;
    }
}

bool kms_stream_alive(kms_stream *stream)
{
    struct pollfd one = {stream->socket, POLLIN, 0};
    char byte;
    size_t count = 0;
    /* In TLS to a proxy, what the origin's TLS said may have been read already, and waits where
     * poll does not see it. */
    if (!stream->proxied && poll(&one, 1, 0) == 0)
        return true;
    /* TLS may have something to say to libcurl: sessions' tickets. */
    return curl_easy_recv(stream->easy, &byte, 1, &count) == CURLE_AGAIN;
}

/* An exchange on its way. */
typedef struct {
    kms_stream *stream;
    kms_exchange *exchange;
    kms_slice host;
    kms_slice parts[2]; /* still to be sent: the head, and a body that is not with it */
    CURLcode unsent;    /* why the rest cannot be sent */
    double stop;
    bool sent;    /* the request may have reached the server */
    bool drained; /* the answer came, and no byte after it */
    kms_http1 reader;
} passage;

static bool fail(passage *way, CURLcode result, const char *code, const char *reason)
{
    kms_failure *failure = &way->exchange->failure;
    failure->uncertain = way->sent;
    failure->has_cause = true;
    failure->cause = result;
    snprintf(failure->cause_text, sizeof failure->cause_text, "%s", reason);
    return kms_failure_say(failure, code, way->host, reason);
}

/* libcurl has lost the connection. */
static bool fail_lost(passage *way, CURLcode result)
{
    const char *reason = way->stream->error;
    return fail(way, result, kms_failure_code(result),
                *reason != '\0' ? reason : curl_easy_strerror(result));
}

/* The reader has stopped. libcurl, had it been asked, would have called that so. */
static bool fail_stopped(passage *way)
{
    const kms_reply *reply = &way->exchange->reply;
    const char *code = reply->stop_code;
    CURLcode result = CURLE_WEIRD_SERVER_REPLY;
    if (strcmp(code, "too_large") == 0)
        result = CURLE_FILESIZE_EXCEEDED;
    else if (strcmp(code, "closed") == 0)
        result = way->reader.started ? CURLE_PARTIAL_FILE : CURLE_GOT_NOTHING;
    else if (reply->head.status != KMS_BUFFER_OK || reply->body.status != KMS_BUFFER_OK)
        result = CURLE_OUT_OF_MEMORY;
    return fail(way, result, code, reply->stop_reason);
}

static bool is_late(const passage *way)
{
    return !(kms_monotonic() < way->stop);
}

static bool fail_late(passage *way)
{
    return fail(way, CURLE_OPERATION_TIMEDOUT, "timeout", "the deadline has passed");
}

/* Sends what can be sent now. A failure may have an answer all the same: a server that has refused
 * a long body closes without reading it. */
static void send_some(passage *way)
{
    for (int i = 0; i < 2; i++) {
        kms_slice *part = &way->parts[i];
        while (part->length > 0) {
            size_t count = 0;
            CURLcode result = curl_easy_send(way->stream->easy, part->data, part->length, &count);
            if (result == CURLE_AGAIN)
                return;
            /* A part of it may have gone where the whole could not. */
            way->sent = true;
            if (result != CURLE_OK) {
                way->unsent = result;
                return;
            }
            part->data += count;
            part->length -= count;
        }
    }
}

static bool is_sent(const passage *way)
{
    return way->parts[0].length + way->parts[1].length == 0;
}

/* Reads what there is. KMS_HTTP1_STOPPED: the failure is noted. */
static kms_http1_result receive_some(passage *way)
{
    char bytes[PIECE];
    size_t count = 0;
    kms_http1_result result = KMS_HTTP1_MORE;
    while (result == KMS_HTTP1_MORE && !is_late(way)) {
        CURLcode got = curl_easy_recv(way->stream->easy, bytes, sizeof bytes, &count);
        if (got == CURLE_AGAIN)
            return KMS_HTTP1_MORE;
        if (got != CURLE_OK) {
            fail_lost(way, got);
            return KMS_HTTP1_STOPPED;
        }
        kms_slice piece = {bytes, count};
        result = count > 0 ? kms_http1_read(&way->reader, &piece) : kms_http1_finish(&way->reader);
        way->drained = result == KMS_HTTP1_DONE && piece.length == 0 && count > 0;
        kms_wipe(bytes, count);
    }
    if (result == KMS_HTTP1_STOPPED)
        fail_stopped(way);
    return result;
}

/* Sends and reads at once until the answer is complete: it may come before the request's end. */
static bool pass(passage *way)
{
    while (!is_late(way)) {
        if (!is_sent(way) && way->unsent == CURLE_OK)
            send_some(way);
        const bool sending = !is_sent(way) && way->unsent == CURLE_OK;
        /* What cannot be sent will have no answer but one that is there already. */
        short events = wait_for(way->stream, sending ? POLLIN | POLLOUT : POLLIN,
                                way->unsent == CURLE_OK ? way->stop : 0);
        if (events == 0)
            return way->unsent == CURLE_OK ? fail_late(way) : fail_lost(way, way->unsent);
        if ((events & ~POLLOUT) == 0)
            continue;
        switch (receive_some(way)) {
        case KMS_HTTP1_DONE:
            return true;
        case KMS_HTTP1_STOPPED:
            return false;
        case KMS_HTTP1_MORE:
            break;
        }
    }
    return fail_late(way);
}

bool kms_stream_exchange(kms_stream *stream, kms_exchange *exchange,
                         const kms_exchange_request *request, double stop,
                         kms_stream_outcome *outcome)
{
    passage way = {.stream = stream,
                   .exchange = exchange,
                   .host = request->host,
                   .parts = {{exchange->head.data, exchange->head.length}, exchange->rest},
                   .stop = stop};
    kms_http1_begin(&way.reader, &exchange->reply, kms_exchange_is(request, "HEAD"));
    const bool done = pass(&way);
    exchange->status = way.reader.status;
    outcome->started = way.reader.started;
    outcome->reusable = done && way.drained && is_sent(&way) && !way.reader.last;
    kms_http1_end(&way.reader);
    stream->idle_since = kms_monotonic();
    return done;
}
