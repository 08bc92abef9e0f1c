/* SHA-256, SM3, and HMAC with them, as hex or base64. */
#ifndef KMS_DIGEST_H
#define KMS_DIGEST_H

#include "sign/signer.h"

/* Every function writes a final NUL. It returns false with the error set if OpenSSL fails: it can
 * be built or configured without an algorithm. See kms_signer_run for OpenSSL's error queue. */

/* Hash of `data`, or HMAC (RFC 2104) if `is_keyed`, with the secret key as it is, in lower-case
 * hex.
 */
bool kms_digest_hex(kms_signer *signer, kms_hash hash, bool is_keyed, kms_slice data,
                    char out[KMS_HASH_HEX + 1]);

/* HMAC-SHA256, keyed with the secret key as it is, in padded base64. */
bool kms_digest_hmac_base64(kms_signer *signer, kms_slice data, char out[KMS_HASH_BASE64 + 1]);

#endif
