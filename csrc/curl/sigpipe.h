/* Keeps SIGPIPE from the host while libcurl may write to a socket.
 *
 * libcurl before 7.87 lets OpenSSL write without MSG_NOSIGNAL, and CURLOPT_NOSIGNAL makes it leave
 * the signal alone. From 7.87 on nothing needs to be done. */
#ifndef KMS_SIGPIPE_H
#define KMS_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

typedef struct {
    bool is_blocked; /* here: the signal is to be unblocked */
    sigset_t mask;   /* of the thread before */
} kms_sigpipe;

/* Whether this libcurl may raise SIGPIPE. The version that is loaded decides. */
bool kms_sigpipe_is_possible(void);

/* Blocks SIGPIPE in this thread if `is_possible` and if none is pending, which the host has blocked
 * then. */
void kms_sigpipe_block(kms_sigpipe *state, bool is_possible);

/* Drops a SIGPIPE that arrived meanwhile, and restores the thread's mask. */
void kms_sigpipe_restore(const kms_sigpipe *state);

#endif
