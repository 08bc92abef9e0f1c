/* SHA-256 and SM3, HMAC, hex and base64 over OpenSSL. */
#ifndef KMS_DIGEST_H
#define KMS_DIGEST_H

#include <stdbool.h>
#include <openssl/evp.h>

#include "sign/request.h"

/* The hashes; both have 32 bytes, and blocks of 64. */
typedef enum { KMS_SHA256, KMS_SM3, KMS_HASH_COUNT } kms_hash;

enum {
    KMS_HASH_SIZE = 32,
    KMS_HASH_BLOCK = 64,
    KMS_HASH_HEX = 64,    /* without the final NUL */
    KMS_HASH_BASE64 = 44, /* likewise */
};

/* What HMAC makes of a secret key alone: its two hashes, each with the key's block taken in. As
 * good as the key to whoever reads it, so it has an owner, who ends it. All zero: no key is taken.
 */
typedef struct kms_hmac_key {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
    kms_hash hash;
    bool taken;
} kms_hmac_key;

/* What OpenSSL needs, kept from hash to hash: to look an algorithm up and to make a context takes
 * longer than to hash a request, and to begin a hash longer than to copy one that has begun. Of one
 * thread at a time. No key and no data stays in it. */
typedef struct {
    EVP_MD_CTX *context;
    EVP_MD_CTX *started[KMS_HASH_COUNT]; /* hashes of nothing yet */
} kms_digest;

/* Allocates nothing. */
void kms_digest_init(kms_digest *digest);

/* Every use stands between begin and end. They leave the calling thread's OpenSSL error queue as it
 * was found: the process may use OpenSSL for itself. */
void kms_digest_begin(void);
void kms_digest_end(void);

/* Lower-case hex of the hash of `data`, with a final NUL; false when OpenSSL fails: it may have
 * been built without SM3, or be told to do without. */
bool kms_hash_hex(kms_digest *digest, kms_hash hash, kms_slice data, char out[KMS_HASH_HEX + 1]);

/* HMAC (RFC 2104) as lower-case hex or as padded base64, with a final NUL; false when OpenSSL
 * fails. `kept` is what was kept of this very secret, or takes the secret now, to spare half of the
 * work next time; NULL: nothing is kept. */
bool kms_hmac_hex(kms_digest *digest, kms_hash hash, kms_hmac_key *kept, kms_slice secret,
                  kms_slice data, char out[KMS_HASH_HEX + 1]);
bool kms_hmac_base64(kms_digest *digest, kms_hash hash, kms_hmac_key *kept, kms_slice secret,
                     kms_slice data, char out[KMS_HASH_BASE64 + 1]);

/* Wipes what was taken. The key is then all zero again. */
void kms_hmac_key_free(kms_hmac_key *key);

/* The digest is then as after init. */
void kms_digest_free(kms_digest *digest);

#endif
