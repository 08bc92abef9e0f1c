/* Validates the values that a signer signs. */
#ifndef KMS_VALIDATE_H
#define KMS_VALIDATE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/error.h"
#include "sign/request.h"

/* Every function returns false with `error` set if the value is not valid. Nothing depends on the
 * locale. */

/* A token (RFC 9110 section 5.6.2) of at most KMS_METHOD_LIMIT bytes. */
bool kms_validate_method(kms_sign_error *error, kms_slice method);

/* Name and value by RFC 9110 sections 5.1 and 5.5. `number` counts from 1. */
bool kms_validate_header(kms_sign_error *error, const kms_pair *header, size_t number);

/* 1 to KMS_HEADER_LIMIT bytes of visible ASCII without the bytes of `forbidden`. The message shows
 * only the first byte that is not valid. */
bool kms_validate_visible(kms_sign_error *error, const char *field, kms_slice text,
                          const char *forbidden);

/* Access key and secret key, by the rules of both clouds. */
bool kms_validate_keys(kms_sign_error *error, const kms_credentials *credentials);

/* Checks the status of a buffer after all appends. `limit` is what the message names. */
bool kms_validate_buffer(kms_sign_error *error, const char *field, const kms_buffer *buffer,
                         int limit);

#endif
