/* Opaque id of a pair of access key and secret key. */
#ifndef KMS_FINGERPRINT_H
#define KMS_FINGERPRINT_H

#include <stdbool.h>

#include "sign/digest.h"
#include "sign/request.h"

/* Writes lower-case hex with a final NUL. False with `error` filled if the keys are not valid or
 * OpenSSL fails. */
bool kms_fingerprint_compute(char out[KMS_HASH_HEX + 1], kms_digest *digest,
                             const kms_credentials *credentials, kms_sign_error *error);

#endif
