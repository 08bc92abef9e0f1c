/* Searches memory for secrets, and prints what it found. */
#ifndef SPEC_MEMORY_SEARCH_H
#define SPEC_MEMORY_SEARCH_H

#include <stdint.h>

/* Searches a range of addresses. The next scan prints the findings. */
void search_range(uintptr_t first, uintptr_t last, const char *owner, const char *state);

/* Searches all writable memory of the process. Prints one line per finding, and one at the end. */
void search_all(const char *moment);

#endif
