/* A handle of libcurl: told of options and of time; and an exchange that libcurl's own HTTP
 * carries.
 *
 * For each such exchange open, what connections.h or many.h does with the handle, done, end. At
 * last close. Lives in memory that does not move. */
#ifndef KMS_HANDLE_H
#define KMS_HANDLE_H

#include "exchange.h"

typedef struct {
    /* One for each exchange, while connections are kept: libcurl 7.88 appends a header that begins
     * with white space to the last one of the handle's exchange before, which is freed by then. */
    CURL *easy;
    struct curl_slist *headers; /* a node a line of the exchange's head, in one block */
    CURLU *url;                 /* of `origin`, kept for the next exchange */
    kms_buffer origin;
    char error[CURL_ERROR_SIZE];
    long connections; /* made for the exchange */
} kms_handle;

/* Nothing is allocated. */
void kms_handle_init(kms_handle *handle);

/* Makes the handle for an exchange that has its headers and is not ready yet; its head is the
 * handle's from now on. The request is the one begun, and its body is not copied. False: see the
 * exchange's failure. */
bool kms_handle_open(kms_handle *handle, kms_exchange *exchange, const kms_curl_options *options,
                     const kms_exchange_request *request);

/* Takes the result of an open handle that has run. False: see the exchange's failure. */
bool kms_handle_done(kms_handle *handle, kms_exchange *exchange, const kms_curl_options *options,
                     const kms_exchange_request *request, CURLcode result);

/* Frees the handle, which is in no set of connections any more. */
void kms_handle_end(kms_handle *handle);

/* Ends, and frees what was kept for the next exchange. */
void kms_handle_close(kms_handle *handle);

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
