/* Signatures in plain C; see plain_sign.h. */
#include "plain_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { HASH_SIZE = 32, HASH_HEX = 2 * HASH_SIZE };

static void write_hex(const unsigned char hash[HASH_SIZE], char out[HASH_HEX + 1])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (int i = 0; i < HASH_SIZE; i++) {
        out[2 * i] = DIGITS[hash[i] >> 4];
        out[2 * i + 1] = DIGITS[hash[i] & 15];
    }
    out[HASH_HEX] = '\0';
}

static void write_hash_hex(const char *text, char out[HASH_HEX + 1])
{
    unsigned char hash[HASH_SIZE];
    EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL);
    write_hex(hash, out);
}

static void compute_hmac(const char *key, const char *text, unsigned char out[HASH_SIZE])
{
    HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, strlen(text), out, NULL);
}

static const char *read_variable(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "environment variable %s is not set\n", name);
        exit(2);
    }
    return value;
}

void plain_request_set_credentials(plain_request *request, bool huawei)
{
    request->access_key = read_variable(huawei ? "HUAWEICLOUD_SDK_AK" : "NCLOUD_ACCESS_KEY");
    request->secret_key = read_variable(huawei ? "HUAWEICLOUD_SDK_SK" : "NCLOUD_SECRET_KEY");
    request->project_id = huawei ? read_variable("HUAWEICLOUD_SDK_PROJECT_ID") : NULL;
}

plain_huawei plain_sign_huawei(const plain_request *request, time_t now)
{
    plain_huawei signature;
    char canonical[1024], to_sign[256], digest[HASH_HEX + 1];
    unsigned char code[HASH_SIZE];
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(signature.date, sizeof signature.date, "%Y%m%dT%H%M%SZ", &utc);

    write_hash_hex(request->body, digest);
    snprintf(canonical, sizeof canonical,
             "PUT\n%s/\n\ncontent-type:application/json\nhost:%s\nx-project-id:%s\nx-sdk-date:%s\n"
             "\ncontent-type;host;x-project-id;x-sdk-date\n%s",
             request->path, request->host, request->project_id, signature.date, digest);
    write_hash_hex(canonical, digest);
    snprintf(to_sign, sizeof to_sign, "SDK-HMAC-SHA256\n%s\n%s", signature.date, digest);
    compute_hmac(request->secret_key, to_sign, code);
    write_hex(code, digest);
    snprintf(signature.authorization, sizeof signature.authorization,
             "SDK-HMAC-SHA256 Access=%s, "
             "SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=%s",
             request->access_key, digest);
    return signature;
}

plain_ncloud plain_sign_ncloud(const plain_request *request, int64_t now)
{
    plain_ncloud signature;
    char to_sign[512];
    unsigned char code[HASH_SIZE];
    snprintf(signature.timestamp, sizeof signature.timestamp, "%lld", (long long)now);
    snprintf(to_sign, sizeof to_sign, "PUT %s\n%s\n%s", request->path, signature.timestamp,
             request->access_key);
    compute_hmac(request->secret_key, to_sign, code);
    EVP_EncodeBlock((unsigned char *)signature.signature, code, HASH_SIZE);
    return signature;
}
