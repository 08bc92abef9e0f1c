/* Collects an answer of HTTP, bounded and checked, from the lines of its head and the pieces of its
 * body. No I/O. Functions that return false have noted why in stop_code. */
#ifndef KMS_REPLY_H
#define KMS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

enum { KMS_HEAD_LIMIT = 256 * 1024 };

/* Reasons for kms_reply_stop. */
extern const char KMS_BODY_TOO_LONG[], KMS_NO_HEADER[];

/* Where kms_reply_line is. */
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

/* An empty answer. Allocates nothing. How long its body may be is body.limit, the caller's to set.
 */
void kms_reply_init(kms_reply *reply);

/* One line of the head with its line end, or one trailer, as libcurl hands them out. */
bool kms_reply_line(kms_reply *reply, kms_slice line);

/* The parts of that, for who reads the answer himself: counts bytes of a head, drops the headers of
 * an interim answer, keeps one header. */
bool kms_reply_count(kms_reply *reply, size_t bytes);
void kms_reply_restart(kms_reply *reply);
bool kms_reply_header(kms_reply *reply, kms_slice line);

/* Whether the head has room for so many bytes more. Counts nothing. */
bool kms_reply_fits(kms_reply *reply, size_t bytes);

/* Adds to a line that comes in several pieces. */
bool kms_reply_gather(kms_reply *reply, kms_buffer *line, kms_slice piece);

/* A piece of the body. */
bool kms_reply_body(kms_reply *reply, kms_slice piece);

/* Notes why no more is taken; returns false. Both strings are static. */
bool kms_reply_stop(kms_reply *reply, const char *code, const char *reason);

/* The next header, from *position (0 at first) on; both strings end in NUL. False: no more. */
bool kms_reply_next(const kms_reply *reply, size_t *position, kms_slice *name, kms_slice *value);

/* Wipes; the answer is then empty, with its limit and a little memory for the next one. */
void kms_reply_clear(kms_reply *reply);

/* Wipes and frees. */
void kms_reply_free(kms_reply *reply);

#endif
