/* Searches the memory of the process; see search.h. */
#define _GNU_SOURCE
#include "search.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "secrets.h"

enum { MAX_FINDINGS = 256, MAX_OWNER = 64 };

typedef struct {
    char owner[MAX_OWNER];
    const char *state;
    int secret, copies;
} finding;

static finding findings[MAX_FINDINGS];
static int finding_count;
static size_t scanned_bytes;

/* The end of a path that names the library: kms/sign.so, libcurl.so.4. */
static const char *short_name(const char *path)
{
    const char *module = block_find_module(path), *slash = strrchr(path, '/');
    return module != NULL ? module : slash != NULL ? slash + 1 : path;
}

static void add_finding(const char *owner, const char *state, int secret)
{
    finding new = {"", state, secret, 1};
    snprintf(new.owner, sizeof new.owner, "%s", short_name(owner));
    for (finding *known = findings; known < findings + finding_count; known++)
        if (strcmp(known->owner, new.owner) == 0 && strcmp(known->state, state) == 0 &&
            strcmp(secret_name(known->secret), secret_name(secret)) == 0) {
            known->copies++;
            return;
        }
    if (finding_count == MAX_FINDINGS)
        abort();
    findings[finding_count++] = new;
}

enum { WINDOW = 1 << 20 };

/* Adds one finding per secret that the memory contains. */
static void search(const unsigned char *memory, size_t size, const char *owner, const char *state)
{
    bool is_first_byte[256] = {false}, is_found[MAX_SECRETS] = {false};
    secret_mark_first_bytes(is_first_byte);
    const int count = secret_count();
    scanned_bytes += size;
    for (size_t at = 0; at < size; at++)
        for (int i = 0; is_first_byte[memory[at]] && i < count; i++)
            if (!is_found[i] && secret_is_at(memory + at, size - at, i)) {
                is_found[i] = true;
                add_finding(owner, state, i);
            }
}

/* The first page of a range that cannot be read, because it guards a stack or its thread has ended.
 * If all can be read: `last`. */
static uintptr_t find_unreadable_page(int self, uintptr_t first, uintptr_t last)
{
    const uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    char byte;
    for (uintptr_t page = first & ~(page_size - 1); page < last; page += page_size)
        if (pread(self, &byte, 1, (off_t)page) != 1)
            return page;
    return last;
}

/* Searches a range of addresses through /proc/self/mem, in overlapping windows. */
void search_range(uintptr_t first, uintptr_t last, const char *owner, const char *state)
{
    static unsigned char *window;
    static int self = -1;
    if (window == NULL)
        window = block_new(WINDOW, OWNER_SCANNER);
    if (self == -1)
        self = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    while (first < last) {
        size_t size = last - first < WINDOW ? last - first : WINDOW;
        ssize_t read_size = pread(self, window, size, (off_t)first);
        if (read_size >= 0 && (size_t)read_size == size) {
            search(window, size, owner, state);
            first += last - first <= WINDOW ? size : WINDOW - SECRET_PIECE;
            continue;
        }
        uintptr_t page = find_unreadable_page(self, first, first + size);
        if (page == first + size)
            abort(); /* because the search would have a gap */
        search_range(first, page, owner, state);
        first = page + (uintptr_t)sysconf(_SC_PAGESIZE);
    }
}

static void search_blocks(void)
{
    size_t position = 0;
    for (block *each; (each = block_next(&position)) != NULL;)
        if (each->owner != OWNER_SCANNER)
            search((unsigned char *)(each + 1), each->size, each->owner,
                   each->freed ? "freed" : "live");
}

/* Searches a writable mapping without blocks: data of libraries, stacks, and others. The
 * environment and the arguments are above the stack. */
static void search_mapping(uintptr_t first, uintptr_t last, const char *name)
{
    uintptr_t top = (uintptr_t)environ;
    if (top > first && top < last) {
        search_range(first, top, "stack", "data");
        search_range(top, last, "environment", "data");
    } else {
        search_range(first, last, *name != '\0' ? name : "anonymous", "data");
    }
}

void search_all(const char *moment)
{
    char line[512], mode[8];
    unsigned long first, last;
    scanned_bytes = 0;
    search_blocks();
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        int name = 0;
        sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &first, &last, mode, &name);
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(mode, "rw", 2) == 0 && first != block_mapping_start())
            search_mapping(first, last, line + name);
    }
    if (maps == NULL || fclose(maps) != 0)
        abort();
    for (finding *each = findings; each < findings + finding_count; each++)
        printf("found\t%s\t%s\t%s\t%s\t%d\n", moment, each->owner, each->state,
               secret_name(each->secret), each->copies);
    printf("scanned\t%s\t%zu\n", moment, scanned_bytes);
    finding_count = 0;
}
