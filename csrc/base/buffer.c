/* Growing byte buffer with a size limit; see buffer.h. */
#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/wipe.h"

enum { INITIAL_CAPACITY = 512, MAX_KEPT_CAPACITY = 8192 };

void kms_buffer_init(kms_buffer *buffer, size_t limit)
{
    memset(buffer, 0, sizeof *buffer);
    buffer->limit = limit;
}

static bool fail(kms_buffer *buffer, kms_buffer_status status)
{
    kms_buffer_free(buffer);
    buffer->status = status;
    return false;
}

/* Not realloc, because it would not wipe the old memory. */
static bool grow(kms_buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity == 0 ? INITIAL_CAPACITY : buffer->capacity;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    if (capacity > buffer->limit)
        capacity = buffer->limit;
    char *data = malloc(capacity);
    if (data == NULL)
        return fail(buffer, KMS_BUFFER_NO_MEMORY);
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->length);
        kms_wipe(buffer->data, buffer->length);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool kms_buffer_append_slow(kms_buffer *buffer, const char *data, size_t length)
{
    if (buffer->status != KMS_BUFFER_OK)
        return false;
    if (buffer->length > buffer->limit || length > buffer->limit - buffer->length)
        return fail(buffer, KMS_BUFFER_TOO_LARGE);
    if (length == 0)
        return true;
    if (length > buffer->capacity - buffer->length && !grow(buffer, buffer->length + length))
        return false;
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    return true;
}

bool kms_buffer_append_lower(kms_buffer *buffer, const char *data, size_t length)
{
    if (!kms_buffer_append(buffer, data, length))
        return false;
    char *added = buffer->data + buffer->length - length;
    for (size_t i = 0; i < length; i++)
        added[i] = kms_ascii_lower(added[i]);
    return true;
}

bool kms_buffer_replace(kms_buffer *buffer, size_t at, size_t old_length, kms_slice slice)
{
    const size_t tail = at + old_length, length = buffer->length;
    /* A longer slice is appended first, only to make room. */
    if (slice.length > old_length &&
        !kms_buffer_append(buffer, slice.data, slice.length - old_length))
        return false;
    memmove(buffer->data + at + slice.length, buffer->data + tail, length - tail);
    memcpy(buffer->data + at, slice.data, slice.length);
    if (slice.length < old_length) {
        buffer->length = length - (old_length - slice.length);
        kms_wipe(buffer->data + buffer->length, length - buffer->length);
    }
    return true;
}

void kms_buffer_clear(kms_buffer *buffer)
{
    if (buffer->capacity > MAX_KEPT_CAPACITY) {
        kms_buffer_free(buffer);
        return;
    }
    if (buffer->length > 0)
        kms_wipe(buffer->data, buffer->length);
    buffer->length = 0;
    buffer->status = KMS_BUFFER_OK;
}

void kms_buffer_free(kms_buffer *buffer)
{
    if (buffer->data != NULL)
        kms_wipe(buffer->data, buffer->length);
    free(buffer->data);
    kms_buffer_init(buffer, buffer->limit);
}
