/* A host program that checks its SIGPIPE around a block. Prints the name of each check that holds. */
#include "curl/sigpipe.h"

#include <stdio.h>

static void raise_while_blocked(void)
{
    KMS_BLOCK_SIGPIPE(kms_sigpipe_is_possible());
    raise(SIGPIPE);
}

static void block_twice(void)
{
    KMS_BLOCK_SIGPIPE(kms_sigpipe_is_possible());
    raise_while_blocked();
    raise(SIGPIPE);
}

static void check(const char *name, int pending, int blocked)
{
    sigset_t signals, mask;
    sigpending(&signals);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (sigismember(&signals, SIGPIPE) == pending && sigismember(&mask, SIGPIPE) == blocked)
        puts(name);
}

int main(void)
{
    sigset_t signals;
    raise_while_blocked();
    check("dropped", 0, 0);
    block_twice();
    check("nested", 0, 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    raise_while_blocked();
    check("blocked by the host", 0, 1);
    raise(SIGPIPE);
    raise_while_blocked();
    check("pending for the host", 1, 1);
    return 0;
}
