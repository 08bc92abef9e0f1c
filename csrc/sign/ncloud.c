/* NAVER Cloud's request signature v2, one function per stage; see ncloud.h. */
#include "sign/ncloud.h"

#include <string.h>

#include "base/wipe.h"
#include "sign/openssl_errors.h"
#include "sign/percent_encode.h"
#include "sign/validate.h"

/* Source of the rules: "Ncloud API", section "Create signature", of the vendor's API guide. */

/* Above the sum of the limits of the parts: method, target, timestamp, access key. */
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

/* A target from the caller is signed as it is, so it must be one that a request line can carry. */
static bool validate_target(kms_sign_error *error, kms_slice target)
{
    if (!kms_validate_visible(error, "target", target, "#"))
        return false;
    return target.data[0] == '/' ||
           kms_sign_error_set_invalid(error, "target",
                                      "target must start with \"/\"; got byte 0x%02x",
                                      (unsigned char)target.data[0]);
}

static bool write_target(kms_ncloud_signature *s, kms_signer *signer)
{
    const kms_sign_request *request = &signer->request;
    if (request->target.data == NULL)
        return kms_percent_encode_target(&s->target, &request->path, &request->query,
                                         &signer->error);
    if (!validate_target(&signer->error, request->target))
        return false;
    kms_buffer_append_slice(&s->target, request->target);
    return kms_validate_buffer(&signer->error, "target", &s->target, KMS_TARGET_LIMIT);
}

static bool write_string_to_sign(kms_ncloud_signature *s, kms_signer *signer)
{
    kms_buffer *out = &s->string_to_sign;
    write_decimal(s->timestamp, (uint64_t)signer->time);
    kms_buffer_append_slice(out, signer->request.method);
    kms_buffer_append_char(out, ' ');
    kms_buffer_append_slice(out, kms_buffer_view(&s->target));
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_string(out, s->timestamp);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_slice(out, signer->credentials.access_key);
    return kms_validate_buffer(&signer->error, "target", out, STRING_TO_SIGN_LIMIT);
}

/* The secret key is the HMAC key as it is, even if it looks like base64. */
static bool compute_signature(kms_ncloud_signature *s, kms_signer *signer)
{
    return kms_digest_hmac_base64(&signer->digest, KMS_SHA256, signer->credentials.secret_key,
                                  kms_buffer_view(&s->string_to_sign), s->signature) ||
           kms_sign_error_set(&signer->error, KMS_SIGN_NO_DIGEST);
}

void kms_ncloud_init(kms_ncloud_signature *s)
{
    memset(s, 0, sizeof *s);
    kms_buffer_init(&s->target, KMS_TARGET_LIMIT);
    kms_buffer_init(&s->string_to_sign, STRING_TO_SIGN_LIMIT);
}

bool kms_ncloud_sign(kms_ncloud_signature *s, kms_signer *signer)
{
    kms_sign_error *error = &signer->error;
    kms_openssl_errors_mark();
    bool is_signed = kms_validate_method(error, signer->request.method) &&
                     kms_validate_keys(error, &signer->credentials) && write_target(s, signer) &&
                     write_string_to_sign(s, signer) && compute_signature(s, signer);
    kms_openssl_errors_restore();
    return is_signed;
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
