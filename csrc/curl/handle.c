/* Handles of libcurl; see handle.h. */
#include "curl/handle.h"
#include "base/wipe.h"
#include "http/syntax.h"

#include <stdio.h>
#include <string.h>

/* At least one: 0 would be no limit, and less an error. */
static long milliseconds(double seconds)
{
    long whole = (long)(seconds * 1000);
    if (whole < 1)
        return 1;
    return (double)whole < seconds * 1000 ? whole + 1 : whole;
}

CURLcode kms_handle_reach(CURL *easy, char *error, const kms_curl_options *options,
                          const kms_exchange_request *request, double seconds)
{
    const double connect = options->number[KMS_CONNECT_TIMEOUT];
    const char *proxy = options->text[KMS_PROXY];
    CURLcode result = kms_curl_options_apply(options, easy);
    *error = '\0';
    KMS_SET(CURLOPT_ERRORBUFFER, error);
    /* Through a proxy "localhost" would be the proxy's, and plain http would leave this machine. */
    KMS_SET(CURLOPT_PROXY,
            kms_ascii_equals_nocase(request->scheme, "http") || proxy == NULL ? "" : proxy);
    KMS_SET(CURLOPT_TIMEOUT_MS, milliseconds(seconds));
    KMS_SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect < seconds ? connect : seconds));
    return result;
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
