/* Percent-encodes the path and the query of a request target; see percent_encode.h. */
#include "sign/percent_encode.h"

#include <stdio.h>
#include <string.h>

#include "http/syntax.h"
#include "sign/validate.h"

/* The length of the UTF-8 character at `s`, or 0 if it is not valid. The rows are those of table
 * 3-7, "Well-Formed UTF-8 Byte Sequences", of the Unicode standard: no overlong form, no surrogate,
 * nothing above U+10FFFF. */
static size_t measure_utf8(const unsigned char *s, size_t available)
{
    static const struct {
        unsigned char first, last; /* of the leading byte */
        unsigned char low, high;   /* of the second byte; all later ones are 80..BF */
        size_t length;
    } ROWS[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (s[0] < 0x80)
        return 1;
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        if (s[0] < ROWS[row].first || s[0] > ROWS[row].last)
            continue;
        size_t length = ROWS[row].length;
        if (available < length || s[1] < ROWS[row].low || s[1] > ROWS[row].high)
            return 0;
        for (size_t i = 2; i < length; i++) {
            if (s[i] < 0x80 || s[i] > 0xbf)
                return 0;
        }
        return length;
    }
    return 0;
}

/* Where a text is in its request: path, path[2], query[3].value. */
typedef struct {
    const char *field;
    size_t number; /* counts from 1; 0: not in a list */
    const char *member;
    const kms_slice *whole; /* positions count from its start */
} text_location;

static bool set_invalid_byte(kms_sign_error *error, const text_location *at, const char *byte)
{
    char number[32] = "";
    if (at->number > 0)
        (void)snprintf(number, sizeof number, "[%zu]", at->number);
    return kms_sign_error_set_invalid(
        error, at->field,
        "%s%s%s must be UTF-8 without NUL; got byte 0x%02x at position %zu of %zu", at->field,
        number, at->member, (unsigned char)*byte, (size_t)(byte - at->whole->data) + 1,
        at->whole->length);
}

/* Does not check that everything fitted into the buffer. */
static bool encode_text(kms_buffer *out, kms_slice text, const text_location *at,
                        kms_sign_error *error)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.length && out->status == KMS_BUFFER_OK;) {
        size_t span =
            kms_syntax_span((kms_slice){text.data + i, text.length - i}, KMS_SYNTAX_UNRESERVED);
        kms_buffer_append(out, text.data + i, span);
        i += span;
        if (i == text.length)
            break;
        size_t length = bytes[i] == '\0' ? 0 : measure_utf8(bytes + i, text.length - i);
        if (length == 0)
            return set_invalid_byte(error, at, text.data + i);
        for (; length > 0; length--, i++) {
            unsigned char c = bytes[i];
            const char escape[3] = {'%', DIGITS[c >> 4], DIGITS[c & 15]};
            kms_buffer_append(out, escape, sizeof escape);
        }
    }
    return true;
}

static bool is_dots(kms_slice segment, size_t count)
{
    return segment.length == count && memcmp(segment.data, "..", count) == 0;
}

/* Removes the last segment and its "/", but nothing before `start`. Encoded segments contain no
 * "/". */
static void remove_segment(kms_buffer *out, size_t start)
{
    while (out->length > start && out->data[--out->length] != '/')
        ;
}

/* Whether a path needs no encoding: only unreserved bytes, and no segment starts with ".". */
static bool is_canonical(kms_slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '/' ? i + 1 < text.length && text.data[i + 1] == '.'
                                : (kms_syntax_classes(text.data[i]) & KMS_SYNTAX_UNRESERVED) == 0)
            return false;
    return text.length > 0;
}

static bool encode_path_text(kms_buffer *out, kms_slice text, kms_sign_error *error)
{
    if (text.length > 0 && text.data[0] != '/')
        return kms_sign_error_set_invalid(error, "path",
                                          "path must start with \"/\"; got byte 0x%02x",
                                          (unsigned char)text.data[0]);
    if (is_canonical(text)) {
        kms_buffer_append_slice(out, text);
        return true;
    }
    if (text.length == 0)
        kms_buffer_append_char(out, '/');
    const size_t start = out->length;
    for (size_t i = 0; i < text.length;) {
        kms_slice segment = {text.data + ++i, 0};
        while (i < text.length && text.data[i] != '/')
            i++;
        segment.length = (size_t)(text.data + i - segment.data);
        bool is_dot = is_dots(segment, 1), is_double_dot = is_dots(segment, 2);
        if (is_double_dot)
            remove_segment(out, start);
        if (!is_dot && !is_double_dot) {
            kms_buffer_append_char(out, '/');
            if (!encode_text(out, segment, &(text_location){"path", 0, "", &text}, error))
                return false;
        } else if (i == text.length) {
            kms_buffer_append_char(out, '/');
        }
    }
    return true;
}

static bool encode_path_segments(kms_buffer *out, const kms_path *path, kms_sign_error *error)
{
    if (path->count == 0)
        kms_buffer_append_char(out, '/');
    for (size_t i = 0; i < path->count; i++) {
        kms_slice segment = path->segments[i];
        if (segment.length == 0 || is_dots(segment, 1) || is_dots(segment, 2))
            return kms_sign_error_set_invalid(
                error, "path", "path[%zu] must not be \"\", \".\" or \"..\"; got \"%.*s\"", i + 1,
                (int)segment.length, segment.data);
        kms_buffer_append_char(out, '/');
        if (!encode_text(out, segment, &(text_location){"path", i + 1, "", &segment}, error))
            return false;
    }
    return true;
}

bool kms_percent_encode_path(kms_buffer *out, const kms_path *path, kms_sign_error *error)
{
    bool is_valid = path->text.data != NULL ? encode_path_text(out, path->text, error)
                                            : encode_path_segments(out, path, error);
    return is_valid && kms_validate_buffer(error, "path", out, KMS_TARGET_LIMIT);
}

bool kms_percent_encode_query(kms_buffer *out, const kms_pairs *query, kms_sign_error *error)
{
    for (size_t i = 0; i < query->count; i++) {
        kms_slice name = query->items[i].name, value = query->items[i].value;
        if (i > 0)
            kms_buffer_append_char(out, '&');
        if (!encode_text(out, name, &(text_location){"query", i + 1, ".name", &name}, error))
            return false;
        kms_buffer_append_char(out, '=');
        if (!encode_text(out, value, &(text_location){"query", i + 1, ".value", &value}, error))
            return false;
    }
    return kms_validate_buffer(error, "query", out, KMS_TARGET_LIMIT);
}

bool kms_percent_encode_target(kms_buffer *out, const kms_path *path, const kms_pairs *query,
                               kms_sign_error *error)
{
    if (!kms_percent_encode_path(out, path, error))
        return false;
    if (query->count > 0)
        kms_buffer_append_char(out, '?');
    return kms_percent_encode_query(out, query, error);
}
