/* Files that are locked, appended to, and synced: journals. */
#ifndef KMS_APPEND_FILE_H
#define KMS_APPEND_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    KMS_APPEND_FILE_OK = 0,
    KMS_APPEND_FILE_EXISTS,
    KMS_APPEND_FILE_ABSENT,
    KMS_APPEND_FILE_LOCKED, /* by another process, or by another open file of this one */
    KMS_APPEND_FILE_FAILED
} kms_append_file_status;

/* Opens a file for appending and locks it (flock); stores the descriptor. With `is_new` the file
 * must not exist: it is created with mode 0600, and its folder is synced so that the file survives
 * a power failure. Otherwise it must be an existing regular file. After a failure errno is set. */
kms_append_file_status kms_append_file_open(const char *path, bool is_new, int *descriptor);

/* Appends all bytes. Returns false with errno set if some could not be written: the file may then
 * end within them. Above RLIMIT_FSIZE errno is EFBIG, and SIGXFSZ does not reach the host. */
bool kms_append_file_write(int descriptor, const char *data, size_t length);

#endif
