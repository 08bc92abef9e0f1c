/* ASCII case, hexadecimal digits and white space, independent of the locale. */
#ifndef KMS_ASCII_H
#define KMS_ASCII_H

#include "base/slice.h"

static inline char kms_ascii_lower(char c)
{
    return (char)(c | (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
}

/* Whether a slice and a string are equal when ASCII case is ignored. */
static inline bool kms_ascii_equals_nocase(kms_slice text, const char *other)
{
    size_t length = strlen(other);
    for (size_t i = 0; text.length == length && i < length; i++)
        if (kms_ascii_lower(text.data[i]) != kms_ascii_lower(other[i]))
            return false;
    return text.length == length;
}

/* The value of a hexadecimal digit, or -1. */
static inline int kms_ascii_hex_value(char c)
{
    const char lower = kms_ascii_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The slice without leading and trailing spaces and tabs (OWS, RFC 9110 section 5.6.3). */
static inline kms_slice kms_ascii_trim(kms_slice text)
{
    while (text.length > 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 &&
           (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    return text;
}

#endif
