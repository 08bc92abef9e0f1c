/* Opaque id of a pair of access key and secret key. */
#ifndef KMS_FINGERPRINT_H
#define KMS_FINGERPRINT_H

#include "sign/signer.h"

/* Writes the id of signer->credentials to signer->signature, in lower-case hex. The secret key may
 * be any text, because passwords have ids too. Returns false with the error set if a key is empty
 * or the access key is not valid. */
bool kms_fingerprint_compute(kms_signer *signer);

#endif
