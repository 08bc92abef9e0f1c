/* Keeps SIGPIPE from the host while libcurl may write to a socket. libcurl before 7.87 lets OpenSSL
 * write without MSG_NOSIGNAL, and a signal handler belongs to the host. */
#ifndef KMS_SIGPIPE_H
#define KMS_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

typedef struct {
    bool is_blocked; /* kms_sigpipe_restore must restore the mask */
    sigset_t mask;
} kms_sigpipe;

/* Whether the loaded libcurl may raise it. Slow, because libcurl formats the versions of its
 * libraries each time. */
bool kms_sigpipe_is_possible(void);

/* Blocks SIGPIPE in this thread if `is_possible`. Does nothing if one is pending: it is the host's,
 * and the signal is blocked then. */
kms_sigpipe kms_sigpipe_block(bool is_possible);

/* Drops a SIGPIPE that arrived since the block, and restores the thread's mask. */
void kms_sigpipe_restore(const kms_sigpipe *state);

/* Keeps SIGPIPE blocked until the end of the function, if `is_possible`. */
#define KMS_BLOCK_SIGPIPE(is_possible)                                                             \
    __attribute__((cleanup(kms_sigpipe_restore), unused)) const kms_sigpipe sigpipe =              \
        kms_sigpipe_block(is_possible)

#endif
