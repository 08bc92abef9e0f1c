/* Pushes HTTP responses and transport errors as Lua values. */
#ifndef KMS_BINDING_RESPONSE_H
#define KMS_BINDING_RESPONSE_H

#include <lua.h>

#include "http/error.h"
#include "http/response.h"

/* Pushes a table { status, headers, body }. A brief one has the headers that a call reads only
 * (Date, Retry-After, X-Request-Id, Content-Encoding), because others cost it time, and is its own
 * table of headers, because a second table would be garbage of every call. May raise for
 * lack of memory, so a userdata must own the response. Finalizers that run meanwhile must not
 * change it. */
void kms_response_push(lua_State *L, const kms_http_response *response, bool is_brief);

/* Pushes nil and a kms.error, and returns 2. May raise for lack of memory. */
int kms_response_push_error(lua_State *L, const kms_http_error *error);

#endif
