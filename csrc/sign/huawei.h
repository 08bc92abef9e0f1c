/* Huawei Cloud's request signatures SDK-HMAC-SHA256 and SDK-HMAC-SM3. */
#ifndef KMS_HUAWEI_H
#define KMS_HUAWEI_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/sdk_date.h"
#include "sign/signer.h"

/* V11-HMAC-SHA256 is missing on purpose: of all services only IoTDA uses its derived keys. */
typedef struct {
    const char *name;
    kms_hash hash;
    const char *content_header; /* its value replaces the hash of the body */
} kms_huawei_algorithm;

/* One member per stage, so that the first stage that differs from the gateway's can be found. */
typedef struct {
    const kms_huawei_algorithm *algorithm;
    kms_buffer signed_headers;
    kms_buffer canonical_request;
    kms_buffer string_to_sign;
    kms_buffer authorization;
    char date[KMS_SDK_DATE_LENGTH + 1];
    char signature[KMS_HASH_HEX + 1];
    bool should_add_date;  /* the request has no X-Sdk-Date: send `date` */
    bool should_add_token; /* the request has no X-Security-Token: send the credentials' token */
} kms_huawei_signature;

/* Allocates nothing. */
void kms_huawei_init(kms_huawei_signature *signature);

/* Runs all stages. The array of headers must have room for KMS_MAX_ADDED_HEADERS more. This
 * function sorts headers and query, but does not change their strings. `signature` must be new or
 * cleared, and must be cleared or freed after success and failure. Returns false with
 * signer->error set. */
bool kms_huawei_sign(kms_huawei_signature *signature, kms_signer *signer);

/* Wipes all stages. Keeps small allocations for reuse. */
void kms_huawei_clear(kms_huawei_signature *signature);

/* Wipes and frees all stages. The signature is then as after init. */
void kms_huawei_free(kms_huawei_signature *signature);

#endif
