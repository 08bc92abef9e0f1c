/* Bytes on the wire: which may stand where, and how the others are written; see encode.h. */
#include "sign/percent_encode.h"
#include "http/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool kms_refuse(kms_sign_error *error, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = KMS_SIGN_INVALID;
    error->field = field;
    return false;
}

bool kms_check_buffer(kms_sign_error *error, const char *field, const kms_buffer *buffer, int limit)
{
    switch (buffer->status) {
    case KMS_BUFFER_OK:
        return true;
    case KMS_BUFFER_TOO_LARGE:
        return kms_refuse(error, field, "%s: more than %d bytes in all", field, limit);
    case KMS_BUFFER_NO_MEMORY:
        break;
    }
    error->status = KMS_SIGN_NO_MEMORY;
    return false;
}

bool kms_check_method(kms_sign_error *error, kms_slice method)
{
    if (method.length == 0 || method.length > KMS_METHOD_LIMIT)
        return kms_refuse(error, "method", "method: %zu bytes long; it must have 1 to %d",
                          method.length, KMS_METHOD_LIMIT);
    size_t valid = kms_syntax_span(method, KMS_TOKEN);
    if (valid < method.length)
        return kms_refuse(error, "method", "method: byte 0x%02x at position %zu is not of a token",
                          (unsigned char)method.data[valid], valid + 1);
    return true;
}

bool kms_check_visible(kms_sign_error *error, const char *field, kms_slice text,
                       const char *forbidden)
{
    if (text.length == 0)
        return kms_refuse(error, field, "%s: empty", field);
    if (text.length > KMS_HEADER_LIMIT)
        return kms_refuse(error, field, "%s: %zu bytes long; at most %d fit", field, text.length,
                          KMS_HEADER_LIMIT);
    size_t good = kms_syntax_span(text, KMS_VISIBLE);
    for (const char *c = forbidden; *c != '\0'; c++) {
        const char *found = memchr(text.data, *c, good);
        good = found == NULL ? good : (size_t)(found - text.data);
    }
    return good == text.length ||
           kms_refuse(error, field,
                      "%s: byte 0x%02x at position %zu of %zu; it must be visible ASCII%s%s", field,
                      (unsigned char)text.data[good], good + 1, text.length,
                      *forbidden ? " and none of " : "", forbidden);
}

bool kms_check_keys(kms_sign_error *error, const kms_credentials *credentials)
{
    if (!kms_check_visible(error, "access_key", credentials->access_key, ","))
        return false;
    if (credentials->secret_key.length == 0)
        return kms_refuse(error, "secret_key", "secret_key: empty");
    return true;
}

int kms_compare(kms_slice a, kms_slice b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* The number of bytes of the character that starts here, 0 where none does. The rows are those of
 * table 3-7, "Well-Formed UTF-8 Byte Sequences", of the Unicode standard: no overlong form, no
 * surrogate, nothing above U+10FFFF. */
static size_t utf8_span(const unsigned char *s, size_t available)
{
    static const struct {
        unsigned char first, last;     /* of the leading byte */
        unsigned char lowest, highest; /* of the byte after it; all later ones are 80..BF */
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
        if (available < length || s[1] < ROWS[row].lowest || s[1] > ROWS[row].highest)
            return 0;
        for (size_t i = 2; i < length; i++) {
            if (s[i] < 0x80 || s[i] > 0xbf)
                return 0;
        }
        return length;
    }
    return 0;
}

/* Where a text stands in its request: query[3].value, path[2], path. */
typedef struct {
    const char *field;
    size_t index; /* from 1; 0: not in a list */
    const char *part;
    const kms_slice *whole; /* positions count from its start */
} place;

static bool refuse_byte(kms_sign_error *error, const place *at, const char *byte, const char *why)
{
    char index[32] = "";
    if (at->index > 0)
        (void)snprintf(index, sizeof index, "[%zu]", at->index);
    return kms_refuse(error, at->field, "%s%s%s: byte 0x%02x at position %zu of %zu %s", at->field,
                      index, at->part, (unsigned char)*byte, (size_t)(byte - at->whole->data) + 1,
                      at->whole->length, why);
}

/* Percent-encodes all but the unreserved bytes. Whether it all fitted is for the caller to ask. */
static bool encode_text(kms_buffer *out, kms_slice text, const place *at, kms_sign_error *error)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.length && out->status == KMS_BUFFER_OK;) {
        size_t plain = kms_syntax_span((kms_slice){text.data + i, text.length - i}, KMS_UNRESERVED);
        kms_buffer_append(out, text.data + i, plain);
        i += plain;
        if (i == text.length)
            break;
        size_t length = utf8_span(bytes + i, text.length - i);
        if (length == 0)
            return refuse_byte(error, at, text.data + i, "is not UTF-8");
        if (bytes[i] == '\0')
            return refuse_byte(error, at, text.data + i, "cannot be sent");
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

/* Takes the last segment and its "/" back, down to `start`. An encoded segment holds no "/". */
static void drop_segment(kms_buffer *out, size_t start)
{
    while (out->length > start && out->data[--out->length] != '/')
        ;
}

/* Whether a path's text stands for itself: only unreserved bytes, and no segment begins with ".".
 */
static bool is_canonical(kms_slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '/' ? i + 1 < text.length && text.data[i + 1] == '.'
                                : (kms_syntax_classes(text.data[i]) & KMS_UNRESERVED) == 0)
            return false;
    return text.length > 0;
}

static bool encode_path_text(kms_buffer *out, kms_slice text, kms_sign_error *error)
{
    if (text.length > 0 && text.data[0] != '/')
        return kms_refuse(error, "path", "path: starts with byte 0x%02x; it must start with \"/\"",
                          (unsigned char)text.data[0]);
    if (is_canonical(text)) {
        kms_buffer_append(out, text.data, text.length);
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
            drop_segment(out, start);
        if (!is_dot && !is_double_dot) {
            kms_buffer_append_char(out, '/');
            if (!encode_text(out, segment, &(place){"path", 0, "", &text}, error))
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
            return kms_refuse(error, "path",
                              "path[%zu]: \"%.*s\" cannot be sent as a segment of its own", i + 1,
                              (int)segment.length, segment.data);
        kms_buffer_append_char(out, '/');
        if (!encode_text(out, segment, &(place){"path", i + 1, "", &segment}, error))
            return false;
    }
    return true;
}

bool kms_encode_path(kms_buffer *out, const kms_path *path, kms_sign_error *error)
{
    bool encoded = path->text.data != NULL ? encode_path_text(out, path->text, error)
                                           : encode_path_segments(out, path, error);
    return encoded && kms_check_buffer(error, "path", out, KMS_TARGET_LIMIT);
}

bool kms_encode_query(kms_buffer *out, const kms_pairs *query, kms_sign_error *error)
{
    for (size_t i = 0; i < query->count; i++) {
        kms_slice name = query->items[i].name, value = query->items[i].value;
        if (i > 0)
            kms_buffer_append_char(out, '&');
        if (!encode_text(out, name, &(place){"query", i + 1, ".name", &name}, error))
            return false;
        kms_buffer_append_char(out, '=');
        if (!encode_text(out, value, &(place){"query", i + 1, ".value", &value}, error))
            return false;
    }
    return kms_check_buffer(error, "query", out, KMS_TARGET_LIMIT);
}

bool kms_encode_target(kms_buffer *out, const kms_path *path, const kms_pairs *query,
                       kms_sign_error *error)
{
    if (!kms_encode_path(out, path, error))
        return false;
    if (query->count > 0)
        kms_buffer_append_char(out, '?');
    return kms_encode_query(out, query, error);
}
