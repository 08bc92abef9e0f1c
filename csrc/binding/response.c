/* Pushes HTTP responses and transport errors; see response.h. */
#include "binding/response.h"
#include "binding/compat.h"
#include "binding/error.h"
#include "binding/table.h"

/* Pops the name of a repeated header, its previous value or list of values, and one more value.
 * Stores the values as a list. */
static void append_repeated(lua_State *L, int headers)
{
    const int name = lua_gettop(L) - 2, before = name + 1;
    if (lua_type(L, before) == LUA_TTABLE) {
        lua_rawseti(L, before, (int)lua_rawlen(L, before) + 1);
    } else {
        lua_createtable(L, 2, 0);
        lua_insert(L, before);
        lua_rawseti(L, before, 2);
        lua_rawseti(L, before, 1);
        lua_rawset(L, headers);
    }
    lua_settop(L, name - 1);
}

/* Replaces each list of values by one string (RFC 9110 section 5.3). */
static void join_repeated(lua_State *L, int headers)
{
    luaL_Buffer joined; /* keeps pieces on the stack */
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    lua_pushnil(L);
    while (lua_next(L, headers) != 0) {
        if (lua_type(L, -1) == LUA_TTABLE) {
            const int list = lua_gettop(L), count = (int)lua_rawlen(L, list);
            lua_pushvalue(L, list - 1);
            luaL_buffinit(L, &joined);
            for (int i = 1; i <= count; i++) {
                if (i > 1)
                    luaL_addlstring(&joined, ", ", 2);
                lua_rawgeti(L, list, i);
                luaL_addvalue(&joined);
            }
            luaL_pushresult(&joined);
            lua_rawset(L, headers);
        }
        lua_pop(L, 1);
    }
}

static bool is_brief_header(kms_slice name)
{
    return kms_slice_equals(name, KMS_LITERAL("date")) ||
           kms_slice_equals(name, KMS_LITERAL("retry-after")) ||
           kms_slice_equals(name, KMS_LITERAL("x-request-id")) ||
           kms_slice_equals(name, KMS_LITERAL("content-encoding"));
}

/* Stores headers in the table on top of the stack. The values of a repeated header are joined at
 * the end, because joining them one by one takes quadratic time: seconds for many short lines. */
static void set_headers(lua_State *L, const kms_http_response *response, bool is_brief)
{
    size_t position = 0;
    kms_slice name, value;
    bool has_repeated = false;
    const int headers = lua_gettop(L);
    while (kms_http_response_next_header(response, &position, &name, &value)) {
        if (is_brief && !is_brief_header(name))
            continue;
        lua_pushlstring(L, name.data, name.length);
        lua_pushvalue(L, -1);
        lua_rawget(L, headers);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushlstring(L, value.data, value.length);
            lua_rawset(L, headers);
        } else {
            lua_pushlstring(L, value.data, value.length);
            append_repeated(L, headers);
            has_repeated = true;
        }
    }
    if (has_repeated)
        join_repeated(L, headers);
}

void kms_response_push(lua_State *L, const kms_http_response *response, bool is_brief)
{
    const kms_buffer *body = &response->body;
    lua_createtable(L, 0, is_brief ? 4 : 3);
    kms_table_set_integer(L, "status", response->status);
    if (is_brief)
        lua_pushvalue(L, -1);
    else
        lua_createtable(L, 0, response->header_count);
    set_headers(L, response, is_brief);
    lua_setfield(L, -2, "headers");
    kms_table_set_slice(L, "body", body->length > 0 ? kms_buffer_view(body) : KMS_LITERAL(""));
}

int kms_response_push_error(lua_State *L, const kms_http_error *error)
{
    if (error->code == KMS_HTTP_INVALID)
        return kms_error_push(L, "invalid", error->field, error->message);
    kms_error_push(L, "transport", kms_http_error_word(error->code), error->message);
    lua_pushboolean(L, error->is_uncertain);
    lua_setfield(L, -2, "uncertain");
    if (error->is_permanent) {
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "retryable");
    }
    if (error->status > 0)
        kms_table_set_integer(L, "status", error->status);
    if (error->cause_code != 0) {
        lua_createtable(L, 0, 2);
        kms_table_set_integer(L, "code", error->cause_code);
        kms_table_set_string(L, "message", error->cause_text);
        lua_setfield(L, -2, "cause");
    }
    return 2;
}
