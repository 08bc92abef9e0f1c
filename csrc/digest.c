/* SHA-256, HMAC-SHA-256, hex and base64 over OpenSSL; see digest.h. Only calls that OpenSSL 1.1.1
 * to 3.x have unchanged. */
#include "digest.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "buffer.h"

static void hex(const unsigned char digest[KMS_SHA256_SIZE], char out[KMS_SHA256_HEX + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < KMS_SHA256_SIZE; i++) {
        out[2 * i] = DIGITS[digest[i] >> 4];
        out[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    out[KMS_SHA256_HEX] = '\0';
}

bool kms_sha256_hex(kms_slice data, char out[KMS_SHA256_HEX + 1])
{
    unsigned char digest[KMS_SHA256_SIZE];
    ERR_set_mark();
    int done = EVP_Digest(data.data, data.length, digest, NULL, EVP_sha256(), NULL);
    ERR_pop_to_mark();
    if (done == 1)
        hex(digest, out);
    return done == 1;
}

static bool hmac(kms_slice key, kms_slice data, unsigned char code[KMS_SHA256_SIZE])
{
    if (key.length > INT_MAX)
        return false;
    ERR_set_mark();
    const unsigned char *done = HMAC(EVP_sha256(), key.data, (int)key.length,
                                     (const unsigned char *)data.data, data.length, code, NULL);
    ERR_pop_to_mark();
    return done != NULL;
}

bool kms_hmac_hex(kms_slice key, kms_slice data, char out[KMS_SHA256_HEX + 1])
{
    unsigned char code[KMS_SHA256_SIZE];
    bool done = hmac(key, data, code);
    if (done)
        hex(code, out);
    kms_wipe(code, sizeof code);
    return done;
}

bool kms_hmac_base64(kms_slice key, kms_slice data, char out[KMS_SHA256_BASE64 + 1])
{
    unsigned char code[KMS_SHA256_SIZE];
    bool done = hmac(key, data, code);
    if (done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_SHA256_SIZE);
    kms_wipe(code, sizeof code);
    return done;
}
