/* The part of the module kms.transport.curl that runs many exchanges at once. */
#ifndef KMS_LUA_MANY_H
#define KMS_LUA_MANY_H

#include <lua.h>

/* Pushes the function that makes them: `curl.multi`. */
void kms_lua_many_open(lua_State *L);

#endif
