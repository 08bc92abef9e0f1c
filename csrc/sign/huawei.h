/* Huawei Cloud's request signature SDK-HMAC-SHA256, and its twin SDK-HMAC-SM3, a function a stage.
 * Source of the rules: "AK/SK Signing and Authentication Algorithm" of the vendor's API Request
 * Signing Guide; for SM3 the vendor's SDKs.
 *
 * Not V11-HMAC-SHA256: of all services only IoTDA asks for its derived keys, KMS never does. */
#ifndef KMS_HUAWEI_SIGN_H
#define KMS_HUAWEI_SIGN_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/digest.h"
#include "sign/request.h"
#include "sign/sdk_date.h"

typedef struct {
    const char *name;
    kms_hash hash;
    const char *content_header; /* stands for the body's hash where it is given */
} kms_huawei_algorithm;

/* Every stage, kept so that a refused signature is found at the first stage that differs. */
typedef struct {
    const kms_huawei_algorithm *algorithm;
    kms_buffer signed_headers;
    kms_buffer canonical_request;
    kms_buffer string_to_sign;
    kms_buffer authorization;
    char date[KMS_SDK_DATE_LENGTH + 1];
    char signature[KMS_HASH_HEX + 1];
    bool adds_date;  /* X-Sdk-Date was not among the headers: send `date` */
    bool adds_token; /* likewise X-Security-Token */
} kms_huawei_signature;

/* Allocates nothing. */
void kms_huawei_init(kms_huawei_signature *signature);

/* Runs all stages at `now` (milliseconds since 1970, 0 to KMS_TIME_LIMIT_MS; the fraction is not
 * signed). request->headers.items has room for KMS_OWN_HEADERS more; that array and the query's are
 * put in canonical order, the strings are left alone. The signature is one that was cleared or is
 * new; clear or free it whatever is returned. */
bool kms_huawei_sign(kms_huawei_signature *signature, kms_digest *digest, kms_request *request,
                     const kms_credentials *credentials, int64_t now, kms_sign_error *error);

/* Wipes what was made and keeps a little memory for the next one. */
void kms_huawei_clear(kms_huawei_signature *signature);

/* Wipes and frees. Harmless when repeated. */
void kms_huawei_free(kms_huawei_signature *signature);

#endif
