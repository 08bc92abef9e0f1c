/* SHA-256, SM3, and HMAC with them, as hex or base64; see digest.h. */
#include "sign/digest.h"

#include "base/wipe.h"

static const char *const NAMES[KMS_HASH_COUNT] = {"SHA256", "SM3"};

static bool start(EVP_MD_CTX **context, const char *name)
{
    if (*context != NULL)
        return EVP_DigestInit_ex(*context, NULL, NULL) == 1;
    const EVP_MD *method = EVP_get_digestbyname(name);
    *context = method == NULL ? NULL : EVP_MD_CTX_new();
    return *context != NULL && EVP_DigestInit_ex(*context, method, NULL) == 1;
}

/* Hash of `prefix` followed by `data`. Afterwards the context contains the hash only, because
 * OpenSSL wipes its data block. */
static bool compute(kms_signer *signer, kms_hash hash, kms_slice prefix, kms_slice data,
                    unsigned char out[KMS_HASH_SIZE])
{
    EVP_MD_CTX **context = &signer->contexts[hash];
    bool is_done = start(context, NAMES[hash]) &&
                   EVP_DigestUpdate(*context, prefix.data, prefix.length) == 1 &&
                   EVP_DigestUpdate(*context, data.data, data.length) == 1 &&
                   EVP_DigestFinal_ex(*context, out, NULL) == 1;
    if (is_done)
        return true;
    EVP_MD_CTX_free(*context);
    *context = NULL;
    return kms_signer_fail(
        signer, "algorithm %s is not available: OpenSSL in this process cannot compute it",
        NAMES[hash]);
}

static void xor_block(unsigned char block[KMS_HASH_BLOCK], unsigned char padding)
{
    for (size_t i = 0; i < KMS_HASH_BLOCK; i++)
        block[i] ^= padding;
}

/* By the definition of RFC 2104, because OpenSSL's HMAC functions allocate a dozen objects per
 * call. */
static bool compute_hmac(kms_signer *signer, kms_hash hash, kms_slice data,
                         unsigned char out[KMS_HASH_SIZE])
{
    enum { INNER_PADDING = 0x36, OUTER_PADDING = 0x5c };
    const kms_slice key = signer->credentials.secret_key;
    unsigned char block[KMS_HASH_BLOCK] = {0};
    const kms_slice padded_key = {(const char *)block, sizeof block};
    const kms_slice inner_hash = {(const char *)out, KMS_HASH_SIZE};
    bool is_done = true;
    if (key.length > sizeof block)
        is_done = compute(signer, hash, KMS_LITERAL(""), key, block);
    else
        memcpy(block, key.data, key.length);
    xor_block(block, INNER_PADDING);
    is_done = is_done && compute(signer, hash, padded_key, data, out);
    xor_block(block, INNER_PADDING ^ OUTER_PADDING);
    is_done = is_done && compute(signer, hash, padded_key, inner_hash, out);
    kms_wipe(block, sizeof block);
    return is_done;
}

bool kms_digest_hex(kms_signer *signer, kms_hash hash, bool is_keyed, kms_slice data,
                    char out[KMS_HASH_HEX + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char bytes[KMS_HASH_SIZE];
    bool is_done = is_keyed ? compute_hmac(signer, hash, data, bytes)
                            : compute(signer, hash, KMS_LITERAL(""), data, bytes);
    for (size_t i = 0; is_done && i < KMS_HASH_SIZE; i++) {
        out[2 * i] = DIGITS[bytes[i] >> 4];
        out[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    out[KMS_HASH_HEX] = '\0';
    kms_wipe(bytes, sizeof bytes);
    return is_done;
}

bool kms_digest_hmac_base64(kms_signer *signer, kms_slice data, char out[KMS_HASH_BASE64 + 1])
{
    unsigned char code[KMS_HASH_SIZE];
    bool is_done = compute_hmac(signer, KMS_SHA256, data, code);
    if (is_done)
        EVP_EncodeBlock((unsigned char *)out, code, KMS_HASH_SIZE);
    kms_wipe(code, sizeof code);
    return is_done;
}
