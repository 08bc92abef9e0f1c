/* SHA-256 and SM3, HMAC, hex and base64 over OpenSSL; see digest.h. Only calls that OpenSSL 1.1.1
 * and 3.x share, but for the fetch. */
#include "digest.h"

#include <string.h>
#include <openssl/err.h>

#include "buffer.h"

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static bool start(EVP_MD_CTX *context, kms_hash hash)
{
    static const char *const NAMES[KMS_HASH_COUNT] = {"SHA256", "SM3"};
    EVP_MD *method = EVP_MD_fetch(NULL, NAMES[hash], NULL);
    bool started = method != NULL && EVP_DigestInit_ex(context, method, NULL) == 1;
    EVP_MD_free(method); /* the context keeps it */
    return started;
}
#else
static bool start(EVP_MD_CTX *context, kms_hash hash)
{
    if (hash == KMS_SHA256)
        return EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
#ifndef OPENSSL_NO_SM3
    return EVP_DigestInit_ex(context, EVP_sm3(), NULL) == 1;
#else
    return false;
#endif
}
#endif

void kms_digest_init(kms_digest *digest)
{
    memset(digest, 0, sizeof *digest);
}

void kms_digest_free(kms_digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    for (int i = 0; i < KMS_HASH_COUNT; i++)
        EVP_MD_CTX_free(digest->started[i]);
    kms_digest_init(digest);
}

void kms_digest_begin(void)
{
    ERR_set_mark();
}

void kms_digest_end(void)
{
    ERR_pop_to_mark();
}

static bool make_contexts(kms_digest *digest, kms_hash hash)
{
    if (digest->context == NULL)
        digest->context = EVP_MD_CTX_new();
    EVP_MD_CTX *started = EVP_MD_CTX_new();
    if (digest->context != NULL && started != NULL && start(started, hash)) {
        digest->started[hash] = started;
        return true;
    }
    EVP_MD_CTX_free(started);
    return false;
}

/* The hash of two pieces, the first of which may be empty. */
static bool hash_of(kms_digest *digest, kms_hash hash, kms_slice first, kms_slice second,
                    unsigned char out[KMS_HASH_SIZE])
{
    if (digest->started[hash] == NULL && !make_contexts(digest, hash))
        return false;
    return EVP_MD_CTX_copy_ex(digest->context, digest->started[hash]) == 1 &&
           (first.length == 0 ||
            EVP_DigestUpdate(digest->context, first.data, first.length) == 1) &&
           EVP_DigestUpdate(digest->context, second.data, second.length) == 1 &&
           EVP_DigestFinal_ex(digest->context, out, NULL) == 1;
}

static kms_slice bytes(const unsigned char *data, size_t length)
{
    return (kms_slice){(const char *)data, length};
}

static void pad(unsigned char block[KMS_HASH_BLOCK], const unsigned char key[KMS_HASH_BLOCK],
                unsigned char with)
{
    for (size_t i = 0; i < KMS_HASH_BLOCK; i++)
        block[i] = key[i] ^ with;
}

/* HMAC by its definition, on the one context: OpenSSL's own makes and frees a dozen objects a call.
 */
static bool hmac(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                 unsigned char code[KMS_HASH_SIZE])
{
    static const kms_slice nothing = {"", 0};
    unsigned char own[KMS_HASH_BLOCK] = {0}, block[KMS_HASH_BLOCK];
    bool done = true;
    if (key.length > KMS_HASH_BLOCK)
        done = hash_of(digest, hash, nothing, key, own);
    else if (key.length > 0)
        memcpy(own, key.data, key.length);
    pad(block, own, 0x36);
    done = done && hash_of(digest, hash, bytes(block, sizeof block), data, code);
    pad(block, own, 0x5c);
    done =
        done && hash_of(digest, hash, bytes(block, sizeof block), bytes(code, KMS_HASH_SIZE), code);
    if (!done)
        EVP_MD_CTX_reset(digest->context); /* the key's block may be in it */
    kms_wipe(own, sizeof own);
    kms_wipe(block, sizeof block);
    return done;
}

static void hex(const unsigned char digest[KMS_HASH_SIZE], char out[KMS_HASH_HEX + 1])
{
    unsigned char digits[KMS_HASH_HEX];
    for (size_t i = 0; i < KMS_HASH_SIZE; i++) {
        digits[2 * i] = digest[i] >> 4;
        digits[2 * i + 1] = digest[i] & 15;
    }
    /* No table: so a compiler makes sixteen at once. */
    for (size_t i = 0; i < KMS_HASH_HEX; i++)
        out[i] = (char)(digits[i] + (digits[i] < 10 ? '0' : 'a' - 10));
    out[KMS_HASH_HEX] = '\0';
    kms_wipe(digits, sizeof digits);
}

bool kms_hash_hex(kms_digest *digest, kms_hash hash, kms_slice data, char out[KMS_HASH_HEX + 1])
{
    static const kms_slice nothing = {"", 0};
    unsigned char value[KMS_HASH_SIZE];
    bool done = hash_of(digest, hash, nothing, data, value);
    if (done)
        hex(value, out);
    return done;
}

bool kms_hmac_hex(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                  char out[KMS_HASH_HEX + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(digest, hash, key, data, code);
    if (done)
        hex(code, out);
    kms_wipe(code, sizeof code);
    return done;
}

bool kms_hmac_base64(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                     char out[KMS_HASH_BASE64 + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(digest, hash, key, data, code);
    if (done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_HASH_SIZE);
    kms_wipe(code, sizeof code);
    return done;
}
