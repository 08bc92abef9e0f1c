/* An exchange that libcurl's own HTTP carries.
 *
 * For each open, the handle run (see handle.h, or many.h), done, end. At last close. Lives in
 * memory that does not move. */
#ifndef KMS_TRANSFER_H
#define KMS_TRANSFER_H

#include "http/request.h"

typedef struct {
    /* One for each exchange, while connections are kept: libcurl 7.88 appends a header that begins
     * with white space to the last one of the handle's exchange before, which is freed by then. */
    CURL *easy;
    struct curl_slist *headers; /* a node a line of the exchange's head, in one block */
    CURLU *url;                 /* of `origin`, kept for the next exchange */
    kms_buffer origin;
    char error[CURL_ERROR_SIZE];
    long connections; /* made for the exchange */
} kms_transfer;

/* Nothing is allocated. */
void kms_transfer_init(kms_transfer *transfer);

/* Makes the handle for an exchange that has its headers and is not ready yet; its head is the
 * handle's from now on. The request is the one begun, and its body is not copied. False: see the
 * exchange's failure. */
bool kms_transfer_open(kms_transfer *transfer, kms_exchange *exchange,
                       const kms_curl_options *options, const kms_exchange_request *request);

/* Takes the result of an open handle that has run. False: see the exchange's failure. */
bool kms_transfer_done(kms_transfer *transfer, kms_exchange *exchange,
                       const kms_curl_options *options, const kms_exchange_request *request,
                       CURLcode result);

/* Frees the handle, which is in no set of connections any more. */
void kms_transfer_end(kms_transfer *transfer);

/* Ends, and frees what was kept for the next exchange. */
void kms_transfer_close(kms_transfer *transfer);

#endif
