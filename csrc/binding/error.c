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

int kms_error_push(lua_State *L, const char *kind, const char *code, const char *message)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 8);
    kms_table_set_string(L, "kind", kind);
    kms_table_set_string(L, "code", code);
    kms_table_set_string(L, "message", message);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "uncertain");
    lua_getfield(L, LUA_REGISTRYINDEX, METATABLE);
    lua_setmetatable(L, -2);
    return 2;
}
