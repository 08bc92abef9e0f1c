/* The functions that sign, for kms_signer_run. */
#ifndef KMS_SIGNATURES_H
#define KMS_SIGNATURES_H

#include "sign/signer.h"

/* The signer must be new or cleared, and must be cleared or freed after success and failure. Every
 * function returns false with the error set. */

/* Huawei Cloud's request signatures SDK-HMAC-SHA256 and SDK-HMAC-SM3. Runs all stages. The array of
 * headers must have room for KMS_MAX_ADDED_HEADERS more. This function sorts headers and query, but
 * does not change their strings. */
bool kms_huawei_sign(kms_signer *signer);

/* NAVER Cloud's request signature v2. Signs the request's target, or path and query if the target
 * is absent. Host, headers and body are not part of this signature. */
bool kms_ncloud_sign(kms_signer *signer);

/* Writes the opaque id of signer->credentials to signer->signature, in lower-case hex. The secret
 * key may be any text, because passwords have ids too. Fails if a key is empty or the access key is
 * not valid. */
bool kms_fingerprint_compute(kms_signer *signer);

#endif
