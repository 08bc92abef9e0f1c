/* An answer of HTTP/1.1, read by the letter; see http1.h. Sections are those of RFC 9112. */
#include "http/http1_parser.h"
#include "http/syntax.h"

#include <stdint.h>

enum { SIZE_DIGITS = 13 }; /* of a chunk's size in base 16: more are far beyond any limit */

/* As are lengths above this, which one more digit does not make too long for 64 bits. */
#define HUGE_LENGTH (UINT64_MAX / 16)

static const char NO_HTTP[] = "its first line is not one of HTTP/1.1";
static const char NO_LENGTH[] = "its Content-Length is no length";
static const char NO_SIZE[] = "a chunk has no size";

void kms_http1_begin(kms_http1 *reader, kms_reply *reply, bool headless)
{
    *reader = (kms_http1){.reply = reply, .headless = headless};
    kms_buffer_init(&reader->line, KMS_HEAD_LIMIT);
}

void kms_http1_end(kms_http1 *reader)
{
    kms_buffer_free(&reader->line);
}

static bool refuse(kms_http1 *reader, const char *reason)
{
    return kms_reply_stop(reader->reply, "other", reason);
}

static bool stop_too_large(kms_http1 *reader)
{
    return kms_reply_stop(reader->reply, "too_large", KMS_BODY_TOO_LONG);
}

/* What does not begin like an answer is none, however it goes on. */
static bool begins_well(const kms_http1 *reader, kms_slice piece)
{
    static const char protocol[] = "HTTP/";
    for (size_t i = 0, at = reader->line.length; i < piece.length && at < 5; i++, at++)
        if (piece.data[i] != protocol[at])
            return false;
    return true;
}

/* Takes off the line's end. A bare LF is one of a first line, a header or a trailer (section 2.2),
 * but not of a chunk's size: some take it for a part of an extension there, which goes on. A CR
 * elsewhere, and NUL, belong nowhere. */
static bool trim_line(kms_http1 *reader, kms_slice *line)
{
    line->length--;
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        line->length--;
    else if (reader->stage == KMS_HTTP1_CHUNK_SIZE)
        return refuse(reader, NO_SIZE);
    if (memchr(line->data, '\r', line->length) == NULL &&
        memchr(line->data, '\0', line->length) == NULL)
        return true;
    return refuse(reader, "a line of its head is not text");
}

/* Takes the next line from the front of the piece; it lasts until the next one is taken. False: it
 * goes on beyond the piece, or the reader has stopped. */
static bool next_line(kms_http1 *reader, kms_slice *piece, kms_slice *line)
{
    kms_buffer *kept = &reader->line;
    const char *end = memchr(piece->data, '\n', piece->length);
    *line = *piece;
    if (end != NULL)
        line->length = (size_t)(end - piece->data) + 1;
    piece->data += line->length;
    piece->length -= line->length;
    if (!kms_reply_fits(reader->reply, kept->length + line->length))
        return false;
    if (end != NULL && kept->length == 0)
        return trim_line(reader, line);
    if (!kms_reply_gather(reader->reply, kept, *line) || end == NULL)
        return false;
    *line = (kms_slice){kept->data, kept->length};
    reader->line_used = true;
    return trim_line(reader, line);
}

/* "HTTP/1.1 200 OK"; the reason may be left out. */
static bool read_status(kms_http1 *reader, kms_slice line)
{
    enum { MINOR = 7, STATUS = 9, LENGTH = 12 };
    const char *at = line.data;
    if (line.length < LENGTH || memcmp(at, "HTTP/1.", MINOR) != 0 ||
        (at[MINOR] != '0' && at[MINOR] != '1') || at[MINOR + 1] != ' ' || at[STATUS] == '0' ||
        kms_syntax_span((kms_slice){at + STATUS, LENGTH - STATUS}, KMS_DIGIT) != LENGTH - STATUS ||
        (line.length > LENGTH && at[LENGTH] != ' '))
        return refuse(reader, NO_HTTP);
    reader->old = at[MINOR] == '0';
    reader->status = 0;
    for (int i = STATUS; i < LENGTH; i++)
        reader->status = reader->status * 10 + (at[i] - '0');
    reader->stage = KMS_HTTP1_HEADERS;
    kms_reply_restart(reader->reply);
    return true;
}

