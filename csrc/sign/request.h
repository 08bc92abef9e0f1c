/* Borrowed bytes; what a signer is given for the length of one call, and what it says when it
 * refuses. */
#ifndef KMS_REQUEST_H
#define KMS_REQUEST_H

#include <stdint.h>

#include "base/slice.h"

/* Either raw text, or (text.data == NULL) raw segments that are encoded one by one. */
typedef struct {
    kms_slice text;
    const kms_slice *segments;
    size_t count;
} kms_path;

typedef struct {
    kms_slice algorithm; /* of Huawei's signature; absent: SDK-HMAC-SHA256 */
    kms_slice method;
    kms_slice host;
    kms_slice target; /* already encoded */
    kms_path path;
    kms_pairs query;
    kms_pairs headers;
    kms_slice body;
} kms_request;

typedef struct {
    kms_slice access_key;
    kms_slice secret_key;
    kms_slice security_token;
    struct kms_hmac_key *kept; /* of secret_key, see digest.h; or NULL */
} kms_credentials;

/* Limits of Huawei Cloud's gateway: "AK/SK Signing and Authentication" of its API Request Signing
 * Guide for the body, its error codes APIG.0201 for the rest. NAVER Cloud publishes none; the same
 * ones bound it here. */
enum {
    KMS_BODY_LIMIT = 12 * 1024 * 1024,
    KMS_TARGET_LIMIT = 32 * 1024,   /* the request target: path, "?" and query */
    KMS_HEADER_LIMIT = 32 * 1024,   /* one header's value */
    KMS_HEADERS_LIMIT = 128 * 1024, /* all headers, "name:value" and a line end each */
    KMS_HEADER_COUNT = 256, /* ours: no gateway publishes one, and most servers allow fewer */
    KMS_METHOD_LIMIT = 32   /* ours: the longest registered method has 17 letters */
};

/* The signer adds at most this many headers to the list: Host, X-Sdk-Date, X-Security-Token. */
enum { KMS_OWN_HEADERS = 3 };

/* A query pair and a path segment take at least two bytes of the target each: a longer list never
 * fits. */
enum { KMS_LIST_COUNT = KMS_TARGET_LIMIT / 2 };

/* 9999-12-31T23:59:59.999Z, the last moment that the date format can write. */
#define KMS_TIME_LIMIT_MS INT64_C(253402300799999)

typedef enum {
    KMS_SIGN_OK = 0,
    KMS_SIGN_INVALID, /* field and message say what is wrong */
    KMS_SIGN_NO_MEMORY,
    KMS_SIGN_NO_CRYPTO /* OpenSSL could not compute the digest */
} kms_sign_status;

/* The message never holds a secret or a header's value. */
typedef struct {
    kms_sign_status status;
    const char *field; /* static: "headers", "path", ... */
    char message[192];
} kms_sign_error;

#endif
