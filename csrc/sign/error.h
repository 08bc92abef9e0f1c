/* Errors of the signing functions. */
#ifndef KMS_SIGN_ERROR_H
#define KMS_SIGN_ERROR_H

#include <stdbool.h>

typedef enum {
    KMS_SIGN_OK = 0,
    KMS_SIGN_INVALID, /* a value cannot be signed or sent; `field` and `message` are set */
    KMS_SIGN_NO_MEMORY,
    KMS_SIGN_NO_DIGEST /* OpenSSL cannot compute the digest */
} kms_sign_status;

/* The message contains no secret and no header value. */
typedef struct {
    kms_sign_status status;
    const char *field; /* static: "headers", "path", ... */
    char message[192];
} kms_sign_error;

/* Sets the status and returns false, so that a caller can return the result. */
bool kms_sign_error_set(kms_sign_error *error, kms_sign_status status);

/* Sets KMS_SIGN_INVALID with `field` and a message, and returns false. `cold` keeps the error path
 * out of line. */
bool kms_sign_error_set_invalid(kms_sign_error *error, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

#endif
