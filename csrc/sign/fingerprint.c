/* Opaque id of a pair of access key and secret key; see fingerprint.h. */
#include "sign/fingerprint.h"

#include "base/buffer.h"
#include "sign/openssl_errors.h"
#include "sign/validate.h"

/* The id is HMAC-SHA256, keyed with the secret key, of a fixed text and the access key. Nobody can
 * use it as a signature, because no cloud signs this text. A string to sign of Huawei Cloud starts
 * with the name of its algorithm, one of NAVER Cloud with the HTTP method, and the header of a
 * JSON Web Token with a base64url digit. This text starts with a NUL byte, which none of these
 * contains. Keys derived from the secret key are not keyed with it alone: V11-HMAC-SHA256 uses it
 * as data, and signature version 4 of object stores puts "AWS4" before it. */
static const char DOMAIN[] = "\0kms.sign.fingerprint"; /* includes the final NUL */

bool kms_fingerprint_compute(kms_signer *signer, char out[KMS_HASH_HEX + 1])
{
    const kms_credentials *credentials = &signer->credentials;
    kms_buffer text;
    if (!kms_validate_keys(&signer->error, credentials))
        return false;
    kms_buffer_init(&text, sizeof DOMAIN + KMS_HEADER_LIMIT);
    kms_buffer_append(&text, DOMAIN, sizeof DOMAIN);
    kms_buffer_append_slice(&text, credentials->access_key);
    bool is_done = kms_validate_buffer(&signer->error, "access_key", &text, KMS_HEADER_LIMIT);
    if (is_done) {
        kms_openssl_errors_mark();
        is_done = kms_digest_hmac_hex(&signer->digest, KMS_SHA256, credentials->secret_key,
                                      kms_buffer_view(&text), out) ||
                  kms_sign_error_set(&signer->error, KMS_SIGN_NO_DIGEST);
        kms_openssl_errors_restore();
    }
    kms_buffer_free(&text);
    return is_done;
}
