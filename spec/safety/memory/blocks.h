/* Memory blocks that know which library allocated them. */
#ifndef SPEC_MEMORY_BLOCKS_H
#define SPEC_MEMORY_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t size;       /* of the memory after this header; the next block follows it */
    const char *owner; /* path of a library, or one of the names below */
    size_t freed;
    size_t unused;
} block;

extern const char OWNER_LUA[], OWNER_SCANNER[];

/* The path of the library that contains the code at an address. */
const char *block_find_owner(void *code);

/* The name of one of the project's C modules in the path of an owner, kms/sign.so, or NULL. */
const char *block_find_module(const char *path);

/* Returns zeroed memory. Aborts the process when the address range is used up. */
void *block_new(size_t size, const char *owner);
void *block_resize(void *memory, size_t size, const char *owner);
void block_free(void *memory);

/* Iterates over all blocks in the order of allocation. *position is 0 for the first; returns NULL
 * at the end. */
block *block_next(size_t *position);

/* The start of the mapping that holds all blocks. */
uintptr_t block_mapping_start(void);

#endif
