/* Validates the values that a signer signs; see validate.h. */
#include "sign/validate.h"

#include <string.h>

#include "http/syntax.h"

bool kms_validate_method(kms_sign_error *error, kms_slice method)
{
    if (method.length == 0 || method.length > KMS_METHOD_LIMIT)
        return kms_sign_error_set_invalid(error, "method", "method must be 1 to %d bytes; got %zu",
                                          KMS_METHOD_LIMIT, method.length);
    size_t valid_length = kms_syntax_span(method, KMS_SYNTAX_TOKEN);
    return valid_length == method.length ||
           kms_sign_error_set_invalid(error, "method",
                                      "method must be a token; got byte 0x%02x at position %zu of "
                                      "%zu",
                                      (unsigned char)method.data[valid_length], valid_length + 1,
                                      method.length);
}

static bool validate_header_name(kms_sign_error *error, kms_slice name, size_t number)
{
    if (name.length == 0)
        return kms_sign_error_set_invalid(error, "headers", "headers[%zu].name must not be empty",
                                          number);
    size_t valid_length = kms_syntax_span(name, KMS_SYNTAX_TOKEN);
    return valid_length == name.length ||
           kms_sign_error_set_invalid(error, "headers",
                                      "headers[%zu].name must be a token; got byte 0x%02x at "
                                      "position %zu of %zu",
                                      number, (unsigned char)name.data[valid_length],
                                      valid_length + 1, name.length);
}

static bool validate_header_value(kms_sign_error *error, kms_slice value, size_t number)
{
    if (value.length > KMS_HEADER_LIMIT)
        return kms_sign_error_set_invalid(error, "headers",
                                          "headers[%zu].value must be at most %d bytes; got %zu",
                                          number, KMS_HEADER_LIMIT, value.length);
    size_t valid_length = kms_syntax_span(value, KMS_SYNTAX_FIELD_VALUE);
    return valid_length == value.length ||
           kms_sign_error_set_invalid(error, "headers",
                                      "headers[%zu].value must not contain control characters; got "
                                      "byte 0x%02x at position %zu of %zu",
                                      number, (unsigned char)value.data[valid_length],
                                      valid_length + 1, value.length);
}

bool kms_validate_header(kms_sign_error *error, const kms_pair *header, size_t number)
{
    return validate_header_name(error, header->name, number) &&
           validate_header_value(error, header->value, number);
}

bool kms_validate_visible(kms_sign_error *error, const char *field, kms_slice text,
                          const char *forbidden)
{
    if (text.length == 0)
        return kms_sign_error_set_invalid(error, field, "%s must not be empty", field);
    if (text.length > KMS_HEADER_LIMIT)
        return kms_sign_error_set_invalid(error, field, "%s must be at most %d bytes; got %zu",
                                          field, KMS_HEADER_LIMIT, text.length);
    size_t valid_length = kms_syntax_span(text, KMS_SYNTAX_VISIBLE);
    for (const char *c = forbidden; *c != '\0'; c++) {
        const char *match = memchr(text.data, *c, valid_length);
        valid_length = match == NULL ? valid_length : (size_t)(match - text.data);
    }
    return valid_length == text.length ||
           kms_sign_error_set_invalid(error, field,
                                      "%s must be visible ASCII%s%s; got byte 0x%02x at position "
                                      "%zu of %zu",
                                      field, *forbidden != '\0' ? " without any of " : "",
                                      forbidden, (unsigned char)text.data[valid_length],
                                      valid_length + 1, text.length);
}

bool kms_validate_keys(kms_sign_error *error, const kms_credentials *credentials)
{
    /* Huawei Cloud's header Authorization separates its fields with commas. */
    if (!kms_validate_visible(error, "access_key", credentials->access_key, ","))
        return false;
    return credentials->secret_key.length > 0 ||
           kms_sign_error_set_invalid(error, "secret_key", "secret_key must not be empty");
}

bool kms_validate_buffer(kms_sign_error *error, const char *field, const kms_buffer *buffer,
                         int limit)
{
    switch (buffer->status) {
    case KMS_BUFFER_OK:
        return true;
    case KMS_BUFFER_TOO_LARGE:
        return kms_sign_error_set_invalid(error, field, "%s must be at most %d bytes in total",
                                          field, limit);
    case KMS_BUFFER_NO_MEMORY:
        break;
    }
    return kms_sign_error_set(error, KMS_SIGN_NO_MEMORY);
}
