/* Work in batches, in C; see batches.h. */
#include "batches.h"

#include <stdio.h>
#include <time.h>

void run_batches(void (*once)(void *state), void *state)
{
    long count;
    while (scanf("%ld", &count) == 1) {
        while (count-- > 0)
            once(state);
        printf("%.6f\n", (double)clock() / CLOCKS_PER_SEC);
        fflush(stdout);
    }
}
