/* SHA-256 and SM3, HMAC, hex and base64 over OpenSSL; see digest.h. Only calls that OpenSSL 1.1.1
 * and 3.x share, but for the fetch. */
#include "sign/digest.h"
#include "base/wipe.h"

#include <string.h>
#include <openssl/err.h>

#include "base/buffer.h"

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

/* A hash of nothing yet; NULL when OpenSSL fails. */
static const EVP_MD_CTX *started(kms_digest *digest, kms_hash hash)
{
    EVP_MD_CTX **context = &digest->started[hash];
    if (*context == NULL && (*context = EVP_MD_CTX_new()) != NULL && !start(*context, hash)) {
        EVP_MD_CTX_free(*context);
        *context = NULL;
    }
    return *context;
}

/* Makes the context one that has taken in what `begun` has; NULL when OpenSSL fails. */
static EVP_MD_CTX *copy(EVP_MD_CTX **context, const EVP_MD_CTX *begun)
{
    if (*context == NULL)
        *context = EVP_MD_CTX_new();
    bool copied = *context != NULL && begun != NULL && EVP_MD_CTX_copy_ex(*context, begun) == 1;
    return copied ? *context : NULL;
}

static bool take(EVP_MD_CTX *context, kms_slice data)
{
    return context != NULL && EVP_DigestUpdate(context, data.data, data.length) == 1;
}

/* Of what the context has taken in nothing is left then but the hash. */
static bool finish(EVP_MD_CTX *context, kms_slice data, unsigned char out[KMS_HASH_SIZE])
{
    if (take(context, data) && EVP_DigestFinal_ex(context, out, NULL) == 1)
        return true;
    EVP_MD_CTX_reset(context);
    return false;
}

static bool hash_of(kms_digest *digest, kms_hash hash, kms_slice data,
                    unsigned char out[KMS_HASH_SIZE])
{
    return finish(copy(&digest->context, started(digest, hash)), data, out);
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

static bool take_key(kms_digest *digest, kms_hmac_key *key, kms_hash hash, kms_slice secret)
{
    unsigned char own[KMS_HASH_BLOCK] = {0}, block[KMS_HASH_BLOCK];
    bool taken = true;
    if (secret.length > KMS_HASH_BLOCK)
        taken = hash_of(digest, hash, secret, own);
    else if (secret.length > 0)
        memcpy(own, secret.data, secret.length);
    pad(block, own, 0x36);
    taken = taken && take(copy(&key->inner, started(digest, hash)), bytes(block, sizeof block));
    pad(block, own, 0x5c);
    taken = taken && take(copy(&key->outer, started(digest, hash)), bytes(block, sizeof block));
    kms_wipe(own, sizeof own);
    kms_wipe(block, sizeof block);
    key->hash = hash;
    key->taken = taken;
    return taken;
}

/* HMAC by its definition: OpenSSL's own makes and frees a dozen objects a call. */
static bool hmac(kms_digest *digest, kms_hash hash, kms_hmac_key *kept, kms_slice secret,
                 kms_slice data, unsigned char code[KMS_HASH_SIZE])
{
    kms_hmac_key once = {.taken = false}, *key = kept != NULL ? kept : &once;
    bool done = ((key->taken && key->hash == hash) || take_key(digest, key, hash, secret)) &&
                finish(copy(&digest->context, key->inner), data, code) &&
                finish(copy(&digest->context, key->outer), bytes(code, KMS_HASH_SIZE), code);
    if (!done || kept == NULL)
        kms_hmac_key_free(key);
    return done;
}

void kms_hmac_key_free(kms_hmac_key *key)
{
    EVP_MD_CTX_free(key->inner); /* wipes what it has taken in, see spec/safety/memory_spec.lua */
    EVP_MD_CTX_free(key->outer);
    memset(key, 0, sizeof *key);
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
    unsigned char value[KMS_HASH_SIZE];
    bool done = hash_of(digest, hash, data, value);
    if (done)
        hex(value, out);
    return done;
}

bool kms_hmac_hex(kms_digest *digest, kms_hash hash, kms_hmac_key *kept, kms_slice secret,
                  kms_slice data, char out[KMS_HASH_HEX + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(digest, hash, kept, secret, data, code);
    if (done)
        hex(code, out);
    kms_wipe(code, sizeof code);
    return done;
}

bool kms_hmac_base64(kms_digest *digest, kms_hash hash, kms_hmac_key *kept, kms_slice secret,
                     kms_slice data, char out[KMS_HASH_BASE64 + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool done = hmac(digest, hash, kept, secret, data, code);
    if (done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_HASH_SIZE);
    kms_wipe(code, sizeof code);
    return done;
}
