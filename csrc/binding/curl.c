/* Module kms.transport.curl: transports and multis over libcurl's connections. */
#include "binding/compat.h"
#include "binding/error.h"
#include "binding/multi.h"
#include "binding/request.h"
#include "binding/transport.h"

/* 7.87.0. Older versions raise SIGPIPE, and wait for a name server when a handle is closed. */
enum { MIN_CURL_VERSION = 0x075700 };

KMS_EXPORT int luaopen_kms_transport_curl(lua_State *L);

int luaopen_kms_transport_curl(lua_State *L)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    luaL_checkversion(L);
    if (curl->version_num < MIN_CURL_VERSION)
        return luaL_error(L, "libcurl must be 7.87.0 or newer; got %s", curl->version);
    kms_error_open(L);
    kms_request_open(L);
    lua_createtable(L, 0, 2);
    kms_transport_open(L);
    lua_setfield(L, -2, "new");
    kms_multi_open(L);
    lua_setfield(L, -2, "multi");
    return 1;
}
