/* Why a request has no response: error codes, and the error value of one request. */
#ifndef KMS_HTTP_ERROR_H
#define KMS_HTTP_ERROR_H

#include "base/slice.h"

/* The transport error codes of kms.error. */
typedef enum {
    KMS_HTTP_OK = 0,
    KMS_HTTP_INVALID, /* the request breaks a rule and was not sent */
    KMS_HTTP_TIMEOUT,
    KMS_HTTP_DNS,
    KMS_HTTP_CONNECT,
    KMS_HTTP_TLS,
    KMS_HTTP_CLOSED,
    KMS_HTTP_TOO_LARGE,
    KMS_HTTP_OTHER,
    KMS_HTTP_ERROR_CODE_COUNT
} kms_http_error_code;

enum { KMS_HTTP_CAUSE_SIZE = 256 }; /* CURL_ERROR_SIZE */

/* Contains no secret. */
typedef struct {
    kms_http_error_code code;
    const char *field; /* KMS_HTTP_INVALID: the field of the request that breaks a rule; static */
    bool is_permanent; /* caused by the caller: a retry would fail in the same way */
    bool is_uncertain; /* the server may have received the request */
    int cause_code;    /* of libcurl, as cause_text; 0: neither is set */
    int status; /* of a response with an error status that was not received completely; else 0 */
    char message[512];
    char cause_text[KMS_HTTP_CAUSE_SIZE];
} kms_http_error;

/* The word of a code, as in kms.error. NULL for KMS_HTTP_OK and KMS_HTTP_INVALID. */
const char *kms_http_error_word(kms_http_error_code code);

/* The code of a word; KMS_HTTP_OK if no code has this word. */
kms_http_error_code kms_http_error_code_of(kms_slice word);

/* Resets to KMS_HTTP_OK. */
void kms_http_error_clear(kms_http_error *error);

/* Reports that `field` of the request breaks a rule. Returns false. */
__attribute__((format(printf, 3, 4))) bool
kms_http_error_set_invalid(kms_http_error *error, const char *field, const char *format, ...);

/* Reports a transport error at a host. Returns false. */
bool kms_http_error_set(kms_http_error *error, kms_http_error_code code, kms_slice host,
                        const char *reason);

#endif
