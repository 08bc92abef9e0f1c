/* Runs a Lua program, searches the memory of the process for secrets, and prints who owns each
 * copy.
 *
 *   host PROGRAM [ARGUMENT...]
 *
 * The Lua state has its own allocator, so that Lua's strings can be told from other copies.
 * Userdata count as memory of the C module that created them. Each scan prints lines with fields
 * separated by tabs:
 *
 *   found MOMENT OWNER live|freed|after a call|data SECRET COPIES
 *   scanned MOMENT BYTES */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "blocks.h"
#include "search.h"
#include "secrets.h"

/* Lua's memory. */

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
    userdata_owner = block_find_module(caller) != NULL ? caller : NULL;
    void *userdata = original(L, size EXTRA_ARGUMENT);
    userdata_owner = NULL;
    lua_gc(L, LUA_GCRESTART, 0);
    return userdata;
}

/* Secrets. */

/* memory.secret(name, text): adds a secret to look for. */
static int add_secret(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length >= SECRET_MIN_LENGTH, 2, "secret must have at least 8 bytes");
    luaL_argcheck(L, secret_count() < MAX_SECRETS, 2, "too many secrets");
    secret_add(name, text, length);
    return 0;
}

static void clean_stack(void);

/* memory.keyed(name, key): adds the states of HMAC that a key leads to; see secrets.h. */
static int add_keyed(lua_State *L)
{
    size_t length;
    const char *name = luaL_checkstring(L, 1), *key = luaL_checklstring(L, 2, &length);
    luaL_argcheck(L, length <= SECRET_BLOCK, 2, "key exceeds one block of 64 bytes");
    luaL_argcheck(L, secret_count() + 2 <= MAX_SECRETS, 2, "too many secrets");
    secret_add_keyed(name, key, length);
    clean_stack();
    return 0;
}

/* memory.scan(moment) */
static int scan_from_lua(lua_State *L)
{
    search_all(luaL_checkstring(L, 1));
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
    search_all("state closed");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
