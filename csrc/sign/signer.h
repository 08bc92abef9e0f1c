/* Input, digest and error of one signature. */
#ifndef KMS_SIGNER_H
#define KMS_SIGNER_H

#include <stdint.h>

#include "sign/digest.h"
#include "sign/error.h"
#include "sign/request.h"

/* The digest outlives a signature; the other members are set for each one. */
typedef struct {
    kms_sign_request request;
    kms_credentials credentials;
    int64_t time; /* milliseconds since 1970, 0 to KMS_TIME_LIMIT_MS */
    kms_digest digest;
    kms_sign_error error; /* set when a signing function returns false */
} kms_signer;

#endif
