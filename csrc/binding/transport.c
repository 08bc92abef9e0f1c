/* The class of transports of kms.transport.curl; see transport.h.
 *
 * Reading a request allocates nothing in Lua, so no finalizer runs while a transfer is prepared.
 * Finalizers may run and send while an outcome is pushed. They do not find its transfer, which is
 * in no list then. */
#include "binding/transport.h"
#include "binding/class.h"
#include "binding/response.h"
#include "binding/table.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static const char TYPE_NAME[] = "kms.transport.curl";
static const char LOOP_TYPE_NAME[] = "kms.transport.curl.event_loop";

/* 30 years, which every time_t can hold. */
#define MAX_SLEEP 1e9

/* DEFAULT_TIMEOUT applies if neither the transport nor the request has a timeout. MAX_TIMEOUT is
 * less than 2^31 milliseconds. */
#define DEFAULT_TIMEOUT 30.0 /* seconds */
#define MAX_TIMEOUT 2e6

/* The registry has one userdata with the event loop of the Lua state. */

static int collect_loop(lua_State *L)
{
    kms_event_loop **holder = luaL_checkudata(L, 1, LOOP_TYPE_NAME);
    kms_event_loop_release(*holder);
    *holder = NULL;
    return 0;
}

static void open_loop(lua_State *L)
{
    static const luaL_Reg METAMETHODS[] = {{"__gc", collect_loop}, {NULL, NULL}};
    kms_class_create(L, LOOP_TYPE_NAME, METAMETHODS, NULL);
    kms_event_loop **holder = kms_class_new(L, LOOP_TYPE_NAME, sizeof(kms_event_loop *));
    *holder = kms_event_loop_new();
    if (*holder == NULL)
        luaL_error(L, "not enough memory");
    lua_setfield(L, LUA_REGISTRYINDEX, "kms.transport.curl.event_loop.holder");
}

kms_event_loop *kms_transport_event_loop(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "kms.transport.curl.event_loop.holder");
    kms_event_loop **holder = luaL_checkudata(L, -1, LOOP_TYPE_NAME);
    if (*holder == NULL)
        luaL_error(L, "the Lua state is closing");
    lua_pop(L, 1);
    return *holder;
}

static kms_transport *check_transport(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE_NAME);
}

static bool is_open(const kms_transport *self)
{
    return self->pool != NULL && !self->pool->is_closed;
}

kms_transport *kms_transport_check(lua_State *L, int index)
{
    kms_transport *self = luaL_checkudata(L, index, TYPE_NAME);
    luaL_argcheck(L, is_open(self), index, "transport is closed");
    return self;
}

/* Reads the settings in the table at `index`. */
static void read_options(lua_State *L, int index, kms_options *options)
{
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        lua_getfield(L, index, KMS_OPTION_NAMES[i]);
        /* lua_tonumber would copy a string, which may be a secret. */
        if (lua_type(L, -1) == LUA_TNUMBER)
            options->number[i] = lua_tonumber(L, -1);
        else if (!lua_isnil(L, -1) && (options->text[i] = strdup(lua_tostring(L, -1))) == NULL)
            luaL_error(L, "not enough memory");
        lua_pop(L, 1);
    }
}

/* Its upvalue is the function kms.transport.options.parse_curl. */
static int new_transport(lua_State *L)
{
    enum { OPTIONS = 1, SETTINGS, PROBLEM };
    if (!lua_isnoneornil(L, OPTIONS))
        luaL_checktype(L, OPTIONS, LUA_TTABLE);
    lua_settop(L, OPTIONS);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, OPTIONS);
    lua_call(L, 1, 2);
    if (lua_isnil(L, SETTINGS))
        luaL_argerror(L, OPTIONS, lua_tostring(L, PROBLEM));
    kms_transport *self = kms_class_new(L, TYPE_NAME, sizeof *self);
    self->loop = kms_transport_event_loop(L);
    self->loop->refcount++;
    self->pool = kms_pool_new();
    if (self->pool == NULL)
        luaL_error(L, "not enough memory");
    read_options(L, SETTINGS, &self->pool->options);
    return 1;
}

/* Seconds that a request may take. */
static double limit_timeout(const kms_options *options, double timeout)
{
    const double option = options->number[KMS_OPTION_TIMEOUT];
    const double limit = option > 0 ? option : isfinite(timeout) ? MAX_TIMEOUT : DEFAULT_TIMEOUT;
    return timeout < limit ? timeout : limit;
}

