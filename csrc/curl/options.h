/* What a transport is told once: a row an option, and the values that were set. */
#ifndef KMS_CURL_OPTIONS_H
#define KMS_CURL_OPTIONS_H

#include <stdbool.h>
#include <curl/curl.h>

#include "base/slice.h"

typedef enum {
    KMS_CA_FILE,
    KMS_CA_PATH,
    KMS_PROXY,
    KMS_NO_PROXY,
    KMS_CLIENT_CERT,
    KMS_CLIENT_KEY,
    KMS_CLIENT_KEY_PASSWORD,
    KMS_HTTP_VERSION,
    KMS_CONNECT_TIMEOUT,
    KMS_TIMEOUT,
    KMS_KEEPALIVE,
    KMS_MAX_RESPONSE,
    KMS_OPTION_COUNT
} kms_option_index;

typedef struct {
    const char *name;
    bool is_text;
    double standard, least, most; /* of a number: the value where none is set, and its range */
    const char *rule;             /* "must be ...": what a refused value is told */
    CURLoption setting;           /* of a text; 0: none of libcurl's */
    CURLoption at_proxy;          /* its twin for the connection to an https proxy; 0: none */
} kms_option;

extern const kms_option KMS_OPTIONS[KMS_OPTION_COUNT];

typedef struct {
    char *text[KMS_OPTION_COUNT]; /* NULL: not set */
    double number[KMS_OPTION_COUNT];
    unsigned long holders; /* its transport, and exchanges in flight, which may outlive it */
} kms_curl_options;

/* Options of which none is set, held once. NULL: no memory. */
kms_curl_options *kms_curl_options_new(void);

typedef enum { KMS_SET_OK, KMS_SET_REFUSED, KMS_SET_NO_MEMORY } kms_set_status;

/* The text, which ends in NUL, is copied. Refused: the value is against the option's rule. */
kms_set_status kms_curl_options_set_text(kms_curl_options *options, kms_option_index option,
                                         kms_slice text);
kms_set_status kms_curl_options_set_number(kms_curl_options *options, kms_option_index option,
                                           double number);

/* Tells a handle what holds for every request. */
CURLcode kms_curl_options_apply(const kms_curl_options *options, CURL *easy);

/* Whether connections that have been idle for so many seconds are to be closed here: libcurl counts
 * in whole seconds, which is too coarse where few are allowed. */
bool kms_curl_options_outlived(const kms_curl_options *options, double idle);

/* Whether HTTP/2 is to be spoken where the server will. */
bool kms_curl_options_two(const kms_curl_options *options);

/* One holder less, who may be NULL; the last one wipes and frees. */
void kms_curl_options_release(kms_curl_options *options);

#endif
