/* Reads files; see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static kms_file_status fail(int error, kms_file_info *info)
{
    info->reason = strerror(error);
    return error == ENOENT || error == ENOTDIR ? KMS_FILE_ABSENT : KMS_FILE_UNREADABLE;
}

/* Checks what a path or a descriptor refers to; `result` is that of stat or fstat. */
static kms_file_status check(int result, const struct stat *status, bool is_folder, size_t size,
                             kms_file_info *info)
{
    *info = (kms_file_info){.reason = NULL};
    if (result != 0)
        return fail(errno, info);
    if (is_folder ? !S_ISDIR(status->st_mode) : !S_ISREG(status->st_mode)) {
        info->reason = is_folder ? "not a folder" : "not a regular file";
        return KMS_FILE_UNREADABLE;
    }
    info->mode = (unsigned)status->st_mode & 07777;
    return !is_folder && status->st_size > (off_t)size ? KMS_FILE_TOO_LARGE : KMS_FILE_OK;
}

static kms_file_status read_all(int descriptor, char *memory, size_t size, kms_file_info *info)
{
    while (info->length < size) {
        const ssize_t count = read(descriptor, memory + info->length, size - info->length);
        if (count == 0)
            return KMS_FILE_OK;
        if (count > 0)
            info->length += (size_t)count;
        else if (errno != EINTR)
            return fail(errno, info);
    }
    /* A file in /proc has more than its status says. */
    char more;
    return read(descriptor, &more, 1) == 0 ? KMS_FILE_OK : KMS_FILE_TOO_LARGE;
}

kms_file_status kms_file_check(const char *path, bool is_folder, size_t size, kms_file_info *info)
{
    struct stat status;
    const kms_file_status result = check(stat(path, &status), &status, is_folder, size, info);
    const int access_mode = is_folder ? R_OK | X_OK : R_OK;
    return result == KMS_FILE_OK && access(path, access_mode) != 0 ? fail(errno, info) : result;
}

kms_file_status kms_file_read(const char *path, char *memory, size_t size, kms_file_info *info)
{
    struct stat status;
    /* Before open, because to open a device may already have an effect. */
    kms_file_status result = check(stat(path, &status), &status, false, size, info);
    if (result != KMS_FILE_OK)
        return result;
    /* The path may refer to a FIFO by now, for which open would wait without O_NONBLOCK. */
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return fail(errno, info);
    result = check(fstat(descriptor, &status), &status, false, size, info);
    if (result == KMS_FILE_OK)
        result = read_all(descriptor, memory, size, info);
    close(descriptor);
    return result;
}
