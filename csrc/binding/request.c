/* Requests of Lua, and responses and errors for Lua; see lua_exchange.h. */
#include "binding/request.h"
#include "binding/compat.h"
#include "binding/error.h"
#include "binding/response.h"

#include <string.h>

/* Upvalues of the functions that read requests and push outcomes: the names of a request's fields
 * as Lua strings, and push_ended. */
enum { UPVALUE_FIELDS = 1, UPVALUE_PUSH, UPVALUE_COUNT = UPVALUE_PUSH };

/* Upvalues of push_ended. */
enum { UPVALUE_NAMES = 1 };

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

/* Pushes a field of the request at place `at`. Raw, and without an allocation. */
static int push_field(lua_State *L, int at, int field)
{
    lua_rawgeti(L, lua_upvalueindex(UPVALUE_FIELDS), field);
    lua_rawget(L, at);
    return lua_type(L, -1);
}

static int field_error(lua_State *L, int at, int field, const char *expected)
{
    return luaL_argerror(L, at,
                         lua_pushfstring(L, "request.%s must be %s, got %s", FIELDS[field],
                                         expected, luaL_typename(L, -1)));
}

/* A string of the request, which keeps it alive. */
static kms_slice read_text(lua_State *L, int at, int field, bool required)
{
    kms_slice text = {NULL, 0};
    int type = push_field(L, at, field);
    if (type == LUA_TSTRING)
        text.data = lua_tolstring(L, -1, &text.length);
    else if (required || type != LUA_TNIL)
        field_error(L, at, field, "a string");
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

static kms_slice read_target(lua_State *L, int at)
{
    kms_slice target = read_text(L, at, TARGET, false);
    if (target.data != NULL)
        return target;
    bool queried = push_field(L, at, QUERY) != LUA_TNIL;
    if (!queried && push_field(L, at, PATH) == LUA_TSTRING)
        target.data = lua_tolstring(L, -1, &target.length);
    if (target.data == NULL || !is_plain(target))
        luaL_argerror(L, at, "request.target is missing");
    lua_pop(L, 2);
    return target;
}

void kms_lua_read_request(lua_State *L, int at, kms_exchange_request *request)
{
    luaL_checktype(L, at, LUA_TTABLE);
    request->method = read_text(L, at, METHOD, true);
    request->scheme = read_text(L, at, SCHEME, true);
    request->host = read_text(L, at, HOST, true);
    request->target = read_target(L, at);
    request->body = read_text(L, at, BODY, false);
    push_field(L, at, LINK_LOCAL);
    request->link_local = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    int type = push_field(L, at, DEADLINE);
    if (type != LUA_TNUMBER && type != LUA_TNIL)
        field_error(L, at, DEADLINE, "a number");
    request->has_deadline = type == LUA_TNUMBER;
    request->deadline = lua_tonumber(L, -1);
    lua_pop(L, 1);
}

void kms_lua_push_lasting(lua_State *L, int at)
{
    push_field(L, at, HOST);
    if (push_field(L, at, BODY) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushboolean(L, false);
    }
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

bool kms_lua_read_headers(lua_State *L, int at, kms_exchange *exchange)
{
    int type = push_field(L, at, HEADERS), i = 1;
    if (type == LUA_TNIL)
        return true;
    if (type != LUA_TTABLE)
        field_error(L, at, HEADERS, "a list of {name, value}");
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
                L, at,
                lua_pushfstring(L, "request.headers[%d] must be {name, value}, two strings", i));
        lua_pop(L, 1);
        if (!kms_exchange_header(exchange, name, value))
            return false;
    }
    /* The nil that ended the list is the key that starts a traversal: a table of names is no empty
     * list. */
    if (i == 1 && lua_next(L, -2) != 0)
        luaL_argerror(L, at, "request.headers must be a list of {name, value}");
    return true;
}

int kms_lua_push_failure(lua_State *L, const kms_failure *failure)
{
    kms_error_value error = {failure->kind,      failure->code,      failure->message,
                             failure->uncertain, failure->has_cause, (int)failure->cause,
                             failure->cause_text};
    return kms_error_push(L, &error);
}

/* Called in protected mode with a userdata that begins with a kms_lua_outcome. */
static int push_ended(lua_State *L)
{
    const kms_exchange *exchange = ((const kms_lua_outcome *)lua_touserdata(L, 1))->ended;
    if (exchange->failure.code != NULL)
        return kms_lua_push_failure(L, &exchange->failure);
    kms_lua_push_response(L, UPVALUE_NAMES, (int)exchange->status, &exchange->reply);
    return 1;
}

int kms_lua_push_outcome(lua_State *L, int at, kms_lua_outcome *outcome)
{
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_PUSH));
    lua_pushvalue(L, at);
    outcome->busy = true;
    int status = lua_pcall(L, 1, LUA_MULTRET, 0);
    outcome->busy = false;
    outcome->ended = NULL;
    return status;
}

void kms_lua_exchange_functions(lua_State *L, const luaL_Reg *functions)
{
    lua_createtable(L, FIELD_COUNT, 0);
    for (int field = 1; field <= FIELD_COUNT; field++) {
        lua_pushstring(L, FIELDS[field]);
        lua_rawseti(L, -2, field);
    }
    kms_lua_push_response_names(L);
    lua_pushcclosure(L, push_ended, KMS_RESPONSE_FIELDS);
    for (; functions->name != NULL; functions++) {
        lua_pushvalue(L, -UPVALUE_COUNT);
        lua_pushvalue(L, -UPVALUE_COUNT);
        lua_pushcclosure(L, functions->func, UPVALUE_COUNT);
        lua_setfield(L, -2 - UPVALUE_COUNT, functions->name);
    }
    lua_pop(L, UPVALUE_COUNT);
}
