/* A PUT with libcurl alone: one handle that is reused, with URL and body set once. Shared by P0,
 * P0m and P0s. All functions end the program when they fail. */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H

#include <curl/curl.h>

/* The strings must outlive the handle. */
CURL *baseline_open(const char *url, const char *body, const char *ca_file);

/* Sends the request. Any status but 200 is a failure. */
void baseline_put(CURL *easy);

/* Checks the result of a transfer that was run elsewhere. */
void baseline_check(CURL *easy, CURLcode result);

/* Returns the list with one more line. */
struct curl_slist *baseline_append(struct curl_slist *headers, const char *line);

#endif
