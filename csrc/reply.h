/* Collects an answer of HTTP, bounded and checked, from the lines of its head and the pieces of its
 * body. No I/O. */
#ifndef KMS_REPLY_H
#define KMS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "request.h"

typedef enum { KMS_AWAIT_STATUS, KMS_IN_INTERIM, KMS_IN_HEAD, KMS_HEAD_DONE } kms_reply_stage;

typedef struct {
    kms_buffer head; /* of the final answer: name NUL value NUL ..., names in lower case */
    int header_count;
    kms_buffer body;
    size_t head_bytes; /* all that came as head: interim answers and trailers too */
    kms_reply_stage stage;
    const char *stop_code; /* why no more was taken: a code of kms.error and the reason; NULL: no
                              such thing */
    const char *stop_reason;
} kms_reply;

/* An empty answer whose body may have `limit` bytes. Allocates nothing. */
void kms_reply_init(kms_reply *reply, size_t limit);

/* One line of the head with its line end, or one trailer. False: see stop_code. */
bool kms_reply_line(kms_reply *reply, kms_slice line);

/* A piece of the body. False: see stop_code. */
bool kms_reply_body(kms_reply *reply, kms_slice piece);

/* Notes why no more is taken; returns false. Both strings are static. */
bool kms_reply_stop(kms_reply *reply, const char *code, const char *reason);

/* The next header, from *position (0 at first) on; both strings end in NUL. False: no more. */
bool kms_reply_next(const kms_reply *reply, size_t *position, kms_slice *name, kms_slice *value);

/* Wipes and frees; the answer is then empty and usable again. */
void kms_reply_free(kms_reply *reply);

#endif
