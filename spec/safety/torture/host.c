/* Runs a Lua program that can let allocations fail, such as spec/safety/torture/torture.lua.
 *
 *   host PROGRAM [ARGUMENT...]
 *
 * There are four families of allocations, each with its own allocator: "lua" (states that the
 * program creates), "curl" (curl_global_init_mem), "openssl" (CRYPTO_set_mem_functions) and "kms"
 * (malloc of the library's modules, linked with --wrap). One family at a time is armed: its
 * allocation number N fails, alone or with all later ones. The program runs in a state with another
 * allocator, so its own allocations do not fail. */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { LUA, CURL_FAMILY, OPENSSL, KMS, FAMILIES, NONE = FAMILIES };

static const char *const NAMES[] = {"lua", "curl", "openssl", "kms", "none", NULL};

/* Atomic, because libcurl may resolve a name in a thread. */
static atomic_int armed_family = NONE;
static atomic_long allocations, first_failure, failures;
static bool fail_later;
static atomic_long live_blocks[FAMILIES];

/* Counts an allocation; returns whether it must fail. */
static bool should_fail(int family)
{
    if (atomic_load(&armed_family) != family)
        return false;
    long number = atomic_fetch_add(&allocations, 1) + 1, first = atomic_load(&first_failure);
    bool fails = first != 0 && (fail_later ? number >= first : number == first);
    if (fails)
        atomic_fetch_add(&failures, 1);
    return fails;
}

static void *count_block(int family, void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&live_blocks[family], 1);
    return memory;
}

static void *allocate(int family, size_t size)
{
    return should_fail(family) ? NULL : count_block(family, malloc(size));
}

static void release(int family, void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&live_blocks[family], 1);
    free(memory);
}

static void *resize(int family, void *memory, size_t size)
{
    if (memory == NULL)
        return allocate(family, size);
    if (size == 0) {
        release(family, memory);
        return NULL;
    }
    return should_fail(family) ? NULL : realloc(memory, size);
}

/* Never fails to shrink a block, because Lua relies on it. */
static void *lua_allocate(void *unused, void *memory, size_t old, size_t size)
{
    (void)unused;
    if (memory != NULL && size != 0 && size <= old) {
        void *smaller = realloc(memory, size);
        return smaller != NULL ? smaller : memory;
    }
    return size == 0 ? (release(LUA, memory), NULL) : resize(LUA, memory, size);
}

static void *curl_malloc(size_t size)
{
    return allocate(CURL_FAMILY, size);
}

static void curl_free_block(void *memory)
{
    release(CURL_FAMILY, memory);
}

static void *curl_realloc(void *memory, size_t size)
{
    return resize(CURL_FAMILY, memory, size);
}

static char *curl_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = allocate(CURL_FAMILY, size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

static void *curl_calloc(size_t count, size_t size)
{
    return should_fail(CURL_FAMILY) ? NULL : count_block(CURL_FAMILY, calloc(count, size));
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return allocate(OPENSSL, size);
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return resize(OPENSSL, memory, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    release(OPENSSL, memory);
}

/* The modules call these instead of the functions of libc. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

void *__wrap_malloc(size_t size)
{
    return allocate(KMS, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return should_fail(KMS) ? NULL : count_block(KMS, calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    return resize(KMS, memory, size);
}

char *__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = allocate(KMS, size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

void __wrap_free(void *memory)
{
    release(KMS, memory);
}

/* torture.arm(family, n, mode): allocation n of the family fails; with mode "on", all later ones
 * fail too. With n = 0 allocations are only counted. */
static int arm(lua_State *L)
{
    int family = luaL_checkoption(L, 1, NULL, NAMES);
    first_failure = luaL_checkinteger(L, 2);
    fail_later = strcmp(luaL_optstring(L, 3, "once"), "on") == 0;
    allocations = 0;
    failures = 0;
    armed_family = family;
    return 0;
}

/* torture.disarm() -> allocations since arm, failures among them. */
static int disarm(lua_State *L)
{
    armed_family = NONE;
    lua_pushinteger(L, (lua_Integer)allocations);
    lua_pushinteger(L, (lua_Integer)failures);
    return 2;
}

/* torture.live(family) -> blocks not yet freed, without the error queue of OpenSSL. */
static int count_live(lua_State *L)
{
    OPENSSL_thread_stop();
    lua_pushinteger(L, (lua_Integer)live_blocks[luaL_checkoption(L, 1, NULL, NAMES)]);
    return 1;
}

static lua_State **check_state(lua_State *L)
{
    return luaL_checkudata(L, 1, "state");
}

/* Source text for run_source. A static, because pushing it could allocate outside protected mode.
 */
static const char *source;

/* Known leak: lua-cjson loses its buffer when Lua has no memory for the string. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:cjson.so\n";
}

static int run_source(lua_State *L)
{
    if (luaL_loadstring(L, source) != 0)
        return lua_error(L);
    lua_call(L, 0, 1);
    return 1;
}

/* torture.state() -> a state with the allocator "lua" and open libraries. */
static int new_state(lua_State *L)
{
    lua_State **victim = lua_newuserdata(L, sizeof *victim);
    *victim = NULL;
    luaL_getmetatable(L, "state");
    lua_setmetatable(L, -2);
    *victim = lua_newstate(lua_allocate, NULL);
    if (*victim == NULL)
        return luaL_error(L, "this Lua does not accept an allocator");
    luaL_openlibs(*victim);
    lua_settop(*victim, 0);
    lua_pushcfunction(*victim, run_source);
    return 1;
}

/* state:run(source) -> true and its string result, or false and the text of its error. */
static int state_run(lua_State *L)
{
    lua_State *victim = *check_state(L);
    source = luaL_checkstring(L, 2);
    luaL_argcheck(L, victim != NULL, 1, "closed");
    lua_settop(victim, 1);
    lua_pushvalue(victim, 1);
    int status = lua_pcall(victim, 0, 1, 0);
    lua_pushboolean(L, status == 0);
    lua_pushstring(L, lua_type(victim, -1) == LUA_TSTRING ? lua_tostring(victim, -1) : NULL);
    lua_settop(victim, 1);
    return 2;
}

static int state_close(lua_State *L)
{
    lua_State **victim = check_state(L);
    if (*victim != NULL)
        lua_close(*victim);
    *victim = NULL;
    return 0;
}

enum { MAX_SECONDS = 60 };

static char watched[200];

/* Ends a process that hangs. */
static void report_hang(int number)
{
    static const char text[] = "FINDING an operation hangs: ";
    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) == -1 ||
        write(STDERR_FILENO, watched, strlen(watched)) == -1 || write(STDERR_FILENO, "\n", 1) == -1)
        _exit(2);
    _exit(1);
}

