/* Reads request tables of Lua; see request.h. */
#include "binding/request.h"
#include "binding/compat.h"

#include <math.h>

/* Fields of a request table. */
enum {
    METHOD = 1,
    SCHEME,
    HOST,
    TARGET,
    BODY,
    HEADERS,
    TIMEOUT,
    LINK_LOCAL,
    FIELD_COUNT = LINK_LOCAL
};

static const char *const FIELDS[] = {
    [METHOD] = "method", [SCHEME] = "scheme",   [HOST] = "host",       [TARGET] = "target",
    [BODY] = "body",     [HEADERS] = "headers", [TIMEOUT] = "timeout", [LINK_LOCAL] = "link_local",
};

/* Its address is the registry key of the list of names. The list has Lua strings, because pushing a
 * C string could run the collector. */
static const char NAMES_KEY = 0;

void kms_request_open(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(size_t)&NAMES_KEY);
    lua_createtable(L, FIELD_COUNT, 0);
    for (int field = 1; field <= FIELD_COUNT; field++) {
        lua_pushstring(L, FIELDS[field]);
        lua_rawseti(L, -2, field);
    }
    lua_rawset(L, LUA_REGISTRYINDEX);
}

/* Pushes the list of names. */
static void push_names(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(size_t)&NAMES_KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
}

/* Pushes a field of the table at `index`; the list of names is at `names`. Returns its type. */
static int push_field(lua_State *L, int index, int names, int field)
{
    lua_rawgeti(L, names, field);
    lua_rawget(L, index);
    return lua_type(L, -1);
}

/* Pushes the argument error of a field whose value is on top of the stack. */
static kms_request_status reject_field(lua_State *L, int field, const char *expected)
{
    lua_pushfstring(L, "request.%s must be %s, got %s", FIELDS[field], expected,
                    luaL_typename(L, -1));
    return KMS_REQUEST_MALFORMED;
}

/* Reads string fields; the table keeps the strings alive. The list of names is on top of the stack,
 * and stays there on success. */
static kms_request_status read_strings(lua_State *L, int index, kms_http_request *request)
{
    kms_slice *const strings[] = {[METHOD] = &request->method,
                                  [SCHEME] = &request->scheme,
                                  [HOST] = &request->host,
                                  [TARGET] = &request->target,
                                  [BODY] = &request->body};
    const int names = lua_gettop(L);
    for (int field = METHOD; field <= BODY; field++) {
        const int type = push_field(L, index, names, field);
        *strings[field] = (kms_slice){NULL, 0};
        if (type == LUA_TSTRING)
            strings[field]->data = lua_tolstring(L, -1, &strings[field]->length);
        else if (field != BODY || type != LUA_TNIL)
            return reject_field(L, field, "a string");
        lua_pop(L, 1);
    }
    return KMS_REQUEST_OK;
}

kms_request_status kms_request_read(lua_State *L, int index, kms_request *request)
{
    if (!lua_istable(L, index)) {
        lua_pushfstring(L, "table expected, got %s",
                        lua_isnil(L, index) ? "no value" : luaL_typename(L, index));
        return KMS_REQUEST_MALFORMED;
    }
    push_names(L);
    const int names = lua_gettop(L);
    if (read_strings(L, index, &request->http) != KMS_REQUEST_OK)
        return KMS_REQUEST_MALFORMED;
    const int type = push_field(L, index, names, TIMEOUT);
    request->timeout = type == LUA_TNIL ? (double)INFINITY : lua_tonumber(L, -1);
    if (type != LUA_TNIL && (type != LUA_TNUMBER || !isfinite(request->timeout)))
        return reject_field(L, TIMEOUT, "a finite number of seconds");
    push_field(L, index, names, LINK_LOCAL);
    request->http.allows_link_local = lua_toboolean(L, -1) != 0;
    lua_settop(L, names - 1);
    return KMS_REQUEST_OK;
}

/* The string at `position` of the pair on top of the stack, which keeps it alive. */
static kms_slice read_half(lua_State *L, int position)
{
    kms_slice string = {NULL, 0};
    lua_rawgeti(L, -1, position);
    if (lua_type(L, -1) == LUA_TSTRING)
        string.data = lua_tolstring(L, -1, &string.length);
    lua_pop(L, 1);
    return string;
}

/* Writes the headers in the list on top of the stack. */
static kms_request_status write_headers(lua_State *L, kms_http_writer *writer,
                                        kms_http_error *error)
{
    const int list = lua_gettop(L);
    int i = 1;
    for (lua_rawgeti(L, list, i); !lua_isnil(L, -1); lua_rawgeti(L, list, ++i)) {
        kms_slice name = {NULL, 0}, value = {NULL, 0};
        if (lua_istable(L, -1)) {
            name = read_half(L, 1);
            value = read_half(L, 2);
        }
        if (name.data == NULL || value.data == NULL) {
            lua_pushfstring(L, "request.headers[%d] must be {name, value}, two strings", i);
            return KMS_REQUEST_MALFORMED;
        }
        lua_pop(L, 1);
        if (!kms_http_writer_add_header(writer, name, value, error))
            return KMS_REQUEST_INVALID;
    }
    /* lua_next starts from the nil that ended the list. A table without a first item must be empty:
     * a table of names and values is not a list. */
    if (i == 1 && lua_next(L, list) != 0) {
        lua_pushliteral(L, "request.headers must be a list of {name, value}");
        return KMS_REQUEST_MALFORMED;
    }
    return KMS_REQUEST_OK;
}

kms_request_status kms_request_write(lua_State *L, int index, const kms_request *request,
                                     kms_http_writer *writer, kms_http_error *error)
{
    const int top = lua_gettop(L);
    kms_request_status status = KMS_REQUEST_OK;
    if (!kms_http_writer_begin(writer, &request->http, error))
        return KMS_REQUEST_INVALID;
    push_names(L);
    const int type = push_field(L, index, top + 1, HEADERS);
    if (type == LUA_TTABLE)
        status = write_headers(L, writer, error);
    else if (type != LUA_TNIL)
        status = reject_field(L, HEADERS, "a list of {name, value}");
    if (status == KMS_REQUEST_MALFORMED)
        return status;
    lua_settop(L, top);
    if (status == KMS_REQUEST_OK && !kms_http_writer_finish(writer, &request->http, error))
        return KMS_REQUEST_INVALID;
    return status;
}
