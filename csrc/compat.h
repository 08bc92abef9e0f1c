/* The few names of Lua 5.4's C interface that LuaJIT 2.1 lacks. */
#ifndef KMS_COMPAT_H
#define KMS_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, i) lua_objlen((L), (i))
#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, values) lua_newuserdata((L), (size))
#endif

/* The one symbol a module exports; everything else is built with hidden visibility. */
#define KMS_EXPORT __attribute__((visibility("default")))

#endif
