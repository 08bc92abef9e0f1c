/* A handle of libcurl, whatever it is to carry: told where to go, run, and asked why it failed. */
#ifndef KMS_HANDLE_H
#define KMS_HANDLE_H

#include "http/request.h"

/* Sets an option of `easy`, unless `result`, which both stand where this does, has a failure: the
 * first setting that libcurl refuses makes the later ones void. */
#define KMS_SET(option, value)                                                                     \
    (result = result != CURLE_OK ? result : curl_easy_setopt(easy, option, value))

/* Tells a new handle of libcurl how to get to the request's host within so many seconds, and where
 * to say what went wrong: `error` has CURL_ERROR_SIZE bytes. */
CURLcode kms_handle_reach(CURL *easy, char *error, const kms_curl_options *options,
                          const kms_exchange_request *request, double seconds);

/* Adds a handle to a set in which no other one is running, and waits for its end; its own time
 * limit bounds that. The handle stays in the set. */
CURLcode kms_handle_run(CURL *easy, CURLM *multi);

/* Notes what became of the exchange when libcurl failed; `easy` may be NULL. */
void kms_handle_explain(CURL *easy, const char *error, CURLcode result, kms_exchange *exchange,
                        const kms_curl_options *options, const kms_exchange_request *request);

#endif
