/* Validates the values that a signer signs. */
#ifndef KMS_VALIDATE_H
#define KMS_VALIDATE_H

#include "sign/signer.h"

/* Every function returns false with the error set if the value is not valid. A message shows only
 * the first byte that is not valid. Nothing depends on the locale. */

typedef enum {
    KMS_RULE_METHOD,
    KMS_RULE_HEADER_NAME,
    KMS_RULE_HEADER_VALUE,
    KMS_RULE_HOST,
    KMS_RULE_TARGET,
    KMS_RULE_ACCESS_KEY,
    KMS_RULE_SECURITY_TOKEN
} kms_text_rule;

/* Checks the length and the bytes of a text. `number` is its place in a list, counted from 1, or 0.
 */
bool kms_validate_text(kms_signer *signer, kms_text_rule rule, kms_slice text, size_t number);

/* Checks the access key, and that the secret key is not empty: it is only hashed, so any byte is
 * valid here, and a message must not show one. */
bool kms_validate_keys(kms_signer *signer);

/* Checks the status of a buffer after all appends. */
bool kms_validate_buffer(kms_signer *signer, const char *field, const kms_buffer *buffer);

/* Where a text is in its request: path, path[2], query[3].value. */
typedef struct {
    const char *field;
    size_t number; /* counts from 1; 0: not in a list */
    const char *member;
} kms_text_location;

/* Sets the error for the byte of `text` at `index`, which breaks `rule` ("be a
 * token"), and returns false. */
bool kms_validate_fail_byte(kms_signer *signer, kms_text_location at, kms_slice text, size_t index,
                            const char *rule);

#endif
