/* Reads small files that a user names. */
#ifndef KMS_FILE_H
#define KMS_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    KMS_FILE_OK = 0,
    KMS_FILE_ABSENT,
    KMS_FILE_TOO_LARGE,
    KMS_FILE_UNREADABLE
} kms_file_status;

typedef struct {
    size_t length;
    unsigned mode;      /* permission bits, as for chmod */
    const char *reason; /* why the file is unreadable, without the path */
} kms_file_info;

/* Checks that a path refers to a readable regular file of at most `size` bytes; or, if `is_folder`,
 * to a folder that can be searched. Opens nothing. */
kms_file_status kms_file_check(const char *path, bool is_folder, size_t size, kms_file_info *info);

/* Reads a regular file into `memory`. Waits for nothing, so a FIFO or a device is unreadable. */
kms_file_status kms_file_read(const char *path, char *memory, size_t size, kms_file_info *info);

#endif
