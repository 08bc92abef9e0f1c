/* Incremental parser of one HTTP/1.1 response; see http1_parser.h. Section numbers are those of RFC
 * 9112. */
#include "http/http1_parser.h"
#include "http/syntax.h"

#include <stdint.h>

/* A length above this exceeds any limit. One more digit to a length up to this fits in 64 bits. */
#define HUGE_LENGTH (UINT64_MAX / 16)

static const char MALFORMED_STATUS[] = "malformed HTTP/1.1 status line";
static const char MALFORMED_HEADER[] = "malformed header line";
static const char MALFORMED_LENGTH[] = "malformed or conflicting Content-Length";
static const char MALFORMED_CHUNK_SIZE[] = "malformed chunk size";
static const char HEAD_TOO_LARGE[] = "response headers exceed 256 KiB";
static const char BODY_TOO_LARGE[] = "response body exceeds max_response";

void kms_http1_parser_start(kms_http1_parser *parser, kms_http_response *response, bool has_no_body)
{
    *parser = (kms_http1_parser){.response = response, .has_no_body = has_no_body};
    kms_buffer_init(&parser->line, KMS_HTTP_MAX_HEAD);
}

void kms_http1_parser_free(kms_http1_parser *parser)
{
    kms_buffer_free(&parser->line);
}

static bool fail(kms_http1_parser *parser, kms_http_error_code code, const char *reason)
{
    parser->error_code = code;
    parser->error_reason = reason;
    return false;
}

static bool fail_malformed(kms_http1_parser *parser, const char *reason)
{
    return fail(parser, KMS_HTTP_OTHER, reason);
}

/* Reports an append that failed. */
static bool fail_append(kms_http1_parser *parser, const kms_buffer *buffer, const char *too_large)
{
    return buffer->status == KMS_BUFFER_NO_MEMORY
               ? fail(parser, KMS_HTTP_OTHER, "not enough memory for the response")
               : fail(parser, KMS_HTTP_TOO_LARGE, too_large);
}

/* Whether the headers may have `bytes` more bytes. */
static bool check_head_size(kms_http1_parser *parser, size_t bytes)
{
    return bytes <= KMS_HTTP_MAX_HEAD - parser->head_bytes ||
           fail(parser, KMS_HTTP_TOO_LARGE, HEAD_TOO_LARGE);
}

static bool count_head_bytes(kms_http1_parser *parser, size_t bytes)
{
    const bool is_valid = check_head_size(parser, bytes);
    parser->head_bytes += is_valid ? bytes : 0;
    return is_valid;
}

/* Whether a piece can start or continue a status line. Checked before the line ends, so that a
 * server of another protocol fails at once. */
static bool can_be_status_line(const kms_http1_parser *parser, kms_slice piece)
{
    static const char protocol[] = "HTTP/";
    for (size_t i = 0, at = parser->line.length; i < piece.length && at < 5; i++, at++)
        if (piece.data[i] != protocol[at])
            return false;
    return true;
}

/* Removes the line end. A bare LF ends a status line, header or trailer (section 2.2), but not a
 * chunk size, because some parsers take it for a part of a chunk extension. A CR elsewhere, and a
 * NUL, are invalid. */
static bool trim_line_end(kms_http1_parser *parser, kms_slice *line)
{
    line->length--;
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        line->length--;
    else if (parser->state == KMS_HTTP1_CHUNK_SIZE)
        return fail_malformed(parser, MALFORMED_CHUNK_SIZE);
    if (memchr(line->data, '\r', line->length) == NULL &&
        memchr(line->data, '\0', line->length) == NULL)
        return true;
    return fail_malformed(parser, "CR or NUL within a line");
}

/* Takes the next line from the front of the piece. The line is valid until the next call. False if
 * the line continues after the piece, or on failure. */
static bool next_line(kms_http1_parser *parser, kms_slice *piece, kms_slice *line)
{
    kms_buffer *partial = &parser->line;
    const char *end = memchr(piece->data, '\n', piece->length);
    *line = *piece;
    if (end != NULL)
        line->length = (size_t)(end - piece->data) + 1;
    piece->data += line->length;
    piece->length -= line->length;
    if (!check_head_size(parser, partial->length + line->length))
        return false;
    if (end != NULL && partial->length == 0)
        return trim_line_end(parser, line);
    if (!kms_buffer_append(partial, line->data, line->length))
        return fail_append(parser, partial, HEAD_TOO_LARGE);
    if (end == NULL)
        return false;
    *line = (kms_slice){partial->data, partial->length};
    parser->is_line_used = true;
    return trim_line_end(parser, line);
}

