/* Parts of a loop over libcurl; see baseline.h. */
#include "baseline.h"

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *reason)
{
    fprintf(stderr, "%s\n", reason);
    exit(EXIT_FAILURE);
}

static size_t discard(char *data, size_t size, size_t count, void *state)
{
    (void)data;
    (void)state;
    return size * count;
}

CURL *baseline_open(const char *url, const char *body, const char *ca_file)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        fail("cannot create an easy handle");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    return easy;
}

void baseline_check(CURL *easy, CURLcode result)
{
    long status = 0;
    if (result != CURLE_OK)
        fail(curl_easy_strerror(result));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        fprintf(stderr, "expected status 200, got %ld\n", status);
        exit(EXIT_FAILURE);
    }
}

void baseline_put(CURL *easy)
{
    baseline_check(easy, curl_easy_perform(easy));
}

struct curl_slist *baseline_append(struct curl_slist *headers, const char *line)
{
    struct curl_slist *list = curl_slist_append(headers, line);
    if (list == NULL)
        fail("out of memory");
    return list;
}
