/* NAVER Cloud's request signature v2, a function a stage. Source of the rules: "Ncloud API",
 * section "Create signature", of the vendor's API guide. */
#ifndef KMS_NCLOUD_SIGN_H
#define KMS_NCLOUD_SIGN_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/digest.h"
#include "sign/request.h"

enum { KMS_TIMESTAMP_SIZE = 24 }; /* for any 64 bits, and a final NUL */

/* Every stage, kept so that a refused signature is found at the first stage that differs. */
typedef struct {
    kms_buffer target;
    kms_buffer string_to_sign;
    char timestamp[KMS_TIMESTAMP_SIZE]; /* milliseconds since 1970, in decimal */
    char signature[KMS_HASH_BASE64 + 1];
} kms_ncloud_signature;

/* Allocates nothing. */
void kms_ncloud_init(kms_ncloud_signature *signature);

/* Runs all stages at `now` (milliseconds since 1970, not before). Signs request->target as it
 * stands or, where that is absent, what kms_encode_target() makes; host, headers and body are no
 * part of this signature. The signature is one that was cleared or is new; clear or free it
 * whatever is returned. */
bool kms_ncloud_sign(kms_ncloud_signature *signature, kms_digest *digest,
                     const kms_request *request, const kms_credentials *credentials, int64_t now,
                     kms_sign_error *error);

/* Wipes what was made and keeps a little memory for the next one. */
void kms_ncloud_clear(kms_ncloud_signature *signature);

/* Wipes and frees. Harmless when repeated. */
void kms_ncloud_free(kms_ncloud_signature *signature);

#endif
