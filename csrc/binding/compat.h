/* Names of Lua 5.4's C interface for older Lua versions and LuaJIT. */
#ifndef KMS_COMPAT_H
#define KMS_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 501
#error "lua-kms needs Lua 5.1 or newer"
#endif

/* Lua 5.1 and LuaJIT: modules of other versions use functions that these do not have, and the other
 * way round, so the dynamic linker refuses the module. */
#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, i) lua_objlen((L), (i))
#define luaL_checkversion(L) ((void)(L))
/* LuaJIT 2.1 has these. Without them, a module that was built for LuaJIT runs in Lua 5.1 too, which
 * looks for modules in the same folders. */
#undef luaL_newlib
#define luaL_setfuncs(L, functions, upvalues) luaL_register((L), NULL, (functions))
#define luaL_newlib(L, functions) (lua_newtable(L), luaL_register((L), NULL, (functions)))
#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, values) lua_newuserdata((L), (size))
#endif

/* Marks luaopen_*. Everything else is compiled with hidden visibility. */
#define KMS_EXPORT __attribute__((visibility("default")))

#endif
