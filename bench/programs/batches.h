/* How a program of the benchmark is driven: for each number on standard input it does its work that
 * many times, then prints the processor time it has used since it started, in seconds. Anything
 * else ends it. */
#ifndef BENCH_BATCHES_H
#define BENCH_BATCHES_H

/* `once` ends the program itself when the work fails. */
void run_batches(void (*once)(void *state), void *state);

#endif
