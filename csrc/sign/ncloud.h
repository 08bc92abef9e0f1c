/* NAVER Cloud's request signature v2. */
#ifndef KMS_NCLOUD_H
#define KMS_NCLOUD_H

#include "sign/signer.h"

/* Signs the request's target, or path and query if the target is absent. Host, headers and body are
 * not part of this signature. The signer must be new or cleared, and must be cleared or freed after
 * success and failure. Returns false with the error set. */
bool kms_ncloud_sign(kms_signer *signer);

#endif
