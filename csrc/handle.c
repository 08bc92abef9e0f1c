/* Handles of libcurl, and exchanges by its HTTP; see handle.h. */
#include "handle.h"
#include "http_syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGIN_LIMIT = 1024 };

/* Headers that libcurl would add, and the line that keeps it from doing so. */
static const struct {
    unsigned given;
    const char *line;
    size_t from; /* bytes of a body: with less libcurl does not add it */
} UNWANTED[] = {
    {KMS_GIVEN_ACCEPT, "Accept:", 0},
    {KMS_GIVEN_CONTENT_TYPE, "Content-Type:", 0},
    {KMS_GIVEN_EXPECT, "Expect:", 1024},
};

enum { UNWANTED_COUNT = sizeof UNWANTED / sizeof *UNWANTED };

void kms_handle_init(kms_handle *handle)
{
    memset(handle, 0, sizeof *handle);
    kms_buffer_init(&handle->origin, ORIGIN_LIMIT);
}

/* Adds those lines to the head. Returns how many headers it has then. */
static size_t add_unwanted(kms_exchange *exchange, const kms_exchange_request *request)
{
    size_t count = exchange->header_count;
    for (size_t i = 0; i < sizeof UNWANTED / sizeof *UNWANTED; i++) {
        if ((exchange->given & UNWANTED[i].given) != 0 || request->body.length < UNWANTED[i].from)
            continue;
        kms_buffer_add_string(&exchange->head, UNWANTED[i].line);
        kms_buffer_add_string(&exchange->head, "\r\n");
        count++;
    }
    return count;
}

/* The head's headers as libcurl's list of them, each ended by NUL in the place of its CR. */
static CURLcode list_headers(kms_handle *handle, kms_exchange *exchange,
                             const kms_exchange_request *request)
{
    const size_t count = add_unwanted(exchange, request);
    handle->headers = malloc(count * sizeof *handle->headers);
    if (!kms_buffer_add_char(&exchange->head, '\0') || handle->headers == NULL)
        return CURLE_OUT_OF_MEMORY;
    char *line = strchr(exchange->head.data, '\n') + 1;
    for (size_t i = 0; i < count; i++) {
        char *end = strchr(line, '\r');
        *end = '\0';
        /* libcurl takes "Name:" for "do not send", and "Name;" for an empty value. */
        if (i < exchange->header_count && strchr(line, ':') == end - 1)
            end[-1] = ';';
        handle->headers[i] =
            (struct curl_slist){line, i + 1 < count ? &handle->headers[i + 1] : NULL};
        line = end + 2;
    }
    return CURLE_OK;
}

/* To libcurl, 0 bytes taken is the end of the exchange. */
static size_t on_header(char *data, size_t size, size_t count, void *reply)
{
    return kms_reply_line(reply, (kms_slice){data, size * count}) ? count : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *reply)
{
    return kms_reply_body(reply, (kms_slice){data, size * count}) ? count : 0;
}

/* For the next functions: the first setting that libcurl refuses makes the later ones void. */
#define SET(option, value)                                                                         \
    (result = result != CURLE_OK ? result : curl_easy_setopt(easy, option, value))

static CURLcode set_up(kms_handle *handle, kms_exchange *exchange, const kms_curl_options *options)
{
    CURL *easy = handle->easy;
    CURLcode result = CURLE_OK;
    const bool two = kms_curl_options_two(options);
    const double idle = options->number[KMS_KEEPALIVE];
    SET(CURLOPT_HTTP_VERSION, two ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    /* Of many at once the others wait for the first one's connection, and share it. */
    SET(CURLOPT_PIPEWAIT, two ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, idle > 0 ? 0L : 1L);
    SET(CURLOPT_FRESH_CONNECT, idle > 0 ? 0L : 1L);
    SET(CURLOPT_MAXAGE_CONN, idle < 1 ? 1L : (long)idle);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, &exchange->reply);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, &exchange->reply);
    return result;
}

