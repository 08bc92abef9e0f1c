/* Keeps SIGPIPE from the host; see sigpipe.h. */
#include "curl/sigpipe.h"

#include <curl/curl.h>
#include <time.h>

enum { FIXED_IN = 0x075700 }; /* 7.87.0 */

/* -DKMS_SIGPIPE_IS_POSSIBLE tests the blocking with a newer libcurl. */
bool kms_sigpipe_is_possible(void)
{
#ifdef KMS_SIGPIPE_IS_POSSIBLE
    return true;
#else
    return curl_version_info(CURLVERSION_NOW)->version_num < FIXED_IN;
#endif
}

void kms_sigpipe_block(kms_sigpipe *state, bool is_possible)
{
    sigset_t pending, sigpipe;
    state->is_blocked = false;
    if (!is_possible)
        return;
    sigpending(&pending);
    if (sigismember(&pending, SIGPIPE) == 1)
        return;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    state->is_blocked = pthread_sigmask(SIG_BLOCK, &sigpipe, &state->mask) == 0;
}

void kms_sigpipe_restore(const kms_sigpipe *state)
{
    const struct timespec no_wait = {0, 0};
    sigset_t sigpipe;
    if (!state->is_blocked)
        return;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    while (sigtimedwait(&sigpipe, NULL, &no_wait) == SIGPIPE)
        ;
    pthread_sigmask(SIG_SETMASK, &state->mask, NULL);
}
