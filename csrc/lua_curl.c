/* Module kms.transport.curl: checks Lua's arguments, runs an exchange, pushes what came of it.
 *
 * The userdata owns every resource. `send` gathers the request without a Lua call that could
 * allocate, so no finalizer runs meanwhile; a raise leaves its leavings to the next send or to
 * close. The reply is pushed in protected mode with the transport marked busy, for a finalizer may
 * run then and try to send. */
#include "compat.h"
#include "connections.h"
#include "lua_error.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const char TYPE_NAME[] = "kms.transport.curl";

/* 30 years; and a number of seconds that every time_t can hold. */
#define LONGEST_SLEEP 1e9

typedef struct {
    kms_curl_options options;
    kms_connections connections;
    kms_exchange exchange;
    bool closed;
    bool busy;
} transport;

/* Upvalues of send: the names of a request's fields as Lua strings, and push_outcome. */
enum { UPVALUE_FIELDS = 1, UPVALUE_PUSH, UPVALUE_COUNT = UPVALUE_PUSH };

enum {
    METHOD = 1,
    SCHEME,
    HOST,
    PATH,
    QUERY,
    HEADERS,
    BODY,
    DEADLINE,
    TARGET,
    LINK_LOCAL,
    FIELD_COUNT = LINK_LOCAL
};

static const char *const FIELDS[] = {
    [METHOD] = "method", [SCHEME] = "scheme",        [HOST] = "host", [PATH] = "path",
    [QUERY] = "query",   [HEADERS] = "headers",      [BODY] = "body", [DEADLINE] = "deadline",
    [TARGET] = "target", [LINK_LOCAL] = "link_local"};

static transport *check_transport(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE_NAME);
}

static transport *check_usable(lua_State *L)
{
    transport *self = check_transport(L);
    if (self->closed)
        luaL_error(L, "transport is closed");
    if (self->busy)
        luaL_error(L, "transport is busy");
    return self;
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

static int new_transport(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    transport *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    kms_curl_options_init(&self->options);
    kms_connections_init(&self->connections);
    kms_exchange_init(&self->exchange);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    if (lua_istable(L, 1)) {
        lua_pushnil(L);
        while (lua_next(L, 1) != 0) {
            set_option(L, &self->options);
            lua_pop(L, 1);
        }
    }
    return 1;
}

/* Pushes a field of the request at index 2. Raw, and without an allocation. */
static int push_field(lua_State *L, int field)
{
    lua_rawgeti(L, lua_upvalueindex(UPVALUE_FIELDS), field);
    lua_rawget(L, 2);
    return lua_type(L, -1);
}

static int field_error(lua_State *L, int field, const char *expected)
{
    return luaL_argerror(L, 2,
                         lua_pushfstring(L, "request.%s must be %s, got %s", FIELDS[field],
                                         expected, luaL_typename(L, -1)));
}

/* A string of the request, which keeps it alive. */
static kms_slice read_text(lua_State *L, int field, bool required)
{
    kms_slice text = {NULL, 0};
    int type = push_field(L, field);
    if (type == LUA_TSTRING)
        text.data = lua_tolstring(L, -1, &text.length);
    else if (required || type != LUA_TNIL)
        field_error(L, field, "a string");
    lua_pop(L, 1);
    return text;
}

/* A path that nobody needs to encode is its own target. */
static bool is_plain(kms_slice path)
{
    for (size_t i = 0; i < path.length; i++)
        if (path.data[i] <= ' ' || path.data[i] >= 0x7f || strchr("%?#", path.data[i]) != NULL)
            return false;
    return path.length > 0 && path.data[0] == '/';
}

static kms_slice read_target(lua_State *L)
{
    kms_slice target = read_text(L, TARGET, false);
    if (target.data != NULL)
        return target;
    bool queried = push_field(L, QUERY) != LUA_TNIL;
    if (!queried && push_field(L, PATH) == LUA_TSTRING)
        target.data = lua_tolstring(L, -1, &target.length);
    if (target.data == NULL || !is_plain(target))
        luaL_argerror(L, 2, "request.target is missing");
    lua_pop(L, 2);
    return target;
}

static void read_request(lua_State *L, kms_exchange_request *request)
{
    request->method = read_text(L, METHOD, true);
    request->scheme = read_text(L, SCHEME, true);
    request->host = read_text(L, HOST, true);
    request->target = read_target(L);
    request->body = read_text(L, BODY, false);
    push_field(L, LINK_LOCAL);
    request->link_local = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    int type = push_field(L, DEADLINE);
    if (type != LUA_TNUMBER && type != LUA_TNIL)
        field_error(L, DEADLINE, "a number");
    request->has_deadline = type == LUA_TNUMBER;
    request->deadline = lua_tonumber(L, -1);
    lua_pop(L, 1);
}

/* The string at place 1 or 2 of the pair on top of the stack, which keeps it alive. */
static kms_slice read_half(lua_State *L, int place)
{
    kms_slice text = {NULL, 0};
    lua_rawgeti(L, -1, place);
    if (lua_type(L, -1) == LUA_TSTRING)
        text.data = lua_tolstring(L, -1, &text.length);
    lua_pop(L, 1);
    return text;
}

/* False: the exchange has refused a header. */
static bool read_headers(lua_State *L, kms_exchange *exchange)
{
    int type = push_field(L, HEADERS), i = 1;
    if (type == LUA_TNIL)
        return true;
    if (type != LUA_TTABLE)
        field_error(L, HEADERS, "a list of {name, value}");
    for (;; i++) {
        kms_slice name = {NULL, 0}, value = {NULL, 0};
        lua_rawgeti(L, -1, i);
        if (lua_isnil(L, -1))
            break;
        if (lua_istable(L, -1)) {
            name = read_half(L, 1);
            value = read_half(L, 2);
        }
        if (name.data == NULL || value.data == NULL)
            luaL_argerror(
                L, 2,
                lua_pushfstring(L, "request.headers[%d] must be {name, value}, two strings", i));
        lua_pop(L, 1);
        if (!kms_exchange_header(exchange, name, value))
            return false;
    }
    /* The nil that ended the list is the key that starts a traversal: a table of names is no empty
     * list. */
    if (i == 1 && lua_next(L, -2) != 0)
        luaL_argerror(L, 2, "request.headers must be a list of {name, value}");
    return true;
}

static int push_failure(lua_State *L, const kms_failure *failure)
{
    kms_lua_error error = {failure->kind,      failure->code,      failure->message,
                           failure->uncertain, failure->has_cause, (int)failure->cause,
                           failure->cause_text};
    return kms_lua_fail(L, &error);
}

static void push_headers(lua_State *L, const kms_exchange *exchange)
{
    size_t position = 0;
    kms_slice name, value;
    lua_newtable(L);
    while (kms_reply_next(&exchange->reply, &position, &name, &value)) {
        lua_pushlstring(L, name.data, name.length);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        bool repeated = lua_isstring(L, -1);
        if (repeated)
            lua_pushliteral(L, ", ");
        else
            lua_pop(L, 1);
        lua_pushlstring(L, value.data, value.length);
        if (repeated)
            lua_concat(L, 3);
        lua_rawset(L, -3);
    }
}

/* Called in protected mode with the transport: what send returns. */
static int push_outcome(lua_State *L)
{
    const transport *self = lua_touserdata(L, 1);
    const kms_exchange *exchange = &self->exchange;
    if (exchange->failure.code != NULL)
        return push_failure(L, &exchange->failure);
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, exchange->status);
    lua_setfield(L, -2, "status");
    push_headers(L, exchange);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, exchange->reply.body.length > 0 ? exchange->reply.body.data : "",
                    exchange->reply.body.length);
    lua_setfield(L, -2, "body");
    return 1;
}

