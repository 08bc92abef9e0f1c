/* Opaque id of a pair of access key and secret key; see fingerprint.h.
 *
 * The id is HMAC-SHA256, keyed with the secret key, of a fixed text and the access key. Nobody can
 * use it as a signature, because no cloud signs this text. A string to sign of Huawei Cloud starts
 * with the name of its algorithm, one of NAVER Cloud with the HTTP method, and the header of a
 * JSON Web Token with a base64url digit. This text starts with a NUL byte, which none of these
 * contains. Keys derived from the secret key are not keyed with it alone: V11-HMAC-SHA256 uses it
 * as data, and signature version 4 of object stores puts "AWS4" before it. */
#include "sign/fingerprint.h"

#include "base/buffer.h"
#include "sign/percent_encode.h"

static const char DOMAIN[] = "\0kms.sign.fingerprint"; /* the final NUL ends it */

bool kms_fingerprint_compute(char out[KMS_HASH_HEX + 1], kms_digest *digest,
                             const kms_credentials *credentials, kms_sign_error *error)
{
    kms_buffer text;
    kms_slice access_key = credentials->access_key;
    if (!kms_check_keys(error, credentials))
        return false;
    kms_buffer_init(&text, sizeof DOMAIN + KMS_HEADER_LIMIT);
    kms_buffer_append(&text, DOMAIN, sizeof DOMAIN);
    kms_buffer_append(&text, access_key.data, access_key.length);
    bool is_done = kms_check_buffer(error, "access_key", &text, KMS_HEADER_LIMIT);
    if (is_done) {
        kms_digest_begin();
        is_done = kms_hmac_hex(digest, KMS_SHA256, NULL, credentials->secret_key,
                               (kms_slice){text.data, text.length}, out);
        kms_digest_end();
        if (!is_done)
            error->status = KMS_SIGN_NO_CRYPTO;
    }
    kms_buffer_free(&text);
    return is_done;
}