/* The next member of a list with commas. False: there is no more. */
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

/* One number, perhaps several times (section 6.3, rule 5), and perhaps in several headers: all but
 * the first must say what *length is. */
static bool read_length(kms_http1 *reader, kms_slice list, bool first, uint64_t *length)
{
    kms_slice member;
    for (; next_member(&list, &member); first = false) {
        uint64_t number = 0;
        if (!kms_syntax_matches(member, KMS_DIGIT))
            return refuse(reader, NO_LENGTH);
        for (size_t i = 0; i < member.length && number <= HUGE_LENGTH; i++)
            number = number * 10 + (uint64_t)(member.data[i] - '0');
        if (!first && number != *length)
            return refuse(reader, NO_LENGTH);
        *length = number;
    }
    return true;
}

static bool says_close(kms_slice list)
{
    kms_slice member;
    while (next_member(&list, &member))
        if (kms_ascii_equals_nocase(member, "close"))
            return true;
    return false;
}

/* How the body comes (section 6.3). */
static bool end_head(kms_http1 *reader)
{
    const bool bodiless = reader->headless || reader->status == 204 || reader->status == 304;
    bool sized = false, chunked = false;
    size_t position = 0, codings = 0;
    uint64_t length = 0;
    kms_slice name, value;
    reader->last = reader->old;
    while (kms_reply_next(reader->reply, &position, &name, &value)) {
        if (kms_ascii_equals_nocase(name, "connection") && says_close(value)) {
            reader->last = true;
        } else if (kms_ascii_equals_nocase(name, "transfer-encoding")) {
            codings++;
            chunked = kms_ascii_equals_nocase(value, "chunked");
        } else if (kms_ascii_equals_nocase(name, "content-length") && !bodiless) {
            if (!read_length(reader, value, !sized, &length))
                return false;
            sized = true;
        }
    }
    reader->stage = KMS_HTTP1_END;
    if (bodiless)
        return true;
    /* Also with a length, or in HTTP/1.0, somebody on the way may read it otherwise (6.1). */
    if (codings > 0 && (codings > 1 || !chunked || sized || reader->old))
        return refuse(reader, "the way its body is sent cannot be trusted");
    if (length > reader->reply->body.limit)
        return stop_too_large(reader);
    reader->left = (size_t)length;
    if (chunked)
        reader->stage = KMS_HTTP1_CHUNK_SIZE;
    else if (!sized)
        reader->stage = KMS_HTTP1_REST;
    else if (length > 0)
        reader->stage = KMS_HTTP1_LENGTH;
    reader->last |= reader->stage == KMS_HTTP1_REST;
    return true;
}

/* What a server says in between (1xx) is left out. */
static bool read_header(kms_http1 *reader, kms_slice line)
{
    if (line.length > 0)
        return kms_reply_header(reader->reply, line);
    if (reader->status == 101) /* nobody asked for another protocol */
        return refuse(reader, "it changed to another protocol");
    if (reader->status >= 200)
        return end_head(reader);
    reader->stage = KMS_HTTP1_STATUS;
    return true;
}

/* A chunk's size, and perhaps extensions, which are left out (section 7.1). */
static bool read_chunk_size(kms_http1 *reader, kms_slice line)
{
    const kms_buffer *body = &reader->reply->body;
    size_t at = 0, zeros = 0;
    uint64_t size = 0;
    for (; at < line.length && kms_ascii_hex_value(line.data[at]) >= 0; at++) {
        if (size == 0 && line.data[at] == '0')
            zeros++;
        else if (at - zeros < SIZE_DIGITS)
            size = size * 16 + (uint64_t)kms_ascii_hex_value(line.data[at]);
    }
    const kms_slice rest = kms_ascii_trim((kms_slice){line.data + at, line.length - at});
    if (at == 0 || (rest.length > 0 && rest.data[0] != ';'))
        return refuse(reader, NO_SIZE);
    if (at - zeros > SIZE_DIGITS || size > body->limit - body->length)
        return stop_too_large(reader);
    reader->left = (size_t)size;
    reader->stage = size > 0 ? KMS_HTTP1_CHUNK : KMS_HTTP1_TRAILERS;
    /* The digits are bounded by the body, the rest by nothing else. */
    return kms_reply_count(reader->reply, line.length - (at - zeros));
}

