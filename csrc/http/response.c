/* Collects an answer of HTTP; see reply.h. */
#include "http/response.h"
#include "http/syntax.h"

static const char HEAD_TOO_LONG[] = "its head is above 256 KiB";
const char KMS_BODY_TOO_LONG[] = "its body is above max_response";
const char KMS_NO_HEADER[] = "a line of its head is no header";

void kms_reply_init(kms_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    kms_buffer_init(&reply->head, KMS_HEAD_LIMIT);
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

bool kms_reply_fits(kms_reply *reply, size_t bytes)
{
    return bytes <= KMS_HEAD_LIMIT - reply->head_bytes ||
           kms_reply_stop(reply, "too_large", HEAD_TOO_LONG);
}

bool kms_reply_count(kms_reply *reply, size_t bytes)
{
    if (!kms_reply_fits(reply, bytes))
        return false;
    reply->head_bytes += bytes;
    return true;
}

bool kms_reply_gather(kms_reply *reply, kms_buffer *line, kms_slice piece)
{
    kms_buffer_append(line, piece.data, piece.length);
    return check_buffer(reply, line, HEAD_TOO_LONG);
}

void kms_reply_restart(kms_reply *reply)
{
    kms_buffer_clear(&reply->head);
    reply->header_count = 0;
}

bool kms_reply_header(kms_reply *reply, kms_slice line)
{
    kms_buffer *head = &reply->head;
    kms_slice name, value;
    if (!kms_syntax_split_header(line, &name, &value) ||
        memchr(value.data, '\0', value.length) != NULL)
        return kms_reply_stop(reply, "other", KMS_NO_HEADER);
    kms_buffer_append_lower(head, name.data, name.length);
    kms_buffer_append_char(head, '\0');
    kms_buffer_append(head, value.data, value.length);
    kms_buffer_append_char(head, '\0');
    reply->header_count++;
    return check_buffer(reply, head, HEAD_TOO_LONG);
}

bool kms_reply_line(kms_reply *reply, kms_slice line)
{
    if (!kms_reply_count(reply, line.length))
        return false;
    if (reply->stage == KMS_HEAD_DONE)
        return true;
    while (line.length > 0 &&
           (line.data[line.length - 1] == '\n' || line.data[line.length - 1] == '\r'))
        line.length--;
    if (reply->stage == KMS_AWAIT_STATUS) { /* HTTP/1.1 200 OK, HTTP/2 200 */
        const char *space = memchr(line.data, ' ', line.length);
        bool interim = space != NULL && space + 1 < line.data + line.length && space[1] == '1';
        reply->stage = interim ? KMS_IN_INTERIM : KMS_IN_HEAD;
        kms_reply_restart(reply);
    } else if (line.length == 0) {
        reply->stage = reply->stage == KMS_IN_HEAD ? KMS_HEAD_DONE : KMS_AWAIT_STATUS;
    } else {
        return kms_reply_header(reply, line);
    }
    return true;
}

bool kms_reply_body(kms_reply *reply, kms_slice piece)
{
    kms_buffer_append(&reply->body, piece.data, piece.length);
    return check_buffer(reply, &reply->body, KMS_BODY_TOO_LONG);
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

void kms_reply_clear(kms_reply *reply)
{
    const kms_buffer head = reply->head, body = reply->body;
    *reply = (kms_reply){.head = head, .body = body};
    kms_buffer_clear(&reply->head);
    kms_buffer_clear(&reply->body);
}

void kms_reply_free(kms_reply *reply)
{
    kms_buffer_free(&reply->head);
    kms_buffer_free(&reply->body);
    kms_reply_init(reply);
}
