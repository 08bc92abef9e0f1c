/* Byte classes of HTTP syntax, independent of the locale. */
#ifndef KMS_HTTP_SYNTAX_H
#define KMS_HTTP_SYNTAX_H

#include "base/ascii.h"

/* Byte classes, to be combined with |. */
enum {
    KMS_SYNTAX_DIGIT = 1,
    KMS_SYNTAX_HOST_NAME = 2,
    KMS_SYNTAX_UNRESERVED = 4,  /* RFC 3986 section 2.3 */
    KMS_SYNTAX_TOKEN = 8,       /* RFC 9110 section 5.6.2 */
    KMS_SYNTAX_VISIBLE = 16,    /* visible ASCII */
    KMS_SYNTAX_FIELD_VALUE = 32 /* RFC 9110 section 5.5 */
};

/* Classes of each byte. */
extern const unsigned char KMS_SYNTAX_CLASSES[256];

static inline unsigned kms_syntax_classes(char c)
{
    return KMS_SYNTAX_CLASSES[(unsigned char)c];
}

/* Number of leading bytes that belong to a class. Unrolled by four to avoid a mispredicted branch
 * per byte. */
static inline size_t kms_syntax_span(kms_slice text, unsigned class)
{
    const char *data = text.data;
    size_t i = 0;
    while (text.length - i >= 4 &&
           (kms_syntax_classes(data[i]) & kms_syntax_classes(data[i + 1]) &
            kms_syntax_classes(data[i + 2]) & kms_syntax_classes(data[i + 3]) & class) != 0)
        i += 4;
    while (i < text.length && (kms_syntax_classes(data[i]) & class) != 0)
        i++;
    return i;
}

/* Whether a slice is not empty and all its bytes belong to a class. */
static inline bool kms_syntax_matches(kms_slice text, unsigned class)
{
    return text.length > 0 && kms_syntax_span(text, class) == text.length;
}

/* Splits a header line, without its line end, into name and value. False if it is malformed: RFC
 * 9112 allows no space before the colon (section 5.1). */
bool kms_syntax_split_header(kms_slice line, kms_slice *name, kms_slice *value);

#endif