static bool read_trailer(kms_http1 *reader, kms_slice line)
{
    kms_slice name, value;
    if (line.length == 0)
        reader->stage = KMS_HTTP1_END;
    else if (!kms_syntax_split_header(line, &name, &value))
        return refuse(reader, KMS_NO_HEADER);
    return true;
}

static bool read_line(kms_http1 *reader, kms_slice line)
{
    if (reader->stage == KMS_HTTP1_CHUNK_SIZE)
        return read_chunk_size(reader, line);
    if (!kms_reply_count(reader->reply, line.length + 2))
        return false;
    return reader->stage == KMS_HTTP1_STATUS    ? read_status(reader, line)
           : reader->stage == KMS_HTTP1_HEADERS ? read_header(reader, line)
                                                : read_trailer(reader, line);
}

static bool take_body(kms_http1 *reader, kms_slice *piece)
{
    const bool bounded = reader->stage != KMS_HTTP1_REST;
    const size_t length = bounded && reader->left < piece->length ? reader->left : piece->length;
    const kms_slice bytes = {piece->data, length};
    piece->data += length;
    piece->length -= length;
    if (bounded && (reader->left -= length) == 0) {
        const bool chunk = reader->stage == KMS_HTTP1_CHUNK;
        reader->stage = chunk ? KMS_HTTP1_CHUNK_END : KMS_HTTP1_END;
    }
    return kms_reply_body(reader->reply, bytes);
}

static bool take_chunk_end(kms_http1 *reader, kms_slice *piece)
{
    static const char end[] = "\r\n";
    if (*piece->data != end[reader->left])
        return refuse(reader, "a chunk does not end where it should");
    piece->data++;
    piece->length--;
    if (++reader->left == sizeof end - 1)
        reader->stage = KMS_HTTP1_CHUNK_SIZE;
    return true;
}

/* False: the piece is used up, or the reader has stopped. */
static bool step(kms_http1 *reader, kms_slice *piece)
{
    kms_slice line;
    switch (reader->stage) {
    case KMS_HTTP1_END:
        return false;
    case KMS_HTTP1_LENGTH:
    case KMS_HTTP1_CHUNK:
    case KMS_HTTP1_REST:
        return take_body(reader, piece);
    case KMS_HTTP1_CHUNK_END:
        return take_chunk_end(reader, piece);
    default:
        if (reader->line_used)
            kms_buffer_clear(&reader->line);
        reader->line_used = false;
        if (reader->stage == KMS_HTTP1_STATUS && !begins_well(reader, *piece))
            return refuse(reader, NO_HTTP);
        return next_line(reader, piece, &line) && read_line(reader, line);
    }
}

kms_http1_result kms_http1_read(kms_http1 *reader, kms_slice *piece)
{
    reader->started |= piece->length > 0;
    while (piece->length > 0 && step(reader, piece))
        ;
    if (reader->reply->stop_code != NULL)
        return KMS_HTTP1_STOPPED;
    return reader->stage == KMS_HTTP1_END ? KMS_HTTP1_DONE : KMS_HTTP1_MORE;
}

kms_http1_result kms_http1_finish(kms_http1 *reader)
{
    const bool in_head = reader->stage <= KMS_HTTP1_HEADERS;
    if (reader->stage == KMS_HTTP1_REST)
        reader->stage = KMS_HTTP1_END;
    if (reader->stage == KMS_HTTP1_END)
        return KMS_HTTP1_DONE;
    kms_reply_stop(reader->reply, "closed",
                   in_head ? "it ended within the answer's head"
                           : "it ended within the answer's body");
    return KMS_HTTP1_STOPPED;
}
