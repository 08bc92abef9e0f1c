/* Runs a Lua program, searches the memory of the process for secrets, and prints who owns each
 * copy.
 *
 *   host PROGRAM [ARGUMENT...]
 *
 * The Lua state has its own allocator, so that Lua's strings can be told from other copies.
 * Userdata count as memory of the C module that created them. The host keeps secrets masked, so
 * that a search does not find its own copies. Each scan prints lines with fields separated by tabs:
 *
 *   found MOMENT OWNER live|freed|after a call|data SECRET COPIES
 *   scanned MOMENT BYTES */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED /* because only the deprecated SHA-256 shows its state */
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

/* The name of a C module in a path, kms/sign.so, or NULL. The folder of the project may be kms, too. */
static const char *find_module(const char *path)
{
    const char *module = NULL;
    for (const char *p = strstr(path, "/kms/"); p != NULL; p = strstr(p + 1, "/kms/"))
        module = p + 1;
    return module != NULL && strstr(module, ".so") != NULL ? module : NULL;
}

static const char *userdata_owner; /* while Lua allocates a userdata of a module */

static void *allocate_for_lua(void *unused, void *memory, size_t old, size_t size)
{
    (void)unused, (void)old;
    if (size == 0) {
        block_free(memory);
        return NULL;
    }
    return block_resize(memory, size, userdata_owner != NULL ? userdata_owner : OWNER_LUA);
}

#if LUA_VERSION_NUM >= 504
#define NEW_USERDATA lua_newuserdatauv
#define EXTRA_PARAMETER , int values
#define EXTRA_ARGUMENT , values
#else
#define NEW_USERDATA lua_newuserdata
#define EXTRA_PARAMETER
#define EXTRA_ARGUMENT
#endif
#define TEXT(name) #name
#define TEXT_OF(name) TEXT(name)

/* Replaces Lua's function. The collector is stopped meanwhile, because blocks that finalizers
 * allocate would count as the module's. */
void *NEW_USERDATA(lua_State *L, size_t size EXTRA_PARAMETER)
{
    static void *(*original)(lua_State *, size_t EXTRA_PARAMETER);
    const char *caller = block_find_owner(__builtin_return_address(0));
    if (original == NULL)
        *(void **)&original = dlsym(RTLD_NEXT, TEXT_OF(NEW_USERDATA));
    lua_gc(L, LUA_GCSTOP, 0);
    userdata_owner = find_module(caller) != NULL ? caller : NULL;
    void *userdata = original(L, size EXTRA_ARGUMENT);
    userdata_owner = NULL;
    lua_gc(L, LUA_GCRESTART, 0);
    return userdata;
}

/* Secrets. Of each the host looks for beginning, middle and end, because a copy may be partly
 * overwritten; and for each of these also XORed with the paddings of HMAC (RFC 2104). */

enum { MAX_SECRETS = 64, MAX_NAME = 32, PIECE = 16, MIN_LENGTH = 8, MASK = 0xa5 };

static const unsigned char FORMS[] = {0, 0x36, 0x5c};
enum { POSITIONS = 3, FORM_COUNT = sizeof FORMS, PIECES = POSITIONS * FORM_COUNT };

typedef struct {
    unsigned char bytes[PIECE]; /* masked */
    size_t length;
} piece;

static struct {
    char name[MAX_NAME];
    piece pieces[PIECES];
} secrets[MAX_SECRETS];
static int secret_count;

static piece mask_piece(const char *text, size_t length, unsigned char form)
{
    piece masked = {{0}, length};
    for (size_t i = 0; i < length; i++)
        masked.bytes[i] = (unsigned char)((unsigned char)text[i] ^ form ^ MASK);
    return masked;
}

static void register_secret(const char *name, const char *bytes, size_t length)
{
    piece *pieces = secrets[secret_count].pieces;
    size_t size = length < PIECE ? length : PIECE;
    const size_t starts[POSITIONS] = {0, (length - size) / 2, length - size};
    for (int i = 0; i < PIECES; i++)
        pieces[i] = mask_piece(bytes + starts[i / FORM_COUNT], size, FORMS[i % FORM_COUNT]);
    for (int i = 0; i < secret_count; i++)
        if (memcmp(secrets[i].pieces, pieces, sizeof secrets[i].pieces) == 0)
            return; /* already registered */
    snprintf(secrets[secret_count++].name, MAX_NAME, "%s", name);
}

/* memory.secret(name, text): adds a secret to look for. */
static int add_secret(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length >= MIN_LENGTH, 2, "secret must have at least 8 bytes");
    luaL_argcheck(L, secret_count < MAX_SECRETS, 2, "too many secrets");
    register_secret(name, text, length);
    return 0;
}

static void clean_stack(void);

/* memory.keyed(name, key): adds the two states that the hashes of HMAC-SHA-256 have after the
 * padded key, because a signature can be computed from them without the key. */
