/* Classes of userdata; see class.h. */
#include "binding/class.h"
#include "base/clock.h"

#include <string.h>

void kms_class_create(lua_State *L, const char *name, const luaL_Reg *metamethods,
                      const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, metamethods, 0);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    if (methods != NULL) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
}

void *kms_class_new(lua_State *L, const char *name, size_t size)
{
    void *object = memset(lua_newuserdatauv(L, size, 0), 0, size);
    luaL_getmetatable(L, name);
    lua_setmetatable(L, -2);
    return object;
}

int kms_class_read_monotonic_clock(lua_State *L)
{
    lua_pushnumber(L, kms_monotonic());
    return 1;
}

int kms_class_read_wall_clock(lua_State *L)
{
    lua_pushnumber(L, kms_now());
    return 1;
}
