/* Exchanges by libcurl's HTTP; see transfer.h. */
#include "curl/transfer.h"
#include "base/wipe.h"
#include "curl/handle.h"

#include <stdlib.h>
#include <string.h>

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

void kms_transfer_init(kms_transfer *transfer)
{
    memset(transfer, 0, sizeof *transfer);
    kms_buffer_init(&transfer->origin, KMS_ORIGIN_LIMIT);
}

/* Adds those lines to the head. Returns how many headers it has then. */
static size_t add_unwanted(kms_exchange *exchange, const kms_exchange_request *request)
{
    size_t count = exchange->header_count;
    for (size_t i = 0; i < sizeof UNWANTED / sizeof *UNWANTED; i++) {
        if ((exchange->given & UNWANTED[i].given) != 0 || request->body.length < UNWANTED[i].from)
            continue;
        kms_buffer_append_string(&exchange->head, UNWANTED[i].line);
        kms_buffer_append_string(&exchange->head, "\r\n");
        count++;
    }
    return count;
}

/* The head's headers as libcurl's list of them, each ended by NUL in the place of its CR. */
static CURLcode list_headers(kms_transfer *transfer, kms_exchange *exchange,
                             const kms_exchange_request *request)
{
    const size_t count = add_unwanted(exchange, request);
    transfer->headers = malloc(count * sizeof *transfer->headers);
    if (!kms_buffer_append_char(&exchange->head, '\0') || transfer->headers == NULL)
        return CURLE_OUT_OF_MEMORY;
    char *line = strchr(exchange->head.data, '\n') + 1;
    for (size_t i = 0; i < count; i++) {
        char *end = strchr(line, '\r');
        *end = '\0';
        /* libcurl takes "Name:" for "do not send", and "Name;" for an empty value. */
        if (i < exchange->header_count && strchr(line, ':') == end - 1)
            end[-1] = ';';
        transfer->headers[i] =
            (struct curl_slist){line, i + 1 < count ? &transfer->headers[i + 1] : NULL};
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

static CURLcode set_up(kms_transfer *transfer, kms_exchange *exchange,
                       const kms_curl_options *options)
{
    CURL *easy = transfer->easy;
    CURLcode result = CURLE_OK;
    const bool two = kms_curl_options_two(options);
    const double idle = options->number[KMS_KEEPALIVE];
    KMS_SET(CURLOPT_HTTP_VERSION, two ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    /* Of many at once the others wait for the first one's connection, and share it. */
    KMS_SET(CURLOPT_PIPEWAIT, two ? 1L : 0L);
    KMS_SET(CURLOPT_FORBID_REUSE, idle > 0 ? 0L : 1L);
    KMS_SET(CURLOPT_FRESH_CONNECT, idle > 0 ? 0L : 1L);
    KMS_SET(CURLOPT_MAXAGE_CONN, idle < 1 ? 1L : (long)idle);
    KMS_SET(CURLOPT_HEADERFUNCTION, on_header);
    KMS_SET(CURLOPT_HEADERDATA, &exchange->reply);
    KMS_SET(CURLOPT_WRITEFUNCTION, on_body);
    KMS_SET(CURLOPT_WRITEDATA, &exchange->reply);
    return result;
}

/* Only scheme and host: the target has an option of its own, which libcurl sends as it stands. */
static CURLcode set_url(kms_transfer *transfer, const kms_exchange_request *request)
{
    if (transfer->url == NULL || !kms_exchange_goes_to(request, &transfer->origin)) {
        curl_url_cleanup(transfer->url);
        transfer->url = curl_url();
        if (!kms_exchange_origin(request, &transfer->origin) || transfer->url == NULL)
            return CURLE_OUT_OF_MEMORY;
        CURLUcode set = curl_url_set(transfer->url, CURLUPART_URL, transfer->origin.data, 0);
        if (set != CURLUE_OK) {
            kms_buffer_clear(&transfer->origin);
            return set == CURLUE_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_URL_MALFORMAT;
        }
    }
    return curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->url);
}

/* Tells the handle of this request. */
static CURLcode prepare(kms_transfer *transfer, const kms_curl_options *options,
                        const kms_exchange_request *request)
{
    CURL *easy = transfer->easy;
    const bool head = kms_exchange_is(request, "HEAD");
    CURLcode result = set_url(transfer, request);
    KMS_SET(CURLOPT_REQUEST_TARGET, request->target.data);
    KMS_SET(CURLOPT_NOBODY, head ? 1L : 0L);
    if (kms_exchange_tells_length(request)) {
        KMS_SET(CURLOPT_POST, 1L);
        KMS_SET(CURLOPT_POSTFIELDS, request->body.length > 0 ? request->body.data : "");
        KMS_SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    }
    KMS_SET(CURLOPT_CUSTOMREQUEST, request->method.data);
    KMS_SET(CURLOPT_HTTPHEADER, transfer->headers);
    /* What a HEAD request is told of a length is not sent. */
    KMS_SET(CURLOPT_MAXFILESIZE_LARGE, head ? 0 : (curl_off_t)options->number[KMS_MAX_RESPONSE]);
    return result;
}

bool kms_transfer_open(kms_transfer *transfer, kms_exchange *exchange,
                       const kms_curl_options *options, const kms_exchange_request *request)
{
    double seconds;
    if (!kms_exchange_ready(exchange, options, request, &seconds))
        return false;
    transfer->error[0] = '\0';
    transfer->easy = curl_easy_init();
    CURLcode result = transfer->easy == NULL ? CURLE_FAILED_INIT
                                             : kms_handle_reach(transfer->easy, transfer->error,
                                                                options, request, seconds);
    if (result == CURLE_OK)
        result = set_up(transfer, exchange, options);
    if (result == CURLE_OK)
        result = list_headers(transfer, exchange, request);
    if (result == CURLE_OK)
        result = prepare(transfer, options, request);
    if (result == CURLE_OK)
        return true;
    kms_handle_explain(transfer->easy, transfer->error, result, exchange, options, request);
    kms_transfer_end(transfer);
    return false;
}

bool kms_transfer_done(kms_transfer *transfer, kms_exchange *exchange,
                       const kms_curl_options *options, const kms_exchange_request *request,
                       CURLcode result)
{
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &transfer->connections);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (result == CURLE_OK &&
        exchange->reply.stage != KMS_HEAD_DONE) { /* to libcurl this is an answer */
        kms_reply_stop(&exchange->reply, "closed", "it ended within the answer's head");
        result = CURLE_PARTIAL_FILE;
    }
    if (result != CURLE_OK)
        kms_handle_explain(transfer->easy, transfer->error, result, exchange, options, request);
    return result == CURLE_OK;
}

void kms_transfer_end(kms_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    free(transfer->headers);
    transfer->headers = NULL;
    kms_wipe(transfer->error, sizeof transfer->error); /* it may quote a proxy, with its password */
}

void kms_transfer_close(kms_transfer *transfer)
{
    kms_transfer_end(transfer);
    curl_url_cleanup(transfer->url);
    transfer->url = NULL;
    kms_buffer_free(&transfer->origin);
}
