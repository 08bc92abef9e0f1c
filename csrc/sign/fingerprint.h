/* Opaque id of a pair of access key and secret key. */
#ifndef KMS_FINGERPRINT_H
#define KMS_FINGERPRINT_H

#include <stdbool.h>

#include "sign/signer.h"

/* Writes the id of signer->credentials in lower-case hex, with a final NUL. Returns false with
 * signer->error set if the keys are not valid. */
bool kms_fingerprint_compute(kms_signer *signer, char out[KMS_HASH_HEX + 1]);

#endif
