/* Runs fuzz/targets/NAME.lua under libFuzzer, where NAME is the value of KMS_FUZZ. The C modules
 * are linked into the program. Coverage counts the lines that run in lua/kms as well as the C code.
 *
 * A target is a function of the input, which raises an error when a promise is broken. It can let
 * libcurl receive bytes from a connection (feed), and reach no network. */
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int luaopen_kms_http1(lua_State *L);
int luaopen_kms_sign(lua_State *L);
int luaopen_kms_transport_curl(lua_State *L);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_socket(int domain, int type, int protocol);

enum { COUNTERS = 1 << 14, SOCKET_BUFFER = 128 * 1024 };

/* libFuzzer reads this section as coverage. */
__attribute__((used, section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static lua_State *lua;
static uintptr_t previous_line;
static int server = -1, client = -1;
static size_t max_received;

/* Counts each step from one line of the library to another. */
static void on_line(lua_State *L, lua_Debug *at)
{
    static const char *source;
    static int is_ours;
    lua_getinfo(L, "S", at);
    if (at->source != source) {
        source = at->source;
        is_ours = strstr(source, "lua/kms/") != NULL;
    }
    if (!is_ours)
        return;
    uintptr_t line = ((uintptr_t)source >> 4) * 31 + (uintptr_t)at->currentline * 2654435761u;
    uint8_t *counter = &counters[(line ^ previous_line >> 1) % COUNTERS];
    if (*counter < UINT8_MAX)
        ++*counter;
    previous_line = line;
}

/* Replaces the call of socket in csrc/curl/options.c (linker option --wrap), so that no handle can
 * reach a network. */
int __wrap_socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    const int connected = client;
    client = -1;
    return connected;
}

/* Replaces the function of libc, because the socket is connected already. CURLOPT_SOCKOPTFUNCTION
 * can say so, but libcurl 7.88 ignores it. */
__attribute__((visibility("default"))) int connect(int socket, const struct sockaddr *address,
                                                   socklen_t length)
{
    (void)socket, (void)address, (void)length;
    return 0;
}

/* Replaces the function of libc: bytes arrive in pieces. */
__attribute__((visibility("default"))) ssize_t recv(int socket, void *buffer, size_t length,
                                                    int flags)
{
    return recvfrom(socket, buffer, length < max_received ? length : max_received, flags, NULL,
                    NULL);
}

static void close_ends(void)
{
    if (server >= 0)
        close(server);
    if (client >= 0)
        close(client);
    server = client = -1;
}

/* feed(bytes [, size]): the next connection of libcurl receives the bytes, in pieces of at most
 * `size`, and then its end. */
static int feed(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    const lua_Number size = luaL_optnumber(L, 2, SOCKET_BUFFER);
    int ends[2];
    luaL_argcheck(L, length <= SOCKET_BUFFER, 1, "at most 128 KiB");
    luaL_argcheck(L, size >= 1, 2, "size must be at least 1");
    max_received = size < SOCKET_BUFFER ? (size_t)size : SOCKET_BUFFER;
    close_ends();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return luaL_error(L, "cannot create a socketpair");
    server = ends[0];
    client = ends[1];
    while (length > 0) {
        ssize_t sent = send(server, bytes, length, MSG_DONTWAIT);
        if (sent <= 0)
            return luaL_error(L, "the socket buffer is full");
        bytes += sent;
        length -= (size_t)sent;
    }
    shutdown(server, SHUT_WR);
    return 0;
}

static int traceback(lua_State *L)
{
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

static void fail(void)
{
    fprintf(stderr, "%s\n", lua_tostring(lua, -1));
    abort();
}

static void preload(const char *name, lua_CFunction open)
{
    luaL_getsubtable(lua, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(lua, open);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *name = getenv("KMS_FUZZ");
    char path[256];
    curl_global_init(CURL_GLOBAL_DEFAULT);
    lua = luaL_newstate();
    luaL_openlibs(lua);
    preload("kms.http1", luaopen_kms_http1);
    preload("kms.sign", luaopen_kms_sign);
    preload("kms.transport.curl", luaopen_kms_transport_curl);
    lua_register(lua, "feed", feed);
    snprintf(path, sizeof path, "fuzz/targets/%s.lua", name == NULL ? "" : name);
    lua_pushcfunction(lua, traceback);
    if (luaL_loadfile(lua, path) != LUA_OK || lua_pcall(lua, 0, 1, 1) != LUA_OK)
        fail();
    lua_sethook(lua, on_line, LUA_MASKLINE, 0);
    return 0;
}

/* The stack holds the error handler at 1 and the target at 2. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    previous_line = 0;
    lua_pushvalue(lua, 2);
    lua_pushlstring(lua, (const char *)data, size);
    if (lua_pcall(lua, 1, 0, 1) != LUA_OK)
        fail();
    close_ends();
    return 0;
}
