/* Memory that remembers who asked for it. */
#ifndef SPEC_MEMORY_BLOCKS_H
#define SPEC_MEMORY_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t size;       /* of what follows; the next block comes right after it */
    const char *owner; /* the path of a library, or one of the names below */
    size_t freed;
    size_t unused;
} block;

extern const char OWNER_LUA[], OWNER_SCANNER[];

/* The library that the code at an address belongs to. */
const char *owner_of(void *code);

/* Zeroed memory. There is always some: a process that used up its addresses is aborted. */
void *block_new(size_t size, const char *owner);
void *block_resize(void *memory, size_t size, const char *owner);
void block_free(void *memory);

/* The blocks made so far, in the order of their making: *at is 0 for the first. NULL: no more. */
block *block_next(size_t *at);

/* Where the mapping of all blocks begins. */
uintptr_t blocks_begin(void);

#endif
