/* One growing byte buffer with a ceiling. It fails closed: the first add that does not fit frees
 * what is held, and every later add is refused, so only the end result needs a check. Its memory is
 * wiped before it is given back, because it may have held a token. */
#ifndef KMS_BUFFER_H
#define KMS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef enum {
    KMS_BUFFER_OK = 0,
    KMS_BUFFER_TOO_LARGE, /* the ceiling was reached */
    KMS_BUFFER_NO_MEMORY
} kms_buffer_status;

typedef struct {
    char *data; /* not terminated; NULL while empty */
    size_t length;
    size_t capacity;
    size_t limit; /* the ceiling, in bytes */
    kms_buffer_status status;
} kms_buffer;

/* An empty buffer that may grow to `limit` bytes. Allocates nothing. */
void kms_buffer_init(kms_buffer *buffer, size_t limit);

/* What kms_buffer_add does when there is no room yet. */
bool kms_buffer_add_slowly(kms_buffer *buffer, const char *data, size_t length);

/* Appends bytes; false once the buffer has failed. `data` must not point into the buffer. */
static inline bool kms_buffer_add(kms_buffer *buffer, const char *data, size_t length)
{
    size_t room = buffer->capacity < buffer->limit ? buffer->capacity : buffer->limit;
    if (length == 0 || buffer->length > room || length > room - buffer->length)
        return kms_buffer_add_slowly(buffer, data, length);
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    return true;
}

static inline bool kms_buffer_add_char(kms_buffer *buffer, char c)
{
    return kms_buffer_add(buffer, &c, 1);
}

static inline bool kms_buffer_add_string(kms_buffer *buffer, const char *string)
{
    return kms_buffer_add(buffer, string, strlen(string));
}

/* The same, with ASCII's upper case turned to lower. */
bool kms_buffer_add_lower(kms_buffer *buffer, const char *data, size_t length);

/* Empties the buffer and forgets a failure. The memory is wiped, and kept unless there is much. */
void kms_buffer_clear(kms_buffer *buffer);

/* Wipes and frees. The buffer is then empty and usable again. */
void kms_buffer_free(kms_buffer *buffer);

#endif
