/* Requests to sign, the credentials to sign with, and the limits of both. */
#ifndef KMS_SIGN_REQUEST_H
#define KMS_SIGN_REQUEST_H

#include <stdint.h>

#include "base/slice.h"

/* All bytes are borrowed. Absent slices are optional fields that the caller left out. */
typedef struct {
    kms_slice algorithm; /* Huawei Cloud; default SDK-HMAC-SHA256 */
    kms_slice method;
    kms_slice host;
    kms_slice target;   /* already encoded, replaces path and query */
    kms_slice path;     /* raw; absent: the segments */
    kms_pairs segments; /* of the path, raw, as names */
    kms_pairs query;
    kms_pairs headers;
    kms_slice body;
} kms_sign_request;

typedef struct {
    kms_slice access_key;
    kms_slice secret_key;
    kms_slice security_token;
} kms_credentials;

/* Limits of Huawei Cloud's gateway. Sources: "AK/SK Signing and Authentication" in its API Request
 * Signing Guide for the body, error codes APIG.0201 for target and headers. NAVER Cloud publishes
 * no limits; the same ones apply to it here. */
enum {
    KMS_BODY_LIMIT = 12 * 1024 * 1024,
    KMS_TARGET_LIMIT = 32 * 1024,   /* request target: path, "?" and query */
    KMS_HEADER_LIMIT = 32 * 1024,   /* value of one header */
    KMS_HEADERS_LIMIT = 128 * 1024, /* all headers; "name:value" and a line end each */
    KMS_HEADER_COUNT_LIMIT = 256,   /* our choice: most servers allow fewer */
    KMS_METHOD_LIMIT = 32           /* our choice: the longest registered method has 17 letters */
};

/* A query pair and a path segment take at least two bytes of the target each, so a longer list
 * never fits. */
enum { KMS_LIST_LIMIT = KMS_TARGET_LIMIT / 2 };

/* A signer adds at most this many headers: Host, X-Sdk-Date, X-Security-Token. */
enum { KMS_MAX_ADDED_HEADERS = 3 };

/* 9999-12-31T23:59:59.999Z, the last time that X-Sdk-Date can express. */
#define KMS_TIME_LIMIT_MS INT64_C(253402300799999)

#endif
