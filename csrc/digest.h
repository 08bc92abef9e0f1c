/* SHA-256, HMAC-SHA-256, hex and base64 over OpenSSL. Nothing is initialised or cleaned up, and the
 * calling thread's OpenSSL error queue is left as it was found: the process may use OpenSSL for
 * itself. */
#ifndef KMS_DIGEST_H
#define KMS_DIGEST_H

#include <stdbool.h>

#include "request.h"

enum {
    KMS_SHA256_SIZE = 32,
    KMS_SHA256_HEX = 64,    /* without the final NUL */
    KMS_SHA256_BASE64 = 44, /* likewise */
};

/* Lower-case hex of the SHA-256 of `data`, with a final NUL; false when OpenSSL fails. */
bool kms_sha256_hex(kms_slice data, char out[KMS_SHA256_HEX + 1]);

/* HMAC-SHA-256 as lower-case hex or as padded base64, with a final NUL; false when OpenSSL fails or
 * the key is longer than an int can say. No copy of the raw code is left behind. */
bool kms_hmac_hex(kms_slice key, kms_slice data, char out[KMS_SHA256_HEX + 1]);
bool kms_hmac_base64(kms_slice key, kms_slice data, char out[KMS_SHA256_BASE64 + 1]);

#endif
