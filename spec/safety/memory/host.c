/* A host of Lua that looks for secrets in its own memory, and tells whose memory it is.
 *
 *   host PROGRAM [ARGUMENT...]
 *
 * The Lua state has an allocator of its own, so that Lua's strings are told from copies elsewhere;
 * the userdata of a C module are the module's. Secrets are known here in a form that no search
 * finds. Each scan prints lines, their fields between tabs:
 *
 *   found MOMENT OWNER live|freed|after a call|data SECRET COPIES
 *   scanned MOMENT BYTES */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED /* of SHA-256 one can look into no other */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <openssl/sha.h>

#include "blocks.h"

/* Lua's memory. */

static const char *making_for; /* whose userdata Lua is making */

static void *allocate_for_lua(void *unused, void *memory, size_t old, size_t size)
{
    (void)unused, (void)old;
    if (size == 0) {
        block_free(memory);
        return NULL;
    }
    return block_resize(memory, size, making_for != NULL ? making_for : OWNER_LUA);
}

#if LUA_VERSION_NUM >= 504
#define NEW_USERDATA lua_newuserdatauv
#define VALUES , int values
#define GIVEN , values
#else
#define NEW_USERDATA lua_newuserdata
#define VALUES
#define GIVEN
#endif
#define TEXT(name) #name
#define TEXT_OF(name) TEXT(name)

/* In place of Lua's function of that name. Without collection meanwhile: the blocks of finalisers
 * would count as the module's. */
void *NEW_USERDATA(lua_State *L, size_t size VALUES)
{
    static void *(*make)(lua_State *, size_t VALUES);
    const char *caller = owner_of(__builtin_return_address(0));
    if (make == NULL)
        *(void **)&make = dlsym(RTLD_NEXT, TEXT_OF(NEW_USERDATA));
    lua_gc(L, LUA_GCSTOP, 0);
    making_for = strstr(caller, "/kms/") != NULL ? caller : NULL;
    void *made = make(L, size GIVEN);
    making_for = NULL;
    lua_gc(L, LUA_GCRESTART, 0);
    return made;
}

/* Secrets: of each the head, the middle and the tail, for of a copy that was partly overwritten one
 * may be left; and each also as in the two blocks in which HMAC keeps a key (RFC 2104). */

enum { MOST_SECRETS = 64, LONGEST_NAME = 32, PIECE = 16, SHORTEST = 8, VEIL = 0xa5 };

static const unsigned char FORMS[] = {0, 0x36, 0x5c};
enum { PLACES = 3, FORM_COUNT = sizeof FORMS, PIECES = PLACES * FORM_COUNT };

typedef struct {
    unsigned char bytes[PIECE]; /* veiled */
    size_t length;
} piece;

static struct {
    char name[LONGEST_NAME];
    piece pieces[PIECES];
} secrets[MOST_SECRETS];
static int secret_count;

static piece veiled(const char *text, size_t length, unsigned char form)
{
    piece made = {{0}, length};
    for (size_t i = 0; i < length; i++)
        made.bytes[i] = (unsigned char)((unsigned char)text[i] ^ form ^ VEIL);
    return made;
}

static void note_secret(const char *name, const char *bytes, size_t length)
{
    piece *pieces = secrets[secret_count].pieces;
    size_t size = length < PIECE ? length : PIECE;
    const size_t starts[PLACES] = {0, (length - size) / 2, length - size};
    for (int i = 0; i < PIECES; i++)
        pieces[i] = veiled(bytes + starts[i / FORM_COUNT], size, FORMS[i % FORM_COUNT]);
    for (int i = 0; i < secret_count; i++)
        if (memcmp(secrets[i].pieces, pieces, sizeof secrets[i].pieces) == 0)
            return; /* known */
    snprintf(secrets[secret_count++].name, LONGEST_NAME, "%s", name);
}

/* memory.secret(name, text): what to look for from now on. */
static int add_secret(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length >= SHORTEST, 2, "too short to tell it from others");
    luaL_argcheck(L, secret_count < MOST_SECRETS, 2, "too many secrets");
    note_secret(name, text, length);
    return 0;
}

