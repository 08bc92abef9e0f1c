/* Replaces malloc for all libraries of the process; see blocks.h. Freed blocks are neither reused
 * nor overwritten. So a copy of a secret that was not wiped can be found however long ago it was
 * freed.
 *
 * With SYSTEM_MALLOC, malloc is not replaced, and only blocks of the host and of Lua are here. */
#define _GNU_SOURCE
#include "blocks.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_SIZE ((size_t)1 << 32) /* of addresses; memory is used for written pages only */

enum { PAGE = 4096, ALIGNMENT = 16 };

const char OWNER_LUA[] = "Lua", OWNER_SCANNER[] = "scanner";

static unsigned char *arena;
static atomic_size_t used_size;

/* Guard pages on both sides, so that the kernel does not merge the mapping with another one. */
static void create_arena(void)
{
    unsigned char *mapping = mmap(NULL, ARENA_SIZE + 2 * PAGE, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping + PAGE, ARENA_SIZE, PROT_READ | PROT_WRITE) != 0)
        abort();
    arena = mapping + PAGE;
}

static block *block_of(void *memory)
{
    return (block *)memory - 1;
}

static const struct link_map *find_object(void *code)
{
#if __GLIBC_PREREQ(2, 35)
    struct dl_find_object object;
    return _dl_find_object(code, &object) == 0 ? object.dlfo_link_map : NULL;
#else /* slower, because it looks for a symbol too */
    Dl_info info;
    void *map = NULL;
    return dladdr1(code, &info, &map, RTLD_DL_LINKMAP) != 0 ? map : NULL;
#endif
}

const char *block_find_owner(void *code)
{
    const struct link_map *map = find_object(code);
    if (map == NULL)
        return "startup";
    return *map->l_name != '\0' ? map->l_name : "host";
}

/* The folder of the project may be kms, too. */
const char *block_find_module(const char *path)
{
    const char *module = NULL;
    for (const char *p = strstr(path, "/kms/"); p != NULL; p = strstr(p + 1, "/kms/"))
        module = p + 1;
    return module != NULL && strstr(module, ".so") != NULL ? module : NULL;
}

void *block_new(size_t size, const char *owner)
{
    size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena == NULL)
        create_arena(); /* before the process has a second thread */
    size_t position = atomic_fetch_add(&used_size, sizeof(block) + padded);
    if (padded < size || position + sizeof(block) + padded > ARENA_SIZE)
        abort();
    block *header = (block *)(arena + position);
    *header = (block){padded, owner, 0, 0};
    return header + 1;
}

void block_free(void *memory)
{
    /* The dynamic linker allocated some memory before this malloc was in place. */
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

block *block_next(size_t *position)
{
    if (*position >= used_size)
        return NULL;
    block *next = (block *)(arena + *position);
    *position += sizeof *next + next->size;
    return next;
}

uintptr_t block_mapping_start(void)
{
    return (uintptr_t)arena;
}

#ifndef SYSTEM_MALLOC

#define CALLER block_find_owner(__builtin_return_address(0))

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

/* Replaced, because otherwise its copies would belong to the C library. */
char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(block_new(size, CALLER), text, size);
}

#endif
