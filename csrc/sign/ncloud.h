/* NAVER Cloud's request signature v2. */
#ifndef KMS_NCLOUD_H
#define KMS_NCLOUD_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/signer.h"

enum { KMS_TIMESTAMP_SIZE = 24 }; /* any 64-bit number in decimal, and a final NUL */

/* One member per stage, so that the first stage that differs from the gateway's can be found. */
typedef struct {
    kms_buffer target;
    kms_buffer string_to_sign;
    char timestamp[KMS_TIMESTAMP_SIZE]; /* milliseconds since 1970 */
    char signature[KMS_HASH_BASE64 + 1];
} kms_ncloud_signature;

/* Allocates nothing. */
void kms_ncloud_init(kms_ncloud_signature *signature);

/* Runs all stages. Signs the request's target, or path and query if the target is absent. Host,
 * headers and body are not part of this signature. `signature` must be new or cleared, and must be
 * cleared or freed after success and failure. Returns false with signer->error set. */
bool kms_ncloud_sign(kms_ncloud_signature *signature, kms_signer *signer);

/* Wipes all stages. Keeps small allocations for reuse. */
void kms_ncloud_clear(kms_ncloud_signature *signature);

/* Wipes and frees all stages. The signature is then as after init. */
void kms_ncloud_free(kms_ncloud_signature *signature);

#endif