/* torture.watch(title): the program ends with a finding if it does not watch something else within
 * a minute; "" watches nothing. */
static int watch(lua_State *L)
{
    const char *title = luaL_checkstring(L, 1);
    snprintf(watched, sizeof watched, "%s", title);
    signal(SIGALRM, report_hang);
    alarm(*title == '\0' ? 0 : MAX_SECONDS);
    return 0;
}

/* torture.fork(function) -> exit status of a child process that runs it, or -1 after a signal. A
 * child that hangs gets one after a minute. */
static int run_in_child(lua_State *L)
{
    int status = 0;
    pid_t child = fork();
    if (child == -1)
        return luaL_error(L, "cannot fork");
    if (child == 0) {
        alarm(MAX_SECONDS);
        lua_call(L, 0, 0);
        exit(99); /* the function must end the process itself */
    }
    waitpid(child, &status, 0);
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"arm", arm},           {"disarm", disarm}, {"live", count_live}, {"state", new_state},
    {"fork", run_in_child}, {"watch", watch},   {NULL, NULL}};

static const luaL_Reg METHODS[] = {{"run", state_run}, {"close", state_close}, {NULL, NULL}};

static int open_torture(lua_State *L)
{
    luaL_newmetatable(L, "state");
    lua_pushcfunction(L, state_close);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    for (const luaL_Reg *entry = METHODS; entry->name != NULL; entry++) {
        lua_pushcfunction(L, entry->func);
        lua_setfield(L, -2, entry->name);
    }
    lua_setfield(L, -2, "__index");
    lua_newtable(L);
    for (const luaL_Reg *entry = FUNCTIONS; entry->name != NULL; entry++) {
        lua_pushcfunction(L, entry->func);
        lua_setfield(L, -2, entry->name);
    }
    return 1;
}

int main(int count, char **arguments)
{
    /* Before OpenSSL allocates memory, and before an easy handle initializes libcurl. */
    if (count < 2 || !CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ||
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_block, curl_realloc,
                             curl_strdup, curl_calloc) != CURLE_OK)
        return EXIT_FAILURE;
    /* Never closed, because closing unloads modules whose names a leak report needs. */
    static lua_State *L;
    L = luaL_newstate();
    if (L == NULL)
        return EXIT_FAILURE;
    luaL_openlibs(L);
    lua_pushcfunction(L, open_torture);
    lua_call(L, 0, 1);
    lua_setglobal(L, "torture");
    lua_newtable(L);
    for (int i = 2; i < count; i++) {
        lua_pushstring(L, arguments[i]);
        lua_rawseti(L, -2, i - 1);
    }
    lua_setglobal(L, "arg");
    bool ok = luaL_loadfile(L, arguments[1]) == 0 && lua_pcall(L, 0, 0, 0) == 0;
    if (!ok) {
        const char *text = lua_tostring(L, -1);
        fprintf(stderr, "%s\n", text != NULL ? text : "(error object is not a string)");
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
