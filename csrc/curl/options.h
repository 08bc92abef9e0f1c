/* The options of a transport: their names and values, and what they set in libcurl. */
#ifndef KMS_OPTIONS_H
#define KMS_OPTIONS_H

#include <curl/curl.h>

#include "http/error.h"

typedef enum {
    KMS_OPTION_CA_FILE, /* up to client_key: files, and one folder */
    KMS_OPTION_CA_PATH,
    KMS_OPTION_CLIENT_CERT,
    KMS_OPTION_CLIENT_KEY,
    KMS_OPTION_CLIENT_KEY_PASSWORD,
    KMS_OPTION_PROXY,
    KMS_OPTION_NO_PROXY,
    KMS_OPTION_CONNECT_TIMEOUT,
    KMS_OPTION_TIMEOUT,
    KMS_OPTION_KEEPALIVE,
    KMS_OPTION_MAX_RESPONSE,
    KMS_OPTION_COUNT
} kms_option_index;

/* In the order of kms_option_index; as in kms.transport.options, which has the rules and the
 * defaults. */
extern const char *const KMS_OPTION_NAMES[KMS_OPTION_COUNT];

typedef struct {
    char *text[KMS_OPTION_COUNT];    /* from malloc; NULL: not set */
    double number[KMS_OPTION_COUNT]; /* 0: not set */
} kms_options;

/* Sets a libcurl option of `easy` unless `result` is an error. Both are variables of the calling
 * function. After the first setting that libcurl rejects, the next ones do nothing. */
#define KMS_SET_OPTION(option, value)                                                              \
    (result = result != CURLE_OK ? result : curl_easy_setopt(easy, option, value))

/* Checks that the files of the options can be read, because libcurl blocks on a FIFO and reports
 * all other problems with the same text. Returns false and sets `error` on failure. */
bool kms_options_check_files(const kms_options *options, kms_slice host, kms_http_error *error);

/* Configures an easy handle with all settings that do not depend on the request. */
CURLcode kms_options_apply(const kms_options *options, CURL *easy);

/* Wipes and frees the texts. */
void kms_options_free(kms_options *options);

#endif