kms_transfer *kms_transport_start(lua_State *L, int index, const kms_transport *transport,
                                  kms_transfer_queue *queue, kms_http_error *error)
{
    kms_http_request request;
    kms_event_loop *loop = transport->loop;
    kms_transfer *transfer = kms_event_loop_prepare(loop);
    if (transfer == NULL)
        luaL_error(L, "not enough memory");
    const kms_request_status status =
        kms_request_write(L, index, &request, &transfer->writer, &transfer->error);
    if (status == KMS_REQUEST_OK &&
        kms_event_loop_start(loop, transport->pool, &request,
                             limit_timeout(&transport->pool->options, request.timeout), queue))
        return transfer;
    *error = transfer->error; /* because the next request uses the transfer */
    kms_transfer_clear(transfer);
    if (status == KMS_REQUEST_MALFORMED)
        luaL_argerror(L, index, lua_tostring(L, -1));
    return NULL;
}

int kms_transport_push_result(lua_State *L)
{
    const kms_transfer *transfer = lua_touserdata(L, 1);
    if (transfer->error.code != KMS_HTTP_OK)
        return kms_response_push_error(L, &transfer->error);
    kms_response_push(L, &transfer->response, transfer->is_brief);
    return 1;
}

int kms_transport_push_outcome(lua_State *L, int function, kms_transfer *transfer)
{
    lua_pushvalue(L, function);
    lua_pushlightuserdata(L, transfer);
    return lua_pcall(L, 1, LUA_MULTRET, 0);
}

/* send(transport, request, is_brief) */
static int send_request(lua_State *L)
{
    enum { REQUEST = 2, IS_BRIEF, FUNCTION };
    const kms_transport *self = kms_transport_check(L, 1);
    kms_event_loop *loop = self->loop;
    kms_http_error error;
    lua_settop(L, IS_BRIEF);
    lua_pushcfunction(L, kms_transport_push_result); /* allocates in Lua 5.1 */
    kms_transfer *transfer = kms_transport_start(L, REQUEST, self, NULL, &error);
    if (transfer == NULL)
        return kms_response_push_error(L, &error);
    transfer->is_brief = lua_toboolean(L, IS_BRIEF) != 0;
    kms_event_loop_run(loop, transfer);
    const int status = kms_transport_push_outcome(L, FUNCTION, transfer);
    kms_event_loop_recycle(loop, transfer);
    return status == 0 ? lua_gettop(L) - FUNCTION : lua_error(L);
}

static int sleep_seconds(lua_State *L)
{
    kms_transport_check(L, 1);
    const double seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds <= MAX_SLEEP, 2, "seconds must be 0 to 1000000000");
    struct timespec rest;
    rest.tv_sec = (time_t)seconds;
    rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR)
        ;
    return 0;
}

int kms_transport_push_stats(lua_State *L, unsigned long requests, unsigned long connections)
{
    lua_createtable(L, 0, 2);
    kms_table_set_integer(L, "requests", (lua_Integer)requests);
    kms_table_set_integer(L, "connections", (lua_Integer)connections);
    return 1;
}

static int stats(lua_State *L)
{
    const kms_pool *pool = check_transport(L)->pool;
    if (pool == NULL)
        return kms_transport_push_stats(L, 0, 0);
    return kms_transport_push_stats(L, pool->request_count, pool->connection_count);
}

static int read_is_open(lua_State *L)
{
    lua_pushboolean(L, is_open(check_transport(L)));
    return 1;
}

static int close_transport(lua_State *L)
{
    kms_transport *self = check_transport(L);
    if (is_open(self))
        kms_event_loop_close_pool(self->loop, self->pool);
    return 0;
}

static int collect_transport(lua_State *L)
{
    kms_transport *self = check_transport(L);
    close_transport(L);
    kms_pool_release(self->pool);
    kms_event_loop_release(self->loop);
    *self = (kms_transport){NULL, NULL};
    return 0;
}

static int to_string(lua_State *L)
{
    lua_pushfstring(L, "%s (%s)", TYPE_NAME, is_open(check_transport(L)) ? "open" : "closed");
    return 1;
}

static const luaL_Reg METHODS[] = {
    {"send", send_request},
    {"sleep", sleep_seconds},
    {"now", kms_class_read_wall_clock},
    {"clock", kms_class_read_monotonic_clock},
    {"stats", stats},
    {"is_open", read_is_open},
    {"close", close_transport},
    {NULL, NULL},
};

static const luaL_Reg METAMETHODS[] = {
    {"__gc", collect_transport},
    {"__close", close_transport},
    {"__tostring", to_string},
    {NULL, NULL},
};

void kms_transport_open(lua_State *L)
{
    open_loop(L);
    kms_class_create(L, TYPE_NAME, METAMETHODS, METHODS);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "kms.transport.options");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "parse_curl");
    lua_remove(L, -2);
    lua_pushcclosure(L, new_transport, 1);
}
