/* Growing byte buffer with a size limit. */
#ifndef KMS_BUFFER_H
#define KMS_BUFFER_H

#include "base/slice.h"

typedef enum { KMS_BUFFER_OK = 0, KMS_BUFFER_TOO_LARGE, KMS_BUFFER_NO_MEMORY } kms_buffer_status;

/* The first append that fails frees the memory, and every later append fails too. A caller can
 * therefore check the status once, after the last append. Memory is wiped before it is freed,
 * because it may hold a token. */
typedef struct {
    char *data; /* not terminated by NUL; NULL until the first append */
    size_t length;
    size_t capacity;
    size_t limit; /* of length */
    kms_buffer_status status;
} kms_buffer;

/* Makes an empty buffer. Allocates nothing. */
void kms_buffer_init(kms_buffer *buffer, size_t limit);

/* The part of kms_buffer_append that grows the buffer or fails. */
bool kms_buffer_append_slow(kms_buffer *buffer, const char *data, size_t length);

/* `data` must not point into the buffer. Returns false if the status is not KMS_BUFFER_OK. */
static inline bool kms_buffer_append(kms_buffer *buffer, const char *data, size_t length)
{
    size_t room = buffer->capacity < buffer->limit ? buffer->capacity : buffer->limit;
    if (length == 0 || buffer->length > room || length > room - buffer->length)
        return kms_buffer_append_slow(buffer, data, length);
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    return true;
}

static inline bool kms_buffer_append_char(kms_buffer *buffer, char c)
{
    return kms_buffer_append(buffer, &c, 1);
}

static inline bool kms_buffer_append_slice(kms_buffer *buffer, kms_slice slice)
{
    return kms_buffer_append(buffer, slice.data, slice.length);
}

static inline bool kms_buffer_append_string(kms_buffer *buffer, const char *string)
{
    return kms_buffer_append(buffer, string, strlen(string));
}

/* Appends with ASCII upper case changed to lower case. */
bool kms_buffer_append_lower(kms_buffer *buffer, const char *data, size_t length);

/* Replaces `old_length` bytes at `at` by a slice, which must not point into the buffer. */
bool kms_buffer_replace(kms_buffer *buffer, size_t at, size_t old_length, kms_slice slice);

/* The content, valid until the buffer changes. */
static inline kms_slice kms_buffer_view(const kms_buffer *buffer)
{
    return (kms_slice){buffer->data, buffer->length};
}

/* Wipes the content and resets the status. Keeps a small allocation for reuse. */
void kms_buffer_clear(kms_buffer *buffer);

/* Wipes and frees. The buffer is then as after init. */
void kms_buffer_free(kms_buffer *buffer);

#endif
