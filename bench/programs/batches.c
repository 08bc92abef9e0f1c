/* Work in batches, in C; see batches.h. */
#include "batches.h"

#include <stdio.h>
#include <time.h>

void run_whole_batches(void (*work)(void *state, long count), void *state)
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
} repeated;

static void repeat(void *state, long count)
{
    const repeated *self = state;
    while (count-- > 0)
        self->once(self->state);
}

void run_batches(void (*once)(void *state), void *state)
{
    run_whole_batches(repeat, &(repeated){once, state});
}