/* "HTTP/1.1 200 OK"; the reason phrase is optional (section 4). */
static bool parse_status_line(kms_http1_parser *parser, kms_slice line)
{
    enum { MINOR_VERSION = 7, STATUS = 9, STATUS_END = 12 };
    const char *at = line.data;
    if (line.length < STATUS_END || memcmp(at, "HTTP/1.", MINOR_VERSION) != 0 ||
        (at[MINOR_VERSION] != '0' && at[MINOR_VERSION] != '1') || at[MINOR_VERSION + 1] != ' ' ||
        at[STATUS] == '0' ||
        !kms_syntax_matches((kms_slice){at + STATUS, STATUS_END - STATUS}, KMS_SYNTAX_DIGIT) ||
        (line.length > STATUS_END && at[STATUS_END] != ' '))
        return fail_malformed(parser, MALFORMED_STATUS);
    parser->is_http_1_0 = at[MINOR_VERSION] == '0';
    int status = 0;
    for (int i = STATUS; i < STATUS_END; i++)
        status = status * 10 + (at[i] - '0');
    parser->response->status = status;
    parser->state = KMS_HTTP1_HEADERS;
    kms_http_response_clear_headers(parser->response);
    return true;
}

/* Takes the next member of a comma-separated list. False after the last one. */
static bool next_member(kms_slice *list, kms_slice *member)
{
    if (list->data == NULL)
        return false;
    const char *comma = memchr(list->data, ',', list->length);
    *member = *list;
    if (comma != NULL)
        member->length = (size_t)(comma - list->data);
    *list = comma == NULL ? (kms_slice){NULL, 0}
                          : (kms_slice){comma + 1, list->length - member->length - 1};
    *member = kms_ascii_trim(*member);
    return true;
}

/* Parses the value of a Content-Length header. All lengths, in one header or in several, must be
 * equal (section 6.3, rule 5). *length is the previous one unless `is_first`. */
static bool parse_length(kms_http1_parser *parser, kms_slice list, bool is_first, uint64_t *length)
{
    kms_slice member;
    for (; next_member(&list, &member); is_first = false) {
        uint64_t number = 0;
        if (!kms_syntax_matches(member, KMS_SYNTAX_DIGIT))
            return fail_malformed(parser, MALFORMED_LENGTH);
        for (size_t i = 0; i < member.length && number <= HUGE_LENGTH; i++)
            number = number * 10 + (uint64_t)(member.data[i] - '0');
        if (!is_first && number != *length)
            return fail_malformed(parser, MALFORMED_LENGTH);
        *length = number;
    }
    return true;
}

static bool has_close_option(kms_slice list)
{
    kms_slice member;
    while (next_member(&list, &member))
        if (kms_ascii_equals_nocase(member, "close"))
            return true;
    return false;
}

/* What the headers say about the body. */
typedef struct {
    bool has_length;
    bool is_chunked; /* the last transfer coding is "chunked" */
    size_t coding_count;
    uint64_t length;
} framing;

static bool parse_framing(kms_http1_parser *parser, bool is_bodiless, framing *body)
{
    size_t position = 0;
    kms_slice name, value;
    while (kms_http_response_next_header(parser->response, &position, &name, &value)) {
        if (kms_slice_equals(name, KMS_LITERAL("connection"))) {
            parser->must_close |= has_close_option(value);
        } else if (kms_slice_equals(name, KMS_LITERAL("transfer-encoding"))) {
            body->coding_count++;
            body->is_chunked = kms_ascii_equals_nocase(value, "chunked");
        } else if (!is_bodiless && kms_slice_equals(name, KMS_LITERAL("content-length"))) {
            if (!parse_length(parser, value, !body->has_length, &body->length))
                return false;
            body->has_length = true;
        }
    }
    return true;
}

