/* Validates the values that a signer signs; see validate.h. */
#include "sign/validate.h"

#include <stdio.h>

#include "http/syntax.h"

enum { LIMIT = KMS_HEADER_LIMIT };

static const struct {
    const char *field, *member;
    size_t min, max; /* bytes */
    unsigned class;
    const char *forbidden; /* bytes of the class that are not accepted */
    const char *rule;      /* in words */
} RULES[] = {
    [KMS_RULE_METHOD] = {"method", "", 1, KMS_METHOD_LIMIT, KMS_SYNTAX_TOKEN, "", "be a token"},
    [KMS_RULE_HEADER_NAME] = {"headers", ".name", 1, LIMIT, KMS_SYNTAX_TOKEN, "", "be a token"},
    [KMS_RULE_HEADER_VALUE] = {"headers", ".value", 0, LIMIT, KMS_SYNTAX_FIELD_VALUE, "",
                               "not contain control characters"},
    /* These bytes would end the host of a URI. */
    [KMS_RULE_HOST] = {"host", "", 1, LIMIT, KMS_SYNTAX_VISIBLE, "/?#@\\",
                       "be visible ASCII without any of /?#@\\"},
    /* NAVER Cloud's is signed as it is, so it must be one that a request line can carry. */
    [KMS_RULE_TARGET] = {"target", "", 1, LIMIT, KMS_SYNTAX_VISIBLE, "#",
                         "be visible ASCII without #"},
    /* Huawei Cloud's header Authorization separates its fields with commas. */
    [KMS_RULE_ACCESS_KEY] = {"access_key", "", 1, LIMIT, KMS_SYNTAX_VISIBLE, ",",
                             "be visible ASCII without comma"},
    [KMS_RULE_SECURITY_TOKEN] = {"security_token", "", 1, LIMIT, KMS_SYNTAX_VISIBLE, "",
                                 "be visible ASCII"},
};

/* Room for the longest name and number. */
typedef char location_text[64];

static const char *format_location(location_text out, kms_text_location at)
{
    char number[24] = "";
    if (at.number > 0)
        (void)snprintf(number, sizeof number, "[%zu]", at.number);
    (void)snprintf(out, sizeof(location_text), "%s%s%s", at.field, number, at.member);
    return out;
}

bool kms_validate_fail_byte(kms_signer *signer, kms_text_location at, kms_slice text, size_t index,
                            const char *rule)
{
    location_text name;
    return kms_signer_fail(signer, "%s must %s; got byte 0x%02x at position %zu of %zu",
                           format_location(name, at), rule, (unsigned char)text.data[index],
                           index + 1, text.length);
}

bool kms_validate_text(kms_signer *signer, kms_text_rule rule, kms_slice text, size_t number)
{
    const kms_text_location at = {RULES[rule].field, number, RULES[rule].member};
    location_text name;
    if (text.length < RULES[rule].min)
        return kms_signer_fail(signer, "%s must not be empty", format_location(name, at));
    if (text.length > RULES[rule].max)
        return kms_signer_fail(signer, "%s must be at most %zu bytes; got %zu",
                               format_location(name, at), RULES[rule].max, text.length);
    size_t valid_length = kms_syntax_span(text, RULES[rule].class);
    for (const char *c = RULES[rule].forbidden; *c != '\0'; c++) {
        const char *match = memchr(text.data, *c, valid_length);
        valid_length = match == NULL ? valid_length : (size_t)(match - text.data);
    }
    return valid_length == text.length ||
           kms_validate_fail_byte(signer, at, text, valid_length, RULES[rule].rule);
}

bool kms_validate_keys(kms_signer *signer)
{
    const kms_credentials *credentials = &signer->credentials;
    return kms_validate_text(signer, KMS_RULE_ACCESS_KEY, credentials->access_key, 0) &&
           (credentials->secret_key.length > 0 ||
            kms_signer_fail(signer, "secret_key must not be empty"));
}

bool kms_validate_buffer(kms_signer *signer, const char *field, const kms_buffer *buffer)
{
    if (buffer->status == KMS_BUFFER_TOO_LARGE)
        return kms_signer_fail(signer, "%s must be at most %zu bytes in total", field,
                               buffer->limit);
    return buffer->status == KMS_BUFFER_OK; /* else the field stays empty: no memory */
}