static void clean_stack(void);

/* memory.keyed(name, key): what HMAC-SHA-256 makes of a key alone, the two states that its hashes
 * have after the key's blocks, is to be looked for as well. */
static int add_keyed(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length <= SHA256_CBLOCK, 2, "longer than a block");
    luaL_argcheck(L, secret_count + 2 <= MOST_SECRETS, 2, "too many secrets");
    for (int form = 1; form < (int)FORM_COUNT; form++) {
        unsigned char block[SHA256_CBLOCK];
        SHA256_CTX state;
        memset(block, FORMS[form], sizeof block);
        for (size_t i = 0; i < length; i++)
            block[i] ^= (unsigned char)key[i];
        SHA256_Init(&state);
        SHA256_Update(&state, block, sizeof block);
        note_secret(name, (const char *)state.h, sizeof state.h);
        explicit_bzero(block, sizeof block);
        explicit_bzero(&state, sizeof state);
    }
    clean_stack();
    return 0;
}

/* What was found. */

enum { MOST_FINDINGS = 256, LONGEST_OWNER = 64 };

typedef struct {
    char owner[LONGEST_OWNER];
    const char *state;
    int secret, copies;
} finding;

static finding findings[MOST_FINDINGS];
static int finding_count;
static size_t scanned;

/* What of a library's path tells it: kms/sign.so, libcurl.so.4. */
static const char *short_name(const char *path)
{
    const char *ours = strstr(path, "/kms/"), *slash = strrchr(path, '/');
    return ours != NULL ? ours + 1 : slash != NULL ? slash + 1 : path;
}

static void note(const char *owner, const char *state, int secret)
{
    finding new = {"", state, secret, 1};
    snprintf(new.owner, sizeof new.owner, "%s", short_name(owner));
    for (finding *known = findings; known < findings + finding_count; known++)
        if (strcmp(known->owner, new.owner) == 0 && strcmp(known->state, state) == 0 &&
            strcmp(secrets[known->secret].name, secrets[secret].name) == 0) {
            known->copies++;
            return;
        }
    if (finding_count == MOST_FINDINGS)
        abort();
    findings[finding_count++] = new;
}

/* Searching. */

enum { WINDOW = 1 << 20 };

static bool is_at(const unsigned char *memory, size_t left, const piece *wanted)
{
    if (wanted->length > left)
        return false;
    for (size_t i = 0; i < wanted->length; i++)
        if ((memory[i] ^ VEIL) != wanted->bytes[i])
            return false;
    return true;
}

static bool is_piece_at(const unsigned char *memory, size_t left, int secret)
{
    for (int i = 0; i < PIECES; i++)
        if (is_at(memory, left, &secrets[secret].pieces[i]))
            return true;
    return false;
}

/* Notes each secret that memory holds, once. */
static void search(const unsigned char *memory, size_t size, const char *owner, const char *state)
{
    bool begins[256] = {false}, seen[MOST_SECRETS] = {false};
    for (int i = 0; i < secret_count * PIECES; i++)
        begins[secrets[i / PIECES].pieces[i % PIECES].bytes[0] ^ VEIL] = true;
    scanned += size;
    for (size_t at = 0; at < size; at++)
        for (int i = 0; begins[memory[at]] && i < secret_count; i++)
            if (!seen[i] && is_piece_at(memory + at, size - at, i)) {
                seen[i] = true;
                note(owner, state, i);
            }
}

/* Searches memory of any kind through /proc/self/mem, in windows that overlap. */
static void search_range(uintptr_t first, uintptr_t last, const char *owner, const char *state)
{
    static unsigned char *window;
    static int self = -1;
    if (window == NULL)
        window = block_new(WINDOW, OWNER_SCANNER);
    if (self == -1)
        self = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    for (; first < last; first += WINDOW - PIECE) {
        size_t size = last - first < WINDOW ? last - first : WINDOW;
        ssize_t got = pread(self, window, size, (off_t)first);
        if (got < 0 || (size_t)got != size)
            abort(); /* a gap that nobody would notice */
        search(window, size, owner, state);
        if (last - first <= WINDOW)
            break;
    }
}

