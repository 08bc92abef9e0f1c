/* Why a request has no response; see error.h. */
#include "http/error.h"

#include <stdarg.h>
#include <stdio.h>

/* The word of each code, and the message before and after the host. The reason follows. */
static const struct {
    const char *word;
    const char *before_host;
    const char *after_host;
} CODES[KMS_HTTP_ERROR_CODE_COUNT] = {
    [KMS_HTTP_TIMEOUT] = {"timeout", "request to ", " timed out"},
    [KMS_HTTP_DNS] = {"dns", "cannot resolve ", ""},
    [KMS_HTTP_CONNECT] = {"connect", "cannot connect to ", ""},
    [KMS_HTTP_TLS] = {"tls", "TLS connection to ", " failed"},
    [KMS_HTTP_CLOSED] = {"closed", "connection to ", " was lost"},
    [KMS_HTTP_TOO_LARGE] = {"too_large", "response from ", " is too large"},
    [KMS_HTTP_OTHER] = {"other", "request to ", " failed"},
};

const char *kms_http_error_word(kms_http_error_code code)
{
    return CODES[code].word;
}

kms_http_error_code kms_http_error_code_of(kms_slice word)
{
    for (int i = KMS_HTTP_TIMEOUT; i < KMS_HTTP_ERROR_CODE_COUNT; i++)
        if (kms_slice_equals(word, kms_slice_from_string(CODES[i].word)))
            return (kms_http_error_code)i;
    return KMS_HTTP_OK;
}

void kms_http_error_clear(kms_http_error *error)
{
    error->code = KMS_HTTP_OK;
    error->is_permanent = error->is_uncertain = false;
    error->cause_code = error->status = 0;
}

bool kms_http_error_set_invalid(kms_http_error *error, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->code = KMS_HTTP_INVALID;
    error->field = field;
    return false;
}

bool kms_http_error_set(kms_http_error *error, kms_http_error_code code, kms_slice host,
                        const char *reason)
{
    snprintf(error->message, sizeof error->message, "%s%.*s%s: %s", CODES[code].before_host,
             (int)host.length, host.data, CODES[code].after_host, reason);
    for (char *c = error->message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?'; /* a reason may contain text of a certificate */
    error->code = code;
    return false;
}