/* Decides how the body is delimited (section 6.3). */
static bool end_headers(kms_http1_parser *parser)
{
    const int status = parser->response->status;
    const bool is_bodiless = parser->has_no_body || status == 204 || status == 304;
    framing body = {.has_length = false};
    parser->must_close = parser->is_http_1_0;
    if (!parse_framing(parser, is_bodiless, &body))
        return false;
    parser->state = KMS_HTTP1_END;
    if (is_bodiless)
        return true;
    /* Proxies disagree about a transfer coding together with a length, and about a transfer coding
     * in HTTP/1.0 (section 6.1). */
    if (body.coding_count > 0 &&
        (body.coding_count > 1 || !body.is_chunked || body.has_length || parser->is_http_1_0))
        return fail_malformed(parser, "ambiguous body framing: Transfer-Encoding must be a single "
                                      "\"chunked\" without Content-Length");
    if (body.length > parser->response->body.limit)
        return fail(parser, KMS_HTTP_TOO_LARGE, BODY_TOO_LARGE);
    parser->body_remaining = (size_t)body.length;
    if (body.is_chunked)
        parser->state = KMS_HTTP1_CHUNK_SIZE;
    else if (!body.has_length)
        parser->state = KMS_HTTP1_BODY_UNTIL_CLOSE;
    else if (body.length > 0)
        parser->state = KMS_HTTP1_BODY_WITH_LENGTH;
    parser->must_close |= parser->state == KMS_HTTP1_BODY_UNTIL_CLOSE;
    return true;
}

/* Whether a line continues the header before it, an obsolete form (section 5.2). */
static bool is_continuation(kms_slice line)
{
    return line.data[0] == ' ' || line.data[0] == '\t';
}

/* Parses a header, or ends the headers at an empty line. Interim responses (1xx) are dropped. */
static bool parse_header(kms_http1_parser *parser, kms_slice line)
{
    kms_http_response *response = parser->response;
    kms_slice name, value;
    if (line.length > 0) {
        /* A continuation line stands for a space. */
        if (is_continuation(line) && response->header_count > 0)
            return kms_http_response_extend_header(response, kms_ascii_trim(line)) ||
                   fail_append(parser, &response->headers, HEAD_TOO_LARGE);
        if (!kms_syntax_split_header(line, &name, &value))
            return fail_malformed(parser, MALFORMED_HEADER);
        return kms_http_response_add_header(response, name, value) ||
               fail_append(parser, &response->headers, HEAD_TOO_LARGE);
    }
    if (response->status == 101)
        return fail_malformed(parser, "unrequested protocol switch (status 101)");
    if (response->status >= 200)
        return end_headers(parser);
    parser->state = KMS_HTTP1_STATUS_LINE;
    return true;
}

/* Parses a chunk size. Chunk extensions are ignored (section 7.1.1). */
static bool parse_chunk_size(kms_http1_parser *parser, kms_slice line)
{
    const kms_buffer *body = &parser->response->body;
    size_t at = 0, zero_count = 0;
    uint64_t size = 0;
    for (; at < line.length && kms_ascii_hex_value(line.data[at]) >= 0; at++) {
        zero_count += size == 0 && line.data[at] == '0';
        if (size <= HUGE_LENGTH)
            size = size * 16 + (uint64_t)kms_ascii_hex_value(line.data[at]);
    }
    const size_t digit_count = at - zero_count;
    const kms_slice rest = kms_ascii_trim((kms_slice){line.data + at, line.length - at});
    if (at == 0 || (rest.length > 0 && rest.data[0] != ';'))
        return fail_malformed(parser, MALFORMED_CHUNK_SIZE);
    if (size > body->limit - body->length)
        return fail(parser, KMS_HTTP_TOO_LARGE, BODY_TOO_LARGE);
    parser->body_remaining = (size_t)size;
    parser->state = size > 0 ? KMS_HTTP1_CHUNK_DATA : KMS_HTTP1_TRAILERS;
    /* The body limit also limits the digits. Other bytes of these lines count as header bytes. */
    return count_head_bytes(parser, line.length - digit_count);
}

/* Trailers are dropped. */
static bool parse_trailer(kms_http1_parser *parser, kms_slice line)
{
    kms_slice name, value;
    if (line.length == 0)
        parser->state = KMS_HTTP1_END;
    else if (parser->has_trailer && is_continuation(line))
        return true;
    else if (!kms_syntax_split_header(line, &name, &value))
        return fail_malformed(parser, MALFORMED_HEADER);
    parser->has_trailer = true;
    return true;
}

