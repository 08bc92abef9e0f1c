/* Keeps SIGPIPE from the host while libcurl may write to a socket.
 *
 * libcurl before 7.87 lets OpenSSL write without MSG_NOSIGNAL, and does not ignore the signal if
 * CURLOPT_NOSIGNAL is set. Later versions need no help. */
#ifndef KMS_SIGPIPE_H
#define KMS_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

typedef struct {
    bool is_blocked; /* kms_sigpipe_restore must unblock the signal */
    sigset_t mask;   /* of the thread before the block */
} kms_sigpipe;

/* Whether this libcurl may raise SIGPIPE. The version that is loaded decides. */
bool kms_sigpipe_is_possible(void);

/* Blocks SIGPIPE in this thread if `is_possible`. Does nothing if a SIGPIPE is pending: then the
 * host has blocked it, and must receive it. */
void kms_sigpipe_block(kms_sigpipe *state, bool is_possible);

/* Drops a SIGPIPE that arrived since the block, and restores the thread's mask. */
void kms_sigpipe_restore(const kms_sigpipe *state);

#endif
