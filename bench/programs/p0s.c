/* P0s: P0 with a signature of its own for each request, in plain C.
 *
 *   p0s huawei|ncloud SCHEME://HOST PATH CA_FILE BODY
 *
 * Credentials and project come from the environment variables of the clouds' own tools. */
#include "batches.h"
#include "baseline.h"
#include "plain_sign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    plain_request request;
    CURL *easy;
} program;

static struct curl_slist *append_pair(struct curl_slist *headers, const char *name,
                                      const char *value)
{
    char line[1024];
    snprintf(line, sizeof line, "%s: %s", name, value);
    return baseline_append(headers, line);
}

static void put(CURL *easy, struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    baseline_put(easy);
    curl_slist_free_all(headers);
}

static void call_huawei(void *state)
{
    program *self = state;
    plain_huawei signature = plain_sign_huawei(&self->request, time(NULL));
    struct curl_slist *headers = baseline_append(NULL, "Accept:");
    headers = append_pair(headers, "Content-Type", "application/json");
    headers = append_pair(headers, "X-Project-Id", self->request.project_id);
    headers = append_pair(headers, "X-Sdk-Date", signature.date);
    headers = append_pair(headers, "Authorization", signature.authorization);
    headers = append_pair(headers, "Accept-Encoding", "identity");
    put(self->easy, headers);
}

static void call_ncloud(void *state)
{
    program *self = state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t milliseconds = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    plain_ncloud signature = plain_sign_ncloud(&self->request, milliseconds);
    struct curl_slist *headers = append_pair(NULL, "Content-Type", "application/json");
    headers = append_pair(headers, "Accept", "application/json");
    headers = append_pair(headers, "x-ncp-apigw-timestamp", signature.timestamp);
    headers = append_pair(headers, "x-ncp-iam-access-key", self->request.access_key);
    headers = append_pair(headers, "x-ncp-apigw-signature-v2", signature.signature);
    headers = append_pair(headers, "Accept-Encoding", "identity");
    put(self->easy, headers);
}

int main(int count, char **arguments)
{
    char url[1024];
    if (count != 6)
        return 2;
    bool huawei = strcmp(arguments[1], "huawei") == 0;
    const char *base = arguments[2];
    program self = {
        .request = {.host = strstr(base, "//") + 2, .path = arguments[3], .body = arguments[5]}};
    plain_request_set_credentials(&self.request, huawei);
    snprintf(url, sizeof url, "%s%s", base, self.request.path);
    self.easy = baseline_open(url, self.request.body, arguments[4]);
    run_each(huawei ? call_huawei : call_ncloud, &self);
    curl_easy_cleanup(self.easy);
    return EXIT_SUCCESS;
}
