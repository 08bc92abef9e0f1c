/* Errors of the signing functions; see error.h. */
#include "sign/error.h"

#include <stdarg.h>
#include <stdio.h>

bool kms_sign_error_set(kms_sign_error *error, kms_sign_status status)
{
    error->status = status;
    return false;
}

bool kms_sign_error_set_invalid(kms_sign_error *error, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->field = field;
    return kms_sign_error_set(error, KMS_SIGN_INVALID);
}
