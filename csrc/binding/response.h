/* Pushes what HTTP answered as a response: a table of status, headers and body. */
#ifndef KMS_LUA_REPLY_H
#define KMS_LUA_REPLY_H

#include <lua.h>

#include "http/response.h"

enum { KMS_RESPONSE_FIELDS = 3 };

/* Pushes the names of a response's fields, which the function that pushes responses is to have as
 * upvalues, one after the other. */
void kms_lua_push_response_names(lua_State *L);

/* Pushes a response. `names`: which of the running function's upvalues is the first of these names.
 * May raise (memory): the reply is held by a userdata. A finalizer that runs meanwhile must find no
 * way to change it. */
void kms_lua_push_response(lua_State *L, int names, int status, const kms_reply *reply);

#endif
