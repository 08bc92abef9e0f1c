/* SHA-256 and SM3, HMAC, hex and base64 over OpenSSL. Nothing is initialised or cleaned up, and the
 * calling thread's OpenSSL error queue is left as it was found: the process may use OpenSSL for
 * itself. */
#ifndef KMS_DIGEST_H
#define KMS_DIGEST_H

#include <stdbool.h>

#include "request.h"

/* The hashes; both have 32 bytes. */
typedef enum { KMS_SHA256, KMS_SM3 } kms_hash;

enum {
    KMS_HASH_SIZE = 32,
    KMS_HASH_HEX = 64,    /* without the final NUL */
    KMS_HASH_BASE64 = 44, /* likewise */
};

/* Lower-case hex of the hash of `data`, with a final NUL; false when OpenSSL fails: it may have
 * been built without SM3, or be told to do without. */
bool kms_hash_hex(kms_hash hash, kms_slice data, char out[KMS_HASH_HEX + 1]);

/* HMAC as lower-case hex or as padded base64, with a final NUL; false when OpenSSL fails or the key
 * is longer than an int can say. No copy of the raw code is left behind. */
bool kms_hmac_hex(kms_hash hash, kms_slice key, kms_slice data, char out[KMS_HASH_HEX + 1]);
bool kms_hmac_base64(kms_hash hash, kms_slice key, kms_slice data, char out[KMS_HASH_BASE64 + 1]);

#endif
