/* Keeps SIGPIPE from the host; see sigpipe.h. */
#include "curl/sigpipe.h"

#include <curl/curl.h>
#include <time.h>

/* -DKMS_SIGPIPE_FIXED_IN=0xffffff tests the blocking with a newer libcurl. */
#ifndef KMS_SIGPIPE_FIXED_IN
#define KMS_SIGPIPE_FIXED_IN 0x075700 /* 7.87.0 */
#endif

bool kms_sigpipe_is_possible(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < KMS_SIGPIPE_FIXED_IN;
}

kms_sigpipe kms_sigpipe_block(bool is_possible)
{
    kms_sigpipe state = {.is_blocked = false};
    sigset_t signals;
    if (!is_possible || sigpending(&signals) != 0 || sigismember(&signals, SIGPIPE) == 1)
        return state;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    state.is_blocked = pthread_sigmask(SIG_BLOCK, &signals, &state.mask) == 0;
    return state;
}

void kms_sigpipe_restore(const kms_sigpipe *state)
{
    const struct timespec no_wait = {0, 0};
    sigset_t signals;
    if (!state->is_blocked)
        return;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    sigtimedwait(&signals, NULL, &no_wait);
    pthread_sigmask(SIG_SETMASK, &state->mask, NULL);
}
