/* Collects an answer of HTTP; see reply.h. */
#include "reply.h"
#include "http_syntax.h"

enum { HEAD_LIMIT = 256 * 1024 };

void kms_reply_init(kms_reply *reply, size_t limit)
{
    memset(reply, 0, sizeof *reply);
    kms_buffer_init(&reply->head, HEAD_LIMIT);
    kms_buffer_init(&reply->body, limit);
}

bool kms_reply_stop(kms_reply *reply, const char *code, const char *reason)
{
    reply->stop_code = code;
    reply->stop_reason = reason;
    return false;
}

static bool check_buffer(kms_reply *reply, const kms_buffer *buffer, const char *too_large)
{
    if (buffer->status == KMS_BUFFER_OK)
        return true;
    return buffer->status == KMS_BUFFER_NO_MEMORY ? kms_reply_stop(reply, "other", "out of memory")
                                                  : kms_reply_stop(reply, "too_large", too_large);
}

/* Keeps a header as name NUL value NUL, the name in lower case, the value without white space
 * around it. False where it is none: RFC 9112 section 5.1 allows no space before the colon, and a
 * line that begins with white space continues the one before it (section 5.2), which only a broken
 * server still sends. */
static bool keep_header(kms_reply *reply, kms_slice line)
{
    kms_buffer *head = &reply->head;
    const char *colon = memchr(line.data, ':', line.length);
    if (colon == NULL || memchr(line.data, '\0', line.length) != NULL)
        return false;
    kms_slice name = {line.data, (size_t)(colon - line.data)};
    const char *value = colon + 1, *end = line.data + line.length;
    if (!kms_made_of(name, KMS_TOKEN))
        return false;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    kms_buffer_add_lower(head, name.data, name.length);
    kms_buffer_add_char(head, '\0');
    kms_buffer_add(head, value, (size_t)(end - value));
    kms_buffer_add_char(head, '\0');
    reply->header_count++;
    return true;
}

bool kms_reply_line(kms_reply *reply, kms_slice line)
{
    static const char too_long[] = "its head is above 256 KiB";
    reply->head_bytes += line.length;
    if (reply->head_bytes > HEAD_LIMIT)
        return kms_reply_stop(reply, "too_large", too_long);
    if (reply->stage == KMS_HEAD_DONE)
        return true;
    while (line.length > 0 &&
           (line.data[line.length - 1] == '\n' || line.data[line.length - 1] == '\r'))
        line.length--;
    if (reply->stage == KMS_AWAIT_STATUS) { /* HTTP/1.1 200 OK, HTTP/2 200 */
        const char *space = memchr(line.data, ' ', line.length);
        bool interim = space != NULL && space + 1 < line.data + line.length && space[1] == '1';
        reply->stage = interim ? KMS_IN_INTERIM : KMS_IN_HEAD;
        kms_buffer_clear(&reply->head);
        reply->header_count = 0;
    } else if (line.length == 0) {
        reply->stage = reply->stage == KMS_IN_HEAD ? KMS_HEAD_DONE : KMS_AWAIT_STATUS;
    } else if (!keep_header(reply, line)) {
        return kms_reply_stop(reply, "other", "a line of its head is no header");
    }
    return check_buffer(reply, &reply->head, too_long);
}

bool kms_reply_body(kms_reply *reply, kms_slice piece)
{
    kms_buffer_add(&reply->body, piece.data, piece.length);
    return check_buffer(reply, &reply->body, "its body is above max_response");
}

bool kms_reply_next(const kms_reply *reply, size_t *position, kms_slice *name, kms_slice *value)
{
    const kms_buffer *head = &reply->head;
    if (*position >= head->length)
        return false;
    *name = (kms_slice){head->data + *position, strlen(head->data + *position)};
    *value = (kms_slice){name->data + name->length + 1, strlen(name->data + name->length + 1)};
    *position += name->length + value->length + 2;
    return true;
}

void kms_reply_free(kms_reply *reply)
{
    kms_buffer_free(&reply->head);
    kms_buffer_free(&reply->body);
    kms_reply_init(reply, reply->body.limit);
}
