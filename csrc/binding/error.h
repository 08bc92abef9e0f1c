/* Pushes error values of the Lua module kms.error. */
#ifndef KMS_ERROR_VALUE_H
#define KMS_ERROR_VALUE_H

#include <lua.h>

/* Loads the metatable of kms.error. Every luaopen_* function whose module uses kms_error_push calls
 * this once. Raises if the Lua module is missing. */
void kms_error_open(lua_State *L);

/* Pushes nil and an error value, and returns 2. The server has not carried out the request, unless
 * the caller sets the field `uncertain`. `kind` is "invalid" or "transport"; `code` see kms.error;
 * `message` is one line without secrets. May raise for lack of memory. */
int kms_error_push(lua_State *L, const char *kind, const char *code, const char *message);

#endif
