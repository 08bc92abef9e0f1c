/* Files that are locked, appended to, and synced; see append_file.h. */
#define _DEFAULT_SOURCE /* flock */

#include "base/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Syncs the folder that has the entry of a new file. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    char *folder = malloc(length + 2);
    if (!folder)
        return false;
    memcpy(folder, path, length);
    memcpy(folder + length, ".", 2);
    const int descriptor = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    free(folder);
    if (descriptor < 0)
        return false;
    /* Some file systems cannot sync a folder. */
    const bool is_synced = fsync(descriptor) == 0 || errno == EINVAL;
    const int error = errno;
    close(descriptor);
    errno = error;
    return is_synced;
}

static kms_append_file_status open_failure(void)
{
    if (errno == EEXIST)
        return KMS_APPEND_FILE_EXISTS;
    return errno == ENOENT || errno == ENOTDIR ? KMS_APPEND_FILE_ABSENT : KMS_APPEND_FILE_FAILED;
}

static kms_append_file_status prepare(int descriptor, const char *path, bool is_new)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return KMS_APPEND_FILE_FAILED;
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        return KMS_APPEND_FILE_FAILED;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? KMS_APPEND_FILE_LOCKED : KMS_APPEND_FILE_FAILED;
    return !is_new || sync_folder(path) ? KMS_APPEND_FILE_OK : KMS_APPEND_FILE_FAILED;
}

kms_append_file_status kms_append_file_open(const char *path, bool is_new, int *descriptor)
{
    /* O_NONBLOCK: the path of an existing file may be a FIFO, for which open would wait. */
    const int flags = is_new ? O_CREAT | O_EXCL : O_NONBLOCK;
    *descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | flags, 0600);
    if (*descriptor < 0)
        return open_failure();
    const kms_append_file_status result = prepare(*descriptor, path, is_new);
    if (result != KMS_APPEND_FILE_OK) {
        const int error = errno;
        close(*descriptor);
        *descriptor = -1;
        errno = error;
    }
    return result;
}

static bool write_all(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t count = write(descriptor, data, length);
        if (count >= 0) {
            data += count;
            length -= (size_t)count;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool kms_append_file_write(int descriptor, const char *data, size_t length)
{
    const struct timespec no_wait = {0, 0};
    sigset_t pending, blocked, mask;
    sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGXFSZ) == 1;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGXFSZ);
    const bool is_blocked = pthread_sigmask(SIG_BLOCK, &blocked, &mask) == 0;
    const bool is_written = write_all(descriptor, data, length);
    const int error = errno;
    if (is_blocked) {
        while (!was_pending && !is_written && sigtimedwait(&blocked, NULL, &no_wait) == SIGXFSZ)
            ;
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
    }
    errno = error;
    return is_written;
}
