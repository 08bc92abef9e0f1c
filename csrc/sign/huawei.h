/* Huawei Cloud's request signatures SDK-HMAC-SHA256 and SDK-HMAC-SM3. */
#ifndef KMS_HUAWEI_H
#define KMS_HUAWEI_H

#include "sign/signer.h"

/* Runs all stages. The array of headers must have room for KMS_MAX_ADDED_HEADERS more. This
 * function sorts headers and query, but does not change their strings. The signer must be new or
 * cleared, and must be cleared or freed after success and failure. Returns false with the error
 * set. */
bool kms_huawei_sign(kms_signer *signer);

#endif