static long milliseconds(double seconds)
{
    long whole = (long)(seconds * 1000);
    return (double)whole < seconds * 1000 ? whole + 1 : whole;
}

CURLcode kms_handle_reach(CURL *easy, char *error, const kms_curl_options *options,
                          const kms_exchange_request *request, double seconds)
{
    const double connect = options->number[KMS_CONNECT_TIMEOUT];
    const char *proxy = options->text[KMS_PROXY];
    CURLcode result = kms_curl_options_apply(options, easy);
    *error = '\0';
    SET(CURLOPT_ERRORBUFFER, error);
    /* Through a proxy "localhost" would be the proxy's, and plain http would leave this machine. */
    SET(CURLOPT_PROXY, kms_same(request->scheme, "http") || proxy == NULL ? "" : proxy);
    SET(CURLOPT_TIMEOUT_MS, milliseconds(seconds));
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect < seconds ? connect : seconds));
    return result;
}

/* Only scheme and host: the target has an option of its own, which libcurl sends as it stands. */
static CURLcode set_url(kms_handle *handle, const kms_exchange_request *request)
{
    if (handle->url == NULL || !kms_exchange_goes_to(request, &handle->origin)) {
        curl_url_cleanup(handle->url);
        handle->url = curl_url();
        if (!kms_exchange_origin(request, &handle->origin) || handle->url == NULL)
            return CURLE_OUT_OF_MEMORY;
        CURLUcode set = curl_url_set(handle->url, CURLUPART_URL, handle->origin.data, 0);
        if (set != CURLUE_OK) {
            kms_buffer_clear(&handle->origin);
            return set == CURLUE_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_URL_MALFORMAT;
        }
    }
    return curl_easy_setopt(handle->easy, CURLOPT_CURLU, handle->url);
}

/* Tells the handle of this request. */
static CURLcode prepare(kms_handle *handle, const kms_curl_options *options,
                        const kms_exchange_request *request)
{
    CURL *easy = handle->easy;
    const bool head = kms_exchange_is(request, "HEAD");
    CURLcode result = set_url(handle, request);
    SET(CURLOPT_REQUEST_TARGET, request->target.data);
    SET(CURLOPT_NOBODY, head ? 1L : 0L);
    if (kms_exchange_tells_length(request)) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body.length > 0 ? request->body.data : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method.data);
    SET(CURLOPT_HTTPHEADER, handle->headers);
    /* What a HEAD request is told of a length is not sent. */
    SET(CURLOPT_MAXFILESIZE_LARGE, head ? 0 : (curl_off_t)options->number[KMS_MAX_RESPONSE]);
    return result;
}

/* libcurl writes its last words on the stack, and they stay there: they may quote a proxy, with its
 * password. */
static void wipe_stack_below(void)
{
    char below[16 * 1024];
    kms_wipe(below, sizeof below);
}

