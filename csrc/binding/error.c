/* Pushes error values of the Lua module kms.error; see error.h. */
#include "binding/error.h"

#include "binding/compat.h"
#include "binding/table.h"

static const char METATABLE[] = "kms.error";

void kms_error_open(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, METATABLE);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "metatable");
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_setfield(L, LUA_REGISTRYINDEX, METATABLE);
    lua_pop(L, 1);
}

int kms_error_push(lua_State *L, const kms_error_value *error)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 8);
    kms_table_set_string(L, "kind", kms_slice_from_string(error->kind));
    kms_table_set_string(L, "code", kms_slice_from_string(error->code));
    kms_table_set_string(L, "message", kms_slice_from_string(error->message));
    lua_pushboolean(L, error->is_uncertain);
    lua_setfield(L, -2, "uncertain");
    if (error->has_cause) {
        lua_createtable(L, 0, 2);
        lua_pushinteger(L, error->cause_code);
        lua_setfield(L, -2, "code");
        kms_table_set_string(L, "message", kms_slice_from_string(error->cause_message));
        lua_setfield(L, -2, "cause");
    }
    lua_getfield(L, LUA_REGISTRYINDEX, METATABLE);
    lua_setmetatable(L, -2);
    return 2;
}
