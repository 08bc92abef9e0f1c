/* Runs the work of a benchmark program in batches. Each line of standard input is the size of a
 * batch; after the batch the program prints the CPU seconds it has used since its start. Any other
 * line ends the program. */
#ifndef BENCH_BATCHES_H
#define BENCH_BATCHES_H

/* `work` does a batch of `count`. When it fails, it ends the program. */
void run_batches(void (*work)(void *state, long count), void *state);

/* `once` does one piece of work of a batch. When it fails, it ends the program. */
void run_each(void (*once)(void *state), void *state);

#endif
