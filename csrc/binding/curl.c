/* Module kms.transport.curl: transports and multis over libcurl's connections. */
#include "binding/compat.h"
#include "binding/error.h"
#include "binding/multi.h"
#include "binding/request.h"
#include "binding/transport.h"

KMS_EXPORT int luaopen_kms_transport_curl(lua_State *L);

int luaopen_kms_transport_curl(lua_State *L)
{
    luaL_checkversion(L);
    kms_error_open(L);
    kms_request_open(L);
    lua_createtable(L, 0, 2);
    kms_transport_open(L);
    lua_setfield(L, -2, "new");
    kms_multi_open(L);
    lua_setfield(L, -2, "multi");
    return 1;
}
