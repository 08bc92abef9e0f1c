/* SHA-256, SM3, and HMAC with them, as hex or base64. */
#ifndef KMS_DIGEST_H
#define KMS_DIGEST_H

#include <stdbool.h>
#include <openssl/evp.h>

#include "base/slice.h"

typedef enum { KMS_SHA256, KMS_SM3, KMS_HASH_COUNT } kms_hash;

/* Sizes of both hashes. */
enum {
    KMS_HASH_SIZE = 32,
    KMS_HASH_BLOCK = 64,
    KMS_HASH_HEX = 64,    /* without the final NUL */
    KMS_HASH_BASE64 = 44, /* without the final NUL */
};

/* OpenSSL contexts, kept for reuse because looking up an algorithm and creating a context take
 * longer than hashing a request. Contains neither keys nor data between calls. For one thread at a
 * time. */
typedef struct {
    EVP_MD_CTX *contexts[KMS_HASH_COUNT];
} kms_digest;

/* Allocates nothing. */
void kms_digest_init(kms_digest *digest);

/* False if OpenSSL does not offer the hash: it can be built or configured without SM3. */
bool kms_digest_is_available(kms_digest *digest, kms_hash hash);

/* The functions below write a final NUL, and return false if OpenSSL fails. */

/* Hash of `data` in lower-case hex. */
bool kms_digest_hash_hex(kms_digest *digest, kms_hash hash, kms_slice data,
                         char out[KMS_HASH_HEX + 1]);

/* HMAC (RFC 2104) in lower-case hex. */
bool kms_digest_hmac_hex(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                         char out[KMS_HASH_HEX + 1]);

/* HMAC in padded base64. */
bool kms_digest_hmac_base64(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                            char out[KMS_HASH_BASE64 + 1]);

/* The digest is then as after init. */
void kms_digest_free(kms_digest *digest);

#endif
