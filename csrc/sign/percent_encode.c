/* Percent-encodes the path and the query of a request target; see percent_encode.h. */
#include "sign/percent_encode.h"

#include "http/syntax.h"
#include "sign/validate.h"

/* The length of the UTF-8 character at `s`, or 0 if it is NUL or not well-formed (Unicode standard,
 * section 3.9): an overlong form, a surrogate, above U+10FFFF. */
static size_t measure_utf8(const unsigned char *s, size_t available)
{
    static const uint32_t MIN[] = {0, 1, 0x80, 0x800, 0x10000}; /* by length */
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (length > available || (s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
        return 0;
    uint32_t c = length == 1 ? s[0] : s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    return c < MIN[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : length;
}

/* Encodes `part` of `whole`. Does not check that everything fitted into the buffer. */
static bool encode_text(kms_signer *signer, kms_text_location at, kms_slice part, kms_slice whole)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    kms_buffer *out = &signer->stages[KMS_TARGET];
    const unsigned char *bytes = (const unsigned char *)part.data;
    for (size_t i = 0; i < part.length && out->status == KMS_BUFFER_OK;) {
        size_t span =
            kms_syntax_span((kms_slice){part.data + i, part.length - i}, KMS_SYNTAX_UNRESERVED);
        kms_buffer_append(out, part.data + i, span);
        i += span;
        size_t length = i == part.length ? 0 : measure_utf8(bytes + i, part.length - i);
        if (length == 0 && i < part.length)
            return kms_validate_fail_byte(signer, at, whole, (size_t)(part.data + i - whole.data),
                                          "be UTF-8 without NUL");
        for (; length > 0; length--, i++) {
            const char escape[3] = {'%', DIGITS[bytes[i] >> 4], DIGITS[bytes[i] & 15]};
            kms_buffer_append(out, escape, sizeof escape);
        }
    }
    return true;
}

static bool is_dots(kms_slice segment, size_t count)
{
    return segment.length == count && memcmp(segment.data, "..", count) == 0;
}

static bool encode_path_text(kms_signer *signer, kms_slice text)
{
    kms_buffer *out = &signer->stages[KMS_TARGET];
    if (text.length > 0 && text.data[0] != '/')
        return kms_signer_fail(signer, "path must start with \"/\"; got byte 0x%02x",
                               (unsigned char)text.data[0]);
    for (size_t i = 0; i < text.length;) {
        kms_slice segment = {text.data + ++i, 0};
        while (i < text.length && text.data[i] != '/')
            i++;
        segment.length = (size_t)(text.data + i - segment.data);
        bool is_double_dot = is_dots(segment, 2), is_dot = is_double_dot || is_dots(segment, 1);
        /* Removes the last segment and its "/". Encoded segments contain no "/". */
        while (is_double_dot && out->length > 0 && out->data[--out->length] != '/')
            ;
        if (!is_dot || i == text.length)
            kms_buffer_append_char(out, '/');
        if (!is_dot && !encode_text(signer, (kms_text_location){"path", 0, ""}, segment, text))
            return false;
    }
    return true;
}

static bool encode_path(kms_signer *signer)
{
    const kms_sign_request *request = &signer->request;
    kms_buffer *out = &signer->stages[KMS_TARGET];
    if (request->path.data != NULL && !encode_path_text(signer, request->path))
        return false;
    for (size_t i = 0; i < request->segments.count; i++) {
        kms_slice segment = request->segments.items[i].name;
        if (segment.length == 0 || is_dots(segment, 1) || is_dots(segment, 2))
            return kms_signer_fail(signer,
                                   "path[%zu] must not be \"\", \".\" or \"..\"; got \"%.*s\"",
                                   i + 1, (int)segment.length, segment.data);
        kms_buffer_append_char(out, '/');
        if (!encode_text(signer, (kms_text_location){"path", i + 1, ""}, segment, segment))
            return false;
    }
    if (out->length == 0)
        kms_buffer_append_char(out, '/');
    return kms_validate_buffer(signer, "path", out);
}

static bool copy_target(kms_signer *signer, kms_slice target)
{
    if (!kms_validate_text(signer, KMS_RULE_TARGET, target, 0))
        return false;
    kms_buffer_append_slice(&signer->stages[KMS_TARGET], target);
    return target.data[0] == '/'
               ? kms_validate_buffer(signer, "target", &signer->stages[KMS_TARGET])
               : kms_signer_fail(signer, "target must start with \"/\"; got byte 0x%02x",
                                 (unsigned char)target.data[0]);
}

bool kms_percent_encode_target(kms_signer *signer)
{
    const kms_pairs *query = &signer->request.query;
    kms_buffer *out = &signer->stages[KMS_TARGET];
    if (signer->request.target.data != NULL)
        return copy_target(signer, signer->request.target);
    if (!encode_path(signer))
        return false;
    for (size_t i = 0; i < query->count; i++) {
        kms_slice name = query->items[i].name, value = query->items[i].value;
        kms_buffer_append_char(out, i == 0 ? '?' : '&');
        if (!encode_text(signer, (kms_text_location){"query", i + 1, ".name"}, name, name))
            return false;
        kms_buffer_append_char(out, '=');
        if (!encode_text(signer, (kms_text_location){"query", i + 1, ".value"}, value, value))
            return false;
    }
    return kms_validate_buffer(signer, "query", out);
}
