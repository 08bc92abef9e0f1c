/* Kept connections of libcurl; see connections.h. */
#include "connections.h"
#include "clock.h"

#include <string.h>

void kms_connections_init(kms_connections *connections)
{
    memset(connections, 0, sizeof *connections);
}

void kms_connections_close(kms_connections *connections)
{
    curl_multi_cleanup(connections->multi);
    connections->multi = NULL;
}

/* Runs the one handle that is in the set; its time limit ends the loop. */
static CURLcode run(CURLM *multi)
{
    int running = 1, queued = 0;
    CURLMcode code = curl_multi_perform(multi, &running);
    while (code == CURLM_OK && running > 0) {
        code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        if (code == CURLM_OK)
            code = curl_multi_perform(multi, &running);
    }
    const CURLMsg *message = code == CURLM_OK ? curl_multi_info_read(multi, &queued) : NULL;
    return message != NULL ? message->data.result : kms_failure_of_set(code);
}

bool kms_connections_run(kms_connections *connections, const kms_curl_options *options,
                         kms_exchange *exchange, const kms_exchange_request *request)
{
    if (connections->multi != NULL &&
        kms_curl_options_outlived(options, kms_monotonic() - connections->idle_since))
        kms_connections_close(connections);
    if (!kms_exchange_open(exchange, options, request))
        return false;
    if (connections->multi == NULL)
        connections->multi = curl_multi_init();
    CURLM *multi = connections->multi;
    CURLMcode added =
        multi == NULL ? CURLM_OUT_OF_MEMORY : curl_multi_add_handle(multi, exchange->easy);
    CURLcode result = added == CURLM_OK ? run(multi) : kms_failure_of_set(added);
    bool done = kms_exchange_done(exchange, options, request, result);
    if (added == CURLM_OK)
        curl_multi_remove_handle(multi, exchange->easy);
    connections->requests++;
    connections->connections += (unsigned long)exchange->connections;
    /* libcurl closes a connection of HTTP/1.1 on which an exchange failed; over one of HTTP/2 it
     * would send the next. */
    if (!done && kms_curl_options_two(options))
        kms_connections_close(connections);
    connections->idle_since = kms_monotonic();
    return done;
}
