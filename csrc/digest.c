/* SHA-256 and SM3, HMAC, hex and base64 over OpenSSL; see digest.h. Only calls that OpenSSL 1.1.1
 * to 3.x have unchanged. */
#include "digest.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "buffer.h"

/* NULL where OpenSSL was built without it. */
static const EVP_MD *method_of(kms_hash hash)
{
    switch (hash) {
    case KMS_SHA256:
        return EVP_sha256();
    case KMS_SM3:
#ifndef OPENSSL_NO_SM3
        return EVP_sm3();
#endif
        break;
    }
    return NULL;
}

static void hex(const unsigned char digest[KMS_HASH_SIZE], char out[KMS_HASH_HEX + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < KMS_HASH_SIZE; i++) {
        out[2 * i] = DIGITS[digest[i] >> 4];
        out[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    out[KMS_HASH_HEX] = '\0';
}

bool kms_hash_hex(kms_hash hash, kms_slice data, char out[KMS_HASH_HEX + 1])
{
    unsigned char digest[KMS_HASH_SIZE];
    const EVP_MD *method = method_of(hash);
    if (method == NULL)
        return false;
    ERR_set_mark();
    int done = EVP_Digest(data.data, data.length, digest, NULL, method, NULL);
    ERR_pop_to_mark();
    if (done == 1)
        hex(digest, out);
    return done == 1;
}

static bool hmac(kms_hash hash, kms_slice key, kms_slice data, unsigned char code[KMS_HASH_SIZE])
{
    const EVP_MD *method = method_of(hash);
    if (method == NULL || key.length > INT_MAX)
        return false;
    ERR_set_mark();
    const unsigned char *done = HMAC(method, key.data, (int)key.length,
                                     (const unsigned char *)data.data, data.length, code, NULL);
    ERR_pop_to_mark();
    return done != NULL;
}

bool kms_hmac_hex(kms_hash hash, kms_slice key, kms_slice data, char out[KMS_HASH_HEX + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(hash, key, data, code);
    if (done)
        hex(code, out);
    kms_wipe(code, sizeof code);
    return done;
}

bool kms_hmac_base64(kms_hash hash, kms_slice key, kms_slice data, char out[KMS_HASH_BASE64 + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(hash, key, data, code);
    if (done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_HASH_SIZE);
    kms_wipe(code, sizeof code);
    return done;
}
