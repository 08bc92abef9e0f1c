/* Opaque id of a pair of access key and secret key; see signatures.h. */
#include "sign/signatures.h"

#include "sign/digest.h"
#include "sign/validate.h"

/* The id is HMAC-SHA256, keyed with the secret key, of a fixed text and the access key. Nobody can
 * use it as a signature, because no cloud signs this text. A string to sign of Huawei Cloud starts
 * with the name of its algorithm, one of NAVER Cloud with the HTTP method, and the header of a
 * JSON Web Token with a base64url digit. This text starts with a NUL byte, which none of these
 * contains. Keys derived from the secret key are not keyed with it alone: V11-HMAC-SHA256 uses it
 * as data, and signature version 4 of object stores puts "AWS4" before it. */
static const char DOMAIN[] = "\0kms.sign.fingerprint"; /* includes the final NUL */

bool kms_fingerprint_compute(kms_signer *signer)
{
    kms_buffer *text = &signer->stages[KMS_STRING_TO_SIGN];
    if (!kms_validate_keys(signer))
        return false;
    kms_buffer_append(text, DOMAIN, sizeof DOMAIN);
    kms_buffer_append_slice(text, signer->credentials.access_key);
    return kms_validate_buffer(signer, "access_key", text) &&
           kms_digest_hex(signer, KMS_SHA256, true, kms_buffer_view(text), signer->signature);
}
