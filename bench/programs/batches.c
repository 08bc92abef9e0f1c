/* Runs work in batches; see batches.h. */
#include "batches.h"

#include <stdio.h>
#include <time.h>

void run_batches(void (*work)(void *state, long count), void *state)
{
    long count;
    while (scanf("%ld", &count) == 1) {
        work(state, count);
        printf("%.6f\n", (double)clock() / CLOCKS_PER_SEC);
        fflush(stdout);
    }
}

typedef struct {
    void (*once)(void *state);
    void *state;
} repeated_work;

static void repeat(void *state, long count)
{
    const repeated_work *self = state;
    while (count-- > 0)
        self->once(self->state);
}

void run_each(void (*once)(void *state), void *state)
{
    run_batches(repeat, &(repeated_work){once, state});
}
