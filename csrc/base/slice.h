/* Slices: borrowed bytes with a length. */
#ifndef KMS_SLICE_H
#define KMS_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The owner of the bytes is the one who made the slice. data == NULL means absent, which differs
 * from empty. */
typedef struct {
    const char *data;
    size_t length;
} kms_slice;

/* A string literal as a slice. */
#define KMS_LITERAL(text) ((kms_slice){(text), sizeof(text) - 1})

/* A string as a slice; NULL is absent. */
static inline kms_slice kms_slice_from_string(const char *string)
{
    return (kms_slice){string, string == NULL ? 0 : strlen(string)};
}

static inline bool kms_slice_equals(kms_slice a, kms_slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

typedef struct {
    kms_slice name;
    kms_slice value;
} kms_pair;

/* A list of pairs in memory that the callee may reorder. */
typedef struct {
    kms_pair *items;
    size_t count;
} kms_pairs;

#endif
