/* Module kms.transport.curl: transports, which wait for each exchange. For many at once see
 * lua_many.h.
 *
 * The userdata owns every resource. `send` gathers the request without a Lua call that could
 * allocate, so no finalizer runs meanwhile; a raise leaves its leavings to the next send or to
 * close. The reply is pushed in protected mode with the transport marked busy, for a finalizer may
 * run then and send: over another transport, which takes its place for that. */
#include "binding/transport.h"
#include "base/clock.h"
#include "binding/compat.h"
#include "curl/pool.h"
#include "binding/error.h"
#include "binding/request.h"
#include "binding/multi.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const char TYPE_NAME[] = "kms.transport.curl";

/* 30 years; and a number of seconds that every time_t can hold. */
#define LONGEST_SLEEP 1e9

typedef struct {
    kms_lua_outcome outcome; /* begins the userdata */
    kms_curl_options *options;
    kms_connections connections;
    kms_exchange exchange;
    bool closed;
} transport;

static transport *check_transport(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE_NAME);
}

static transport *check_usable(lua_State *L)
{
    transport *self = check_transport(L);
    if (self->closed)
        luaL_error(L, "transport is closed");
    return self;
}

kms_curl_options *kms_lua_transport_options(lua_State *L, int at)
{
    const transport *self = luaL_checkudata(L, at, TYPE_NAME);
    luaL_argcheck(L, !self->closed, at, "transport is closed");
    return self->options;
}

static kms_option_index find_option(lua_State *L, const char *name)
{
    for (int i = 0; i < KMS_OPTION_COUNT; i++)
        if (strcmp(KMS_OPTIONS[i].name, name) == 0)
            return (kms_option_index)i;
    return (kms_option_index)luaL_argerror(L, 1, lua_pushfstring(L, "unknown option '%s'", name));
}

/* Takes over the option whose name and value are on top of the stack. */
static void set_option(lua_State *L, kms_curl_options *options)
{
    kms_set_status status = KMS_SET_REFUSED;
    if (lua_type(L, -2) != LUA_TSTRING)
        luaL_argerror(L, 1, lua_pushfstring(L, "option of type %s", luaL_typename(L, -2)));
    const char *name = lua_tostring(L, -2);
    kms_option_index option = find_option(L, name);
    if (KMS_OPTIONS[option].is_text && lua_type(L, -1) == LUA_TSTRING) {
        kms_slice text;
        text.data = lua_tolstring(L, -1, &text.length);
        status = kms_curl_options_set_text(options, option, text);
    } else if (!KMS_OPTIONS[option].is_text && lua_type(L, -1) == LUA_TNUMBER) {
        status = kms_curl_options_set_number(options, option, lua_tonumber(L, -1));
    }
    if (status == KMS_SET_NO_MEMORY)
        luaL_error(L, "not enough memory");
    if (status == KMS_SET_REFUSED)
        luaL_argerror(L, 1, lua_pushfstring(L, "option '%s' %s", name, KMS_OPTIONS[option].rule));
}

/* One without options. */
static transport *push_transport(lua_State *L)
{
    transport *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    kms_connections_init(&self->connections);
    kms_exchange_init(&self->exchange);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return self;
}

static int new_transport(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    transport *self = push_transport(L);
    self->options = kms_curl_options_new();
    if (self->options == NULL)
        luaL_error(L, "not enough memory");
    if (lua_istable(L, 1)) {
        lua_pushnil(L);
        while (lua_next(L, 1) != 0) {
            set_option(L, self->options);
            lua_pop(L, 1);
        }
    }
    return 1;
}

static int send_request(lua_State *L)
{
    transport *self = check_usable(L);
    kms_exchange_request request;
    lua_settop(L, 2);
    const bool stands_in = self->outcome.busy;
    if (stands_in) {
        transport *other = push_transport(L);
        other->options = self->options;
        other->options->holders++;
        lua_replace(L, 1);
        self = other;
    }
    kms_lua_read_request(L, 2, &request);
    if (kms_exchange_begin(&self->exchange, &request) &&
        kms_lua_read_headers(L, 2, &self->exchange))
        kms_connections_run(&self->connections, self->options, &self->exchange, &request);
    lua_settop(L, 2);
    self->outcome.ended = &self->exchange;
    int status = kms_lua_push_outcome(L, 1, &self->outcome);
    kms_exchange_end(&self->exchange);
    if (stands_in) {
        kms_exchange_close(&self->exchange);
        kms_connections_close(&self->connections);
    }
    return status == 0 ? lua_gettop(L) - 2 : lua_error(L);
}

static int sleep_seconds(lua_State *L)
{
    check_usable(L);
    double seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds <= LONGEST_SLEEP, 2,
                  "seconds must be 0 to 1000000000");
    struct timespec left;
    left.tv_sec = (time_t)seconds;
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
    return 0;
}

static int now(lua_State *L)
{
    check_transport(L);
    lua_pushnumber(L, kms_now());
    return 1;
}

static int stats(lua_State *L)
{
    const transport *self = check_transport(L);
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)self->connections.requests);
    lua_setfield(L, -2, "requests");
    lua_pushinteger(L, (lua_Integer)self->connections.connections);
    lua_setfield(L, -2, "connections");
    return 1;
}

static int close_transport(lua_State *L)
{
    transport *self = check_transport(L);
    if (self->outcome.busy)
        luaL_error(L, "transport is busy");
    self->closed = true;
    kms_exchange_close(&self->exchange);
    kms_connections_close(&self->connections);
    kms_curl_options_release(self->options);
    self->options = NULL;
    return 0;
}

static int to_string(lua_State *L)
{
    lua_pushfstring(L, "%s (%s)", TYPE_NAME, check_transport(L)->closed ? "closed" : "open");
    return 1;
}

static const luaL_Reg METHODS[] = {
    {"sleep", sleep_seconds},   {"now", now}, {"stats", stats},
    {"close", close_transport}, {NULL, NULL},
};

static const luaL_Reg EXCHANGES[] = {{"send", send_request}, {NULL, NULL}};

static const luaL_Reg METAMETHODS[] = {
    {"__gc", close_transport},
    {"__close", close_transport},
    {"__tostring", to_string},
    {NULL, NULL},
};

KMS_EXPORT int luaopen_kms_transport_curl(lua_State *L);

int luaopen_kms_transport_curl(lua_State *L)
{
    kms_error_open(L);
    luaL_newmetatable(L, TYPE_NAME);
    luaL_setfuncs(L, METAMETHODS, 0);
    lua_pushstring(L, TYPE_NAME);
    lua_setfield(L, -2, "__name");
    luaL_newlib(L, METHODS);
    kms_lua_exchange_functions(L, EXCHANGES);
    lua_setfield(L, -2, "__index");
    lua_newtable(L);
    lua_pushcfunction(L, new_transport);
    lua_setfield(L, -2, "new");
    kms_lua_many_open(L);
    lua_setfield(L, -2, "multi");
    return 1;
}
