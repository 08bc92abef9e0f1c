/* Pushes responses; see lua_reply.h. */
#include "binding/response.h"
#include "binding/compat.h"

static const char *const NAMES[KMS_RESPONSE_FIELDS] = {"status", "headers", "body"};

void kms_lua_push_response_names(lua_State *L)
{
    for (int i = 0; i < KMS_RESPONSE_FIELDS; i++)
        lua_pushstring(L, NAMES[i]);
}

/* Takes the name of a header that is there already, what is there of it, and one value more, all on
 * top of the stack: what is there is then a list. */
static void add_repeated(lua_State *L, int headers)
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

/* Puts a string in the place of each list. */
static void join_repeated(lua_State *L, int headers)
{
    luaL_Buffer joined; /* has its pieces on the stack */
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

/* A repeated header's values are joined at the end, at once: a head of many short lines, joined one
 * by one, would take seconds. */
static void push_headers(lua_State *L, const kms_reply *reply)
{
    size_t position = 0;
    kms_slice name, value;
    bool repeated = false;
    lua_createtable(L, 0, reply->header_count);
    const int headers = lua_gettop(L);
    while (kms_reply_next(reply, &position, &name, &value)) {
        lua_pushlstring(L, name.data, name.length);
        lua_pushvalue(L, -1);
        lua_rawget(L, headers);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushlstring(L, value.data, value.length);
            lua_rawset(L, headers);
        } else {
            lua_pushlstring(L, value.data, value.length);
            add_repeated(L, headers);
            repeated = true;
        }
    }
    if (repeated)
        join_repeated(L, headers);
}

void kms_lua_push_response(lua_State *L, int names, int status, const kms_reply *reply)
{
    const kms_buffer *body = &reply->body;
    lua_createtable(L, 0, KMS_RESPONSE_FIELDS);
    lua_pushvalue(L, lua_upvalueindex(names));
    lua_pushinteger(L, status);
    lua_rawset(L, -3);
    lua_pushvalue(L, lua_upvalueindex(names + 1));
    push_headers(L, reply);
    lua_rawset(L, -3);
    lua_pushvalue(L, lua_upvalueindex(names + 2));
    lua_pushlstring(L, body->length > 0 ? body->data : "", body->length);
    lua_rawset(L, -3);
}