static void search_blocks(void)
{
    size_t at = 0;
    for (block *each; (each = block_next(&at)) != NULL;)
        if (each->owner != OWNER_SCANNER)
            search((unsigned char *)(each + 1), each->size, each->owner,
                   each->freed ? "freed" : "live");
}

/* A writable mapping that does not hold the blocks: data of libraries, stacks, and what else there
 * is. Above the stack are the environment and the arguments. */
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

static void scan(const char *moment)
{
    char line[512], mode[8];
    unsigned long first, last;
    scanned = 0;
    search_blocks();
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        int name = 0;
        sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &first, &last, mode, &name);
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(mode, "rw", 2) == 0 && first != blocks_begin())
            search_mapping(first, last, line + name);
    }
    if (maps == NULL || fclose(maps) != 0)
        abort();
    for (finding *each = findings; each < findings + finding_count; each++)
        printf("found\t%s\t%s\t%s\t%s\t%d\n", moment, each->owner, each->state,
               secrets[each->secret].name, each->copies);
    printf("scanned\t%s\t%zu\n", moment, scanned);
    finding_count = 0;
}

/* memory.scan(moment) */
static int scan_from_lua(lua_State *L)
{
    scan(luaL_checkstring(L, 1));
    return 0;
}

/* The stack below a call. It is used from deeper down than it is looked at, so that looking does
 * not overwrite what there is to see. */

enum { DEEP = 256 * 1024, DEEPER = 16 * 1024 };

__attribute__((noinline)) static void clean_stack(void)
{
    volatile unsigned char area[DEEP + DEEPER];
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = 0;
}

__attribute__((noinline)) static int call_deeper(lua_State *L, int arguments)
{
    volatile unsigned char between[DEEPER];
    between[0] = 0;
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    return between[0] + status;
}

static int call_guarded(lua_State *L)
{
    char here;
    int arguments = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    clean_stack();
    int status = call_deeper(L, arguments);
    search_range((uintptr_t)&here - DEEP, (uintptr_t)&here, lua_tostring(L, lua_upvalueindex(2)),
                 "after a call");
    return status == 0 ? lua_gettop(L) : lua_error(L);
}

/* memory.guarded(f, name) -> a function that does the same, then searches the stack that it used.
 * The next scan tells what was found. */
static int new_guarded(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushcclosure(L, call_guarded, 2);
    return 1;
}

/* memory.spill(text): leaves a copy on the stack, and one in a block that is freed; for the proof
 * that such copies are found. */
static int spill(lua_State *L)
{
    volatile char here[64];
    const char *text = luaL_checkstring(L, 1);
    char *copy = strdup(text);
    for (size_t i = 0; i < sizeof here; i++)
        here[i] = copy[i < strlen(copy) ? i : strlen(copy)];
    free(copy);
    return 0;
}

/* Called in protected mode with main's arguments, from PROGRAM on. */
static int run(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"secret", add_secret},  {"keyed", add_keyed},
                                         {"scan", scan_from_lua}, {"guarded", new_guarded},
                                         {"spill", spill},        {NULL, NULL}};
    char **arguments = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_newtable(L);
    for (const luaL_Reg *entry = FUNCTIONS; entry->name != NULL; entry++) {
        lua_pushcfunction(L, entry->func);
        lua_setfield(L, -2, entry->name);
    }
    lua_setglobal(L, "memory");
    if (luaL_loadfile(L, arguments[0]) != 0)
        return lua_error(L);
    int count = 0;
    while (arguments[count + 1] != NULL)
        lua_pushstring(L, arguments[++count]);
    lua_call(L, count, 0);
    return 0;
}

int main(int count, char **arguments)
{
    lua_State *L = count < 2 ? NULL : lua_newstate(allocate_for_lua, NULL);
    if (L == NULL)
        return EXIT_FAILURE;
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, arguments + 1);
    bool done = lua_pcall(L, 1, 0, 0) == 0;
    if (!done)
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
    scan("state closed");
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