static bool parse_line(kms_http1_parser *parser, kms_slice line)
{
    if (parser->state == KMS_HTTP1_CHUNK_SIZE)
        return parse_chunk_size(parser, line);
    if (!count_head_bytes(parser, line.length + 2))
        return false;
    return parser->state == KMS_HTTP1_STATUS_LINE ? parse_status_line(parser, line)
           : parser->state == KMS_HTTP1_HEADERS   ? parse_header(parser, line)
                                                  : parse_trailer(parser, line);
}

static bool take_body(kms_http1_parser *parser, kms_slice *piece)
{
    kms_buffer *body = &parser->response->body;
    const bool is_bounded = parser->state != KMS_HTTP1_BODY_UNTIL_CLOSE;
    const size_t length = is_bounded && parser->body_remaining < piece->length
                              ? parser->body_remaining
                              : piece->length;
    const kms_slice bytes = {piece->data, length};
    piece->data += length;
    piece->length -= length;
    if (is_bounded && (parser->body_remaining -= length) == 0)
        parser->state = parser->state == KMS_HTTP1_CHUNK_DATA ? KMS_HTTP1_CHUNK_END : KMS_HTTP1_END;
    return kms_buffer_append(body, bytes.data, bytes.length) ||
           fail_append(parser, body, BODY_TOO_LARGE);
}

/* Takes a byte of the CRLF after chunk data. Here body_remaining counts the bytes taken. */
static bool take_chunk_end(kms_http1_parser *parser, kms_slice *piece)
{
    static const char end[] = "\r\n";
    if (*piece->data != end[parser->body_remaining])
        return fail_malformed(parser, "missing line end after chunk data");
    piece->data++;
    piece->length--;
    if (++parser->body_remaining == sizeof end - 1)
        parser->state = KMS_HTTP1_CHUNK_SIZE;
    return true;
}

/* Consumes a part of the piece. False if the piece is used up, at the end of the response, or on
 * failure. */
static bool advance(kms_http1_parser *parser, kms_slice *piece)
{
    kms_slice line;
    switch (parser->state) {
    case KMS_HTTP1_END:
        return false;
    case KMS_HTTP1_BODY_WITH_LENGTH:
    case KMS_HTTP1_CHUNK_DATA:
    case KMS_HTTP1_BODY_UNTIL_CLOSE:
        return take_body(parser, piece);
    case KMS_HTTP1_CHUNK_END:
        return take_chunk_end(parser, piece);
    default:
        if (parser->is_line_used)
            kms_buffer_clear(&parser->line);
        parser->is_line_used = false;
        if (parser->state == KMS_HTTP1_STATUS_LINE && !can_be_status_line(parser, *piece))
            return fail_malformed(parser, MALFORMED_STATUS);
        return next_line(parser, piece, &line) && parse_line(parser, line);
    }
}

kms_http1_result kms_http1_parser_feed(kms_http1_parser *parser, kms_slice *piece)
{
    parser->has_started |= piece->length > 0;
    while (piece->length > 0 && advance(parser, piece))
        ;
    if (parser->error_code != KMS_HTTP_OK)
        return KMS_HTTP1_FAILED;
    return parser->state == KMS_HTTP1_END ? KMS_HTTP1_DONE : KMS_HTTP1_MORE;
}

int kms_http1_parser_error_status(const kms_http1_parser *parser)
{
    const int status = parser->response->status;
    return parser->state != KMS_HTTP1_STATUS_LINE && status >= 400 ? status : 0;
}

kms_http1_result kms_http1_parser_finish(kms_http1_parser *parser)
{
    if (parser->state == KMS_HTTP1_BODY_UNTIL_CLOSE)
        parser->state = KMS_HTTP1_END;
    if (parser->state == KMS_HTTP1_END)
        return KMS_HTTP1_DONE;
    fail(parser, KMS_HTTP_CLOSED,
         parser->state <= KMS_HTTP1_HEADERS ? "connection closed within the response headers"
                                            : "connection closed within the response body");
    return KMS_HTTP1_FAILED;
}