void kms_handle_explain(CURL *easy, const char *error, CURLcode result, kms_exchange *exchange,
                        const kms_curl_options *options, const kms_exchange_request *request)
{
    kms_failure *failure = &exchange->failure;
    const char *code = kms_failure_code(result), *reason = error;
    const char *proxy = options->text[KMS_PROXY];
    char text[128], by_proxy[CURL_ERROR_SIZE + 32];
    curl_off_t ready = 0;
    long number = 0;
    if (easy != NULL) {
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
        curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    }
    /* The time adds up over the connections of one exchange. So it is above 0 too where a kept
     * connection was lost after the request, and libcurl sent it again on a new one or could not
     * make one. */
    failure->uncertain = ready > 0;
    failure->has_cause = true;
    failure->cause = result;
    /* A proxy that libcurl cannot read is quoted whole, with its password. */
    if (*reason == '\0' || (proxy != NULL && strstr(reason, proxy) != NULL))
        reason = curl_easy_strerror(result);
    snprintf(failure->cause_text, sizeof failure->cause_text, "%s", reason);
    if (exchange->reply.stop_code != NULL) {
        code = exchange->reply.stop_code;
        reason = exchange->reply.stop_reason;
    } else if (result == CURLE_OUT_OF_MEMORY && ready > 0 &&
               exchange->reply.stage != KMS_HEAD_DONE) {
        code = "too_large"; /* so libcurl before 8.6 calls a header line above its own bound */
        reason = "a line of its head is above libcurl's bound";
    } else if (result == CURLE_COULDNT_CONNECT && number > 0 &&
               strerror_r((int)number, text, sizeof text) == 0) {
        reason = text;
    } else if (strcmp(code, "closed") == 0 && ready == 0) {
        code = "connect"; /* a proxy that refused CONNECT, or went away */
    }
    if (proxy != NULL && ready == 0 && exchange->reply.stop_code == NULL) {
        snprintf(by_proxy, sizeof by_proxy, "%s (a proxy is set)", reason);
        reason = by_proxy;
    }
    kms_failure_say(failure, code, request->host, reason);
    if (proxy != NULL)
        wipe_stack_below();
}

CURLcode kms_handle_run(CURL *easy, CURLM *multi)
{
    int running = 1, queued = 0;
    CURLMcode code = curl_multi_add_handle(multi, easy);
    if (code == CURLM_OK)
        code = curl_multi_perform(multi, &running);
    while (code == CURLM_OK && running > 0) {
        code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        if (code == CURLM_OK)
            code = curl_multi_perform(multi, &running);
    }
    const CURLMsg *message = code == CURLM_OK ? curl_multi_info_read(multi, &queued) : NULL;
    return message != NULL ? message->data.result : kms_failure_of_set(code);
}

bool kms_handle_open(kms_handle *handle, kms_exchange *exchange, const kms_curl_options *options,
                     const kms_exchange_request *request)
{
    double seconds;
    if (!kms_exchange_ready(exchange, options, request, &seconds))
        return false;
    handle->error[0] = '\0';
    handle->easy = curl_easy_init();
    CURLcode result = handle->easy == NULL ? CURLE_FAILED_INIT
                                           : kms_handle_reach(handle->easy, handle->error, options,
                                                              request, seconds);
    if (result == CURLE_OK)
        result = set_up(handle, exchange, options);
    if (result == CURLE_OK)
        result = list_headers(handle, exchange, request);
    if (result == CURLE_OK)
        result = prepare(handle, options, request);
    if (result == CURLE_OK)
        return true;
    kms_handle_explain(handle->easy, handle->error, result, exchange, options, request);
    kms_handle_end(handle);
    return false;
}

bool kms_handle_done(kms_handle *handle, kms_exchange *exchange, const kms_curl_options *options,
                     const kms_exchange_request *request, CURLcode result)
{
    curl_easy_getinfo(handle->easy, CURLINFO_NUM_CONNECTS, &handle->connections);
    curl_easy_getinfo(handle->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (result == CURLE_OK &&
        exchange->reply.stage != KMS_HEAD_DONE) { /* to libcurl this is an answer */
        kms_reply_stop(&exchange->reply, "closed", "it ended within the answer's head");
        result = CURLE_PARTIAL_FILE;
    }
    if (result != CURLE_OK)
        kms_handle_explain(handle->easy, handle->error, result, exchange, options, request);
    return result == CURLE_OK;
}

void kms_handle_end(kms_handle *handle)
{
    curl_easy_cleanup(handle->easy);
    handle->easy = NULL;
    free(handle->headers);
    handle->headers = NULL;
    kms_wipe(handle->error, sizeof handle->error); /* it may quote a proxy, with its password */
}

void kms_handle_close(kms_handle *handle)
{
    kms_handle_end(handle);
    curl_url_cleanup(handle->url);
    handle->url = NULL;
    kms_buffer_free(&handle->origin);
}
