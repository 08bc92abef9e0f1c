/* The least that a PUT with libcurl can be: one handle, used again and again, whose body and URL
 * are set once. What P0 and P0s have in common. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <curl/curl.h>

/* The strings must outlive the handle. Ends the program when there is no handle. */
CURL *floor_open(const char *url, const char *body, const char *ca_file);

/* Ends the program when there is no answer, or another status than 200. */
void floor_put(CURL *easy);

/* The same for what became of a handle elsewhere. */
void floor_check(CURL *easy, CURLcode result);

/* The list with one more line. Ends the program when memory does. */
struct curl_slist *floor_header(struct curl_slist *headers, const char *line);

#endif
