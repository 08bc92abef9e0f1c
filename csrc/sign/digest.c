/* SHA-256, SM3, and HMAC with them, as hex or base64; see digest.h. */
#include "sign/digest.h"

#include <string.h>

#include "base/wipe.h"

/* The only code that depends on the version of OpenSSL, 1.1.1 or 3.x. */
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
static bool init_context(EVP_MD_CTX *context, kms_hash hash)
{
    static const char *const NAMES[KMS_HASH_COUNT] = {"SHA256", "SM3"};
    EVP_MD *method = EVP_MD_fetch(NULL, NAMES[hash], NULL);
    bool is_done = method != NULL && EVP_DigestInit_ex(context, method, NULL) == 1;
    EVP_MD_free(method); /* the context holds a reference */
    return is_done;
}
#else
static bool init_context(EVP_MD_CTX *context, kms_hash hash)
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

/* EVP_MD_CTX_free wipes the data that the context has absorbed. */
static void free_context(kms_digest *digest, kms_hash hash)
{
    EVP_MD_CTX_free(digest->contexts[hash]);
    digest->contexts[hash] = NULL;
}

void kms_digest_free(kms_digest *digest)
{
    for (int hash = 0; hash < KMS_HASH_COUNT; hash++)
        free_context(digest, (kms_hash)hash);
}

static bool start(kms_digest *digest, kms_hash hash)
{
    EVP_MD_CTX **context = &digest->contexts[hash];
    if (*context != NULL)
        return EVP_DigestInit_ex(*context, NULL, NULL) == 1;
    *context = EVP_MD_CTX_new();
    return *context != NULL && init_context(*context, hash);
}

bool kms_digest_is_available(kms_digest *digest, kms_hash hash)
{
    bool is_available = start(digest, hash);
    if (!is_available)
        free_context(digest, hash);
    return is_available;
}

static bool update(kms_digest *digest, kms_hash hash, kms_slice data)
{
    return EVP_DigestUpdate(digest->contexts[hash], data.data, data.length) == 1;
}

/* Hash of `prefix` followed by `data`. Afterwards the context contains the hash only, because
 * OpenSSL wipes its data block. */
static bool compute(kms_digest *digest, kms_hash hash, kms_slice prefix, kms_slice data,
                    unsigned char out[KMS_HASH_SIZE])
{
    bool is_done = start(digest, hash) && update(digest, hash, prefix) &&
                   update(digest, hash, data) &&
                   EVP_DigestFinal_ex(digest->contexts[hash], out, NULL) == 1;
    if (!is_done)
        free_context(digest, hash);
    return is_done;
}

static kms_slice to_slice(const unsigned char *data, size_t length)
{
    return (kms_slice){(const char *)data, length};
}

static void xor_block(unsigned char block[KMS_HASH_BLOCK], unsigned char padding)
{
    for (size_t i = 0; i < KMS_HASH_BLOCK; i++)
        block[i] ^= padding;
}

/* By the definition of RFC 2104, because OpenSSL's HMAC functions allocate a dozen objects per
 * call. */
static bool compute_hmac(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                         unsigned char out[KMS_HASH_SIZE])
{
    enum { INNER_PADDING = 0x36, OUTER_PADDING = 0x5c };
    unsigned char block[KMS_HASH_BLOCK] = {0};
    const kms_slice padded_key = to_slice(block, sizeof block);
    bool is_done = true;
    if (key.length > sizeof block)
        is_done = compute(digest, hash, KMS_LITERAL(""), key, block);
    else if (key.length > 0)
        memcpy(block, key.data, key.length);
    xor_block(block, INNER_PADDING);
    is_done = is_done && compute(digest, hash, padded_key, data, out);
    xor_block(block, INNER_PADDING ^ OUTER_PADDING);
    is_done = is_done && compute(digest, hash, padded_key, to_slice(out, KMS_HASH_SIZE), out);
    kms_wipe(block, sizeof block);
    return is_done;
}

static void write_hex(const unsigned char bytes[KMS_HASH_SIZE], char out[KMS_HASH_HEX + 1])
{
    unsigned char digits[KMS_HASH_HEX];
    for (size_t i = 0; i < KMS_HASH_SIZE; i++) {
        digits[2 * i] = bytes[i] >> 4;
        digits[2 * i + 1] = bytes[i] & 15;
    }
    /* Arithmetic instead of a table, so that the compiler can vectorize the loop. */
    for (size_t i = 0; i < KMS_HASH_HEX; i++)
        out[i] = (char)(digits[i] + (digits[i] < 10 ? '0' : 'a' - 10));
    out[KMS_HASH_HEX] = '\0';
    kms_wipe(digits, sizeof digits);
}

bool kms_digest_hash_hex(kms_digest *digest, kms_hash hash, kms_slice data,
                         char out[KMS_HASH_HEX + 1])
{
    unsigned char bytes[KMS_HASH_SIZE];
    bool is_done = compute(digest, hash, KMS_LITERAL(""), data, bytes);
    if (is_done)
        write_hex(bytes, out);
    return is_done;
}

bool kms_digest_hmac_hex(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                         char out[KMS_HASH_HEX + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool is_done = compute_hmac(digest, hash, key, data, code);
    if (is_done)
        write_hex(code, out);
    kms_wipe(code, sizeof code);
    return is_done;
}

bool kms_digest_hmac_base64(kms_digest *digest, kms_hash hash, kms_slice key, kms_slice data,
                            char out[KMS_HASH_BASE64 + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool is_done = compute_hmac(digest, hash, key, data, code);
    if (is_done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_HASH_SIZE);
    kms_wipe(code, sizeof code);
    return is_done;
}
