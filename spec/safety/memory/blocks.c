/* Stands in for malloc, so that modules and libraries run as they are; see blocks.h. Every block is
 * noted with the library that asked for it, and is never used again nor overwritten when freed. So
 * a copy that anybody left behind unwiped is still there when the process is searched, however long
 * ago it was freed.
 *
 * With SYSTEM_MALLOC, malloc is the system's, and only the host's own and Lua's blocks are here. */
#define _GNU_SOURCE
#include "blocks.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE ((size_t)1 << 32) /* of addresses; only what is written takes memory */

enum { PAGE = 4096, ALIGNMENT = 16 };

const char OWNER_LUA[] = "Lua", OWNER_SCANNER[] = "scanner";

static unsigned char *arena;
static atomic_size_t used;

/* Guards on both sides keep the kernel from joining it with a neighbour. */
static void make_arena(void)
{
    unsigned char *all = mmap(NULL, ARENA_SIZE + 2 * PAGE, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED || mprotect(all + PAGE, ARENA_SIZE, PROT_READ | PROT_WRITE) != 0)
        abort();
    arena = all + PAGE;
}

static block *block_of(void *memory)
{
    return (block *)memory - 1;
}

const char *owner_of(void *code)
{
    struct dl_find_object found;
    if (_dl_find_object(code, &found) != 0)
        return "startup";
    return *found.dlfo_link_map->l_name != '\0' ? found.dlfo_link_map->l_name : "host";
}

void *block_new(size_t size, const char *owner)
{
    size_t room = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena == NULL)
        make_arena(); /* before there is a second thread */
    size_t at = atomic_fetch_add(&used, sizeof(block) + room);
    if (room < size || at + sizeof(block) + room > ARENA_SIZE)
        abort();
    block *made = (block *)(arena + at);
    *made = (block){room, owner, 0, 0};
    return made + 1;
}

void block_free(void *memory)
{
    /* What the linker handed out before there was a malloc is not ours. */
    if ((unsigned char *)memory >= arena && (unsigned char *)memory < arena + ARENA_SIZE)
        block_of(memory)->freed = 1;
}

void *block_resize(void *memory, size_t size, const char *owner)
{
    void *copy = block_new(size, owner);
    if (memory != NULL)
        memcpy(copy, memory, size < block_of(memory)->size ? size : block_of(memory)->size);
    block_free(memory);
    return copy;
}

block *block_next(size_t *at)
{
    if (*at >= used)
        return NULL;
    block *next = (block *)(arena + *at);
    *at += sizeof *next + next->size;
    return next;
}

uintptr_t blocks_begin(void)
{
    return (uintptr_t)arena;
}

#ifndef SYSTEM_MALLOC

#define CALLER owner_of(__builtin_return_address(0))

void *malloc(size_t size)
{
    return block_new(size, CALLER);
}

void free(void *memory)
{
    block_free(memory);
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return block_new(count * size, CALLER);
}

void *realloc(void *memory, size_t size)
{
    return block_resize(memory, size, CALLER);
}

/* Else its copies would be the C library's. */
char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(block_new(size, CALLER), text, size);
}

#endif
