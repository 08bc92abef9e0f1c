/* Reads request tables of Lua; see request.h. */
#include "binding/request.h"
#include "binding/compat.h"
#include "binding/table.h"

#include <math.h>

/* Fields of a request table, counted from 1, and their names in this order. */
enum { METHOD = 1, SCHEME, HOST, TARGET, BODY, HEADERS, TIMEOUT, LINK_LOCAL, IDEMPOTENT };
static const char *const FIELDS[] = {NULL,   "method",  "scheme",  "host",       "target",
                                     "body", "headers", "timeout", "link_local", "idempotent"};

/* Its address is the registry key of the list of names. The list has Lua strings, because pushing a
 * C string could run the collector. */
static const char NAMES_KEY = 0;

void kms_request_open(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(size_t)&NAMES_KEY);
    lua_createtable(L, IDEMPOTENT, 0);
    for (int field = 1; field <= IDEMPOTENT; field++) {
        lua_pushstring(L, FIELDS[field]);
        lua_rawseti(L, -2, field);
    }
    lua_rawset(L, LUA_REGISTRYINDEX);
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

/* Reads the fields except headers; the table keeps the strings alive. On success the stack is as
 * before. */
static kms_request_status read_fields(lua_State *L, int index, int names, kms_http_request *request)
{
    kms_slice *const strings[] = {NULL,           &request->method, &request->scheme,
                                  &request->host, &request->target, &request->body};
    for (int field = METHOD; field <= BODY; field++) {
        const int type = push_field(L, index, names, field);
        *strings[field] = kms_table_to_slice(L, -1);
        if (type != LUA_TSTRING && (field != BODY || type != LUA_TNIL))
            return reject_field(L, field, "a string");
        lua_pop(L, 1);
    }
    const int type = push_field(L, index, names, TIMEOUT);
    request->timeout = type == LUA_TNIL ? (double)INFINITY : lua_tonumber(L, -1);
    if (type != LUA_TNIL && (type != LUA_TNUMBER || !isfinite(request->timeout)))
        return reject_field(L, TIMEOUT, "a finite number of seconds");
    push_field(L, index, names, LINK_LOCAL);
    request->allows_link_local = lua_toboolean(L, -1) != 0;
    request->is_idempotent = push_field(L, index, names, IDEMPOTENT) == LUA_TNIL
                                 ? kms_http_method_is_idempotent(request->method)
                                 : lua_toboolean(L, -1) != 0;
    lua_settop(L, names);
    return KMS_REQUEST_OK;
}

/* Writes the headers in the list on top of the stack. */
static kms_request_status write_headers(lua_State *L, kms_http_writer *writer,
                                        kms_http_error *error)
{
    const int list = lua_gettop(L);
    if (lua_isnil(L, list))
        return KMS_REQUEST_OK;
    if (!lua_istable(L, list))
        return reject_field(L, HEADERS, "a list of {name, value}");
    kms_pair header;
    int i = 1;
    for (; kms_table_read_pair(L, list, i, &header); i++)
        if (!kms_http_writer_add_header(writer, header.name, header.value, error))
            return KMS_REQUEST_INVALID;
    lua_rawgeti(L, list, i);
    if (!lua_isnil(L, -1)) {
        lua_pushfstring(L, "request.headers[%d] must be {name, value}, two strings", i);
        return KMS_REQUEST_MALFORMED;
    }
    /* lua_next starts from the nil that ended the list. A table without a first item must be empty:
     * a table of names and values is not a list. */
    if (i == 1 && lua_next(L, list) != 0) {
        lua_pushliteral(L, "request.headers must be a list of {name, value}");
        return KMS_REQUEST_MALFORMED;
    }
    return KMS_REQUEST_OK;
}

kms_request_status kms_request_write(lua_State *L, int index, kms_http_request *request,
                                     kms_http_writer *writer, kms_http_error *error)
{
    const int top = lua_gettop(L), names = top + 1;
    if (!lua_istable(L, index)) {
        lua_pushfstring(L, "table expected, got %s",
                        lua_isnil(L, index) ? "no value" : luaL_typename(L, index));
        return KMS_REQUEST_MALFORMED;
    }
    lua_pushlightuserdata(L, (void *)(size_t)&NAMES_KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
    kms_request_status status = read_fields(L, index, names, request);
    if (status == KMS_REQUEST_OK && !kms_http_writer_begin(writer, request, error))
        status = KMS_REQUEST_INVALID;
    if (status == KMS_REQUEST_OK) {
        push_field(L, index, names, HEADERS);
        status = write_headers(L, writer, error);
    }
    if (status == KMS_REQUEST_OK && !kms_http_writer_finish(writer, request, error))
        status = KMS_REQUEST_INVALID;
    if (status != KMS_REQUEST_MALFORMED)
        lua_settop(L, top);
    return status;
}