static int add_keyed(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length <= SHA256_CBLOCK, 2, "key exceeds one block of 64 bytes");
    luaL_argcheck(L, secret_count + 2 <= MAX_SECRETS, 2, "too many secrets");
    for (int form = 1; form < (int)FORM_COUNT; form++) {
        unsigned char block[SHA256_CBLOCK];
        SHA256_CTX state;
        memset(block, FORMS[form], sizeof block);
        for (size_t i = 0; i < length; i++)
            block[i] ^= (unsigned char)key[i];
        SHA256_Init(&state);
        SHA256_Update(&state, block, sizeof block);
        register_secret(name, (const char *)state.h, sizeof state.h);
        explicit_bzero(block, sizeof block);
        explicit_bzero(&state, sizeof state);
    }
    clean_stack();
    return 0;
}

/* Findings. */

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
    const char *module = find_module(path), *slash = strrchr(path, '/');
    return module != NULL ? module : slash != NULL ? slash + 1 : path;
}

static void add_finding(const char *owner, const char *state, int secret)
{
    finding new = {"", state, secret, 1};
    snprintf(new.owner, sizeof new.owner, "%s", short_name(owner));
    for (finding *known = findings; known < findings + finding_count; known++)
        if (strcmp(known->owner, new.owner) == 0 && strcmp(known->state, state) == 0 &&
            strcmp(secrets[known->secret].name, secrets[secret].name) == 0) {
            known->copies++;
            return;
        }
    if (finding_count == MAX_FINDINGS)
        abort();
    findings[finding_count++] = new;
}

/* Search. */

enum { WINDOW = 1 << 20 };

static bool is_at(const unsigned char *memory, size_t available, const piece *wanted)
{
    if (wanted->length > available)
        return false;
    for (size_t i = 0; i < wanted->length; i++)
        if ((memory[i] ^ MASK) != wanted->bytes[i])
            return false;
    return true;
}

static bool is_secret_at(const unsigned char *memory, size_t available, int secret)
{
    for (int i = 0; i < PIECES; i++)
        if (is_at(memory, available, &secrets[secret].pieces[i]))
            return true;
    return false;
}

/* Adds one finding per secret that the memory contains. */
static void search(const unsigned char *memory, size_t size, const char *owner, const char *state)
{
    bool is_first_byte[256] = {false}, is_found[MAX_SECRETS] = {false};
    for (int i = 0; i < secret_count * PIECES; i++)
        is_first_byte[secrets[i / PIECES].pieces[i % PIECES].bytes[0] ^ MASK] = true;
    scanned_bytes += size;
    for (size_t at = 0; at < size; at++)
        for (int i = 0; is_first_byte[memory[at]] && i < secret_count; i++)
            if (!is_found[i] && is_secret_at(memory + at, size - at, i)) {
                is_found[i] = true;
                add_finding(owner, state, i);
            }
}

/* The first page of a range that cannot be read, because it guards a stack or its thread has ended;
 * `last` if there is none. */
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
static void search_range(uintptr_t first, uintptr_t last, const char *owner, const char *state)
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
            first += last - first <= WINDOW ? size : WINDOW - PIECE;
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

static void scan(const char *moment)
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
               secrets[each->secret].name, each->copies);
    printf("scanned\t%s\t%zu\n", moment, scanned_bytes);
    finding_count = 0;
}

/* memory.scan(moment) */
static int scan_from_lua(lua_State *L)
{
    scan(luaL_checkstring(L, 1));
    return 0;
}

/* The stack below a call. The call starts deeper in the stack than the search, so that the search
 * does not overwrite what the call left. */

enum { SEARCH_DEPTH = 256 * 1024, CALL_DEPTH = 16 * 1024 };

__attribute__((noinline)) static void clean_stack(void)
{
    volatile unsigned char area[SEARCH_DEPTH + CALL_DEPTH];
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = 0;
}

__attribute__((noinline)) static int call_deeper(lua_State *L, int arguments)
{
    volatile unsigned char gap[CALL_DEPTH];
    gap[0] = 0;
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    return gap[0] + status;
}

static int call_guarded(lua_State *L)
{
    char here;
    int arguments = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    clean_stack();
    int status = call_deeper(L, arguments);
    search_range((uintptr_t)&here - SEARCH_DEPTH, (uintptr_t)&here,
                 lua_tostring(L, lua_upvalueindex(2)), "after a call");
    return status == 0 ? lua_gettop(L) : lua_error(L);
}

/* memory.guarded(f, name) -> a function that calls f, then searches the stack that f used. The next
 * scan prints the findings. */
static int new_guarded(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushcclosure(L, call_guarded, 2);
    return 1;
}

/* memory.spill(text): leaves one copy on the stack and one in a freed block, to prove that a scan
 * finds them. */
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

/* Called in protected mode with the arguments of main, from PROGRAM on. */
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
#if LUA_VERSION_NUM >= 505
    lua_State *L = count < 2 ? NULL : lua_newstate(allocate_for_lua, NULL, 0);
#else
    lua_State *L = count < 2 ? NULL : lua_newstate(allocate_for_lua, NULL);
#endif
    if (L == NULL)
        return EXIT_FAILURE;
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, arguments + 1);
    bool ok = lua_pcall(L, 1, 0, 0) == 0;
    if (!ok)
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
    scan("state closed");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
