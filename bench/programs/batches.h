/* How a program of the benchmark is driven: for each number on standard input it does its work that
 * many times, then prints the processor time it has used since it started, in seconds. Anything
 * else ends it. */
#ifndef BENCH_BATCHES_H
#define BENCH_BATCHES_H

/* `work` does a batch of `count`, and ends the program itself when it fails. */
void run_whole_batches(void (*work)(void *state, long count), void *state);

/* `once` likewise, for one of a batch. */
void run_batches(void (*once)(void *state), void *state);

#endif
