/* What the parts of the module kms.transport.curl know of each other's userdata. */
#ifndef KMS_LUA_CURL_H
#define KMS_LUA_CURL_H

#include <lua.h>

#include "curl/options.h"

/* The options of the open transport at that place of the stack. Raises on anything else. */
kms_curl_options *kms_lua_transport_options(lua_State *L, int at);

#endif
