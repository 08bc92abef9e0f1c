/* NAVER Cloud's request signature v2; see ncloud_sign.h. */
#include "sign/ncloud.h"
#include "base/wipe.h"

#include <string.h>

#include "sign/percent_encode.h"

/* More than the ceilings of the parts together: method, target, timestamp, access key. */
enum { STRING_TO_SIGN_LIMIT = KMS_TARGET_LIMIT + KMS_HEADER_LIMIT + 1024 };

static void write_decimal(char out[KMS_TIMESTAMP_SIZE], uint64_t number)
{
    char digits[KMS_TIMESTAMP_SIZE];
    char *first = digits + sizeof digits;
    *--first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, first, (size_t)(digits + sizeof digits - first));
}

/* A given target is signed byte for byte, so it must be one that a request line can carry. */
static bool check_target(kms_sign_error *error, kms_slice target)
{
    if (!kms_check_visible(error, "target", target, "#"))
        return false;
    if (target.data[0] != '/')
        return kms_refuse(error, "target",
                          "target: starts with byte 0x%02x; it must start with \"/\"",
                          (unsigned char)target.data[0]);
    return true;
}

static bool request_target(kms_ncloud_signature *s, const kms_request *request,
                           kms_sign_error *error)
{
    if (request->target.data == NULL)
        return kms_encode_target(&s->target, &request->path, &request->query, error);
    if (!check_target(error, request->target))
        return false;
    kms_buffer_append(&s->target, request->target.data, request->target.length);
    return kms_check_buffer(error, "target", &s->target, KMS_TARGET_LIMIT);
}

static bool string_to_sign(kms_ncloud_signature *s, kms_slice method, kms_slice access_key,
                           kms_sign_error *error)
{
    kms_buffer_append(&s->string_to_sign, method.data, method.length);
    kms_buffer_append_char(&s->string_to_sign, ' ');
    kms_buffer_append(&s->string_to_sign, s->target.data, s->target.length);
    kms_buffer_append_char(&s->string_to_sign, '\n');
    kms_buffer_append_string(&s->string_to_sign, s->timestamp);
    kms_buffer_append_char(&s->string_to_sign, '\n');
    kms_buffer_append(&s->string_to_sign, access_key.data, access_key.length);
    return kms_check_buffer(error, "target", &s->string_to_sign, STRING_TO_SIGN_LIMIT);
}

/* The secret key is the HMAC key as it stands, whatever it looks like. */
static bool signature(kms_ncloud_signature *s, kms_digest *digest,
                      const kms_credentials *credentials, kms_sign_error *error)
{
    const kms_slice text = {s->string_to_sign.data, s->string_to_sign.length};
    if (kms_hmac_base64(digest, KMS_SHA256, credentials->kept, credentials->secret_key, text,
                        s->signature))
        return true;
    error->status = KMS_SIGN_NO_CRYPTO;
    return false;
}

void kms_ncloud_init(kms_ncloud_signature *s)
{
    memset(s, 0, sizeof *s);
    kms_buffer_init(&s->target, KMS_TARGET_LIMIT);
    kms_buffer_init(&s->string_to_sign, STRING_TO_SIGN_LIMIT);
}

bool kms_ncloud_sign(kms_ncloud_signature *s, kms_digest *digest, const kms_request *request,
                     const kms_credentials *credentials, int64_t now, kms_sign_error *error)
{
    write_decimal(s->timestamp, (uint64_t)now);
    kms_digest_begin();
    bool signs = kms_check_method(error, request->method) && kms_check_keys(error, credentials) &&
                 request_target(s, request, error) &&
                 string_to_sign(s, request->method, credentials->access_key, error) &&
                 signature(s, digest, credentials, error);
    kms_digest_end();
    return signs;
}

static void wipe_texts(kms_ncloud_signature *s)
{
    kms_wipe(s->timestamp, sizeof s->timestamp);
    kms_wipe(s->signature, sizeof s->signature);
}

void kms_ncloud_clear(kms_ncloud_signature *s)
{
    kms_buffer_clear(&s->target);
    kms_buffer_clear(&s->string_to_sign);
    wipe_texts(s);
}

void kms_ncloud_free(kms_ncloud_signature *s)
{
    kms_buffer_free(&s->target);
    kms_buffer_free(&s->string_to_sign);
    wipe_texts(s);
}
