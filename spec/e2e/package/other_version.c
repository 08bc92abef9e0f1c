/* A program that embeds Lua, and requires the modules argv[1..] in a state that says that it is of
 * another version. Prints the error of each. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>

enum { OTHER_VERSION = 599 };

static bool is_other;

/* Replaces liblua's function, which luaL_checkversion calls. */
#if LUA_VERSION_NUM >= 504
lua_Number lua_version(lua_State *L)
{
    (void)L;
    return is_other ? OTHER_VERSION : LUA_VERSION_NUM;
}
#else
const lua_Number *lua_version(lua_State *L)
{
    static const lua_Number other_version = OTHER_VERSION, own_version = LUA_VERSION_NUM;
    (void)L;
    return is_other ? &other_version : &own_version;
}
#endif

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return 2;
    luaL_openlibs(L);
    is_other = true;
    for (int i = 1; i < argc; i++) {
        lua_getglobal(L, "require");
        lua_pushstring(L, argv[i]);
        const bool is_loaded = lua_pcall(L, 1, 1, 0) == 0;
        printf("%s: %s\n", argv[i], is_loaded ? "loaded" : lua_tostring(L, -1));
    }
    lua_close(L);
    return 0;
}