static int send_request(lua_State *L)
{
    transport *self = check_usable(L);
    kms_exchange_request request;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    read_request(L, &request);
    if (kms_exchange_begin(&self->exchange, &request) && read_headers(L, &self->exchange))
        kms_connections_run(&self->connections, &self->options, &self->exchange, &request);
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_PUSH));
    lua_pushvalue(L, 1);
    self->busy = true;
    int status = lua_pcall(L, 1, LUA_MULTRET, 0);
    self->busy = false;
    kms_exchange_end(&self->exchange);
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
    if (self->busy)
        luaL_error(L, "transport is busy");
    self->closed = true;
    kms_exchange_close(&self->exchange);
    kms_connections_close(&self->connections);
    kms_curl_options_free(&self->options);
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

static const luaL_Reg METAMETHODS[] = {
    {"__gc", close_transport},
    {"__close", close_transport},
    {"__tostring", to_string},
    {NULL, NULL},
};

static void push_send(lua_State *L)
{
    lua_createtable(L, FIELD_COUNT, 0);
    for (int field = 1; field <= FIELD_COUNT; field++) {
        lua_pushstring(L, FIELDS[field]);
        lua_rawseti(L, -2, field);
    }
    lua_pushcfunction(L, push_outcome);
    lua_pushcclosure(L, send_request, UPVALUE_COUNT);
}

KMS_EXPORT int luaopen_kms_transport_curl(lua_State *L);

int luaopen_kms_transport_curl(lua_State *L)
{
    kms_lua_error_open(L);
    luaL_newmetatable(L, TYPE_NAME);
    luaL_setfuncs(L, METAMETHODS, 0);
    lua_pushstring(L, TYPE_NAME);
    lua_setfield(L, -2, "__name");
    luaL_newlib(L, METHODS);
    push_send(L);
    lua_setfield(L, -2, "send");
    lua_setfield(L, -2, "__index");
    lua_newtable(L);
    lua_pushcfunction(L, new_transport);
    lua_setfield(L, -2, "new");
    return 1;
}
