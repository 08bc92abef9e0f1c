--- What ngx_lua's handshake does not check, seen in the TLS session through the OpenSSL that NGINX itself runs on:
--- the protocol's version, and a certificate for an address (`sslhandshake` compares names only). Also why one failed.

local ffi = require "ffi"

-- Names of our own for OpenSSL's functions, so that declarations of other modules do not collide with these.
ffi.cdef [[
int kms_session_version(const void *session) __asm__("SSL_SESSION_get_protocol_version");
void *kms_session_peer(void *session) __asm__("SSL_SESSION_get0_peer");
void kms_session_free(void *session) __asm__("SSL_SESSION_free");
int kms_certificate_names(void *certificate, const char *address, unsigned int flags) __asm__("X509_check_ip_asc");
int kms_handshake_result(void *request, void *upstream, void **session, char **text, int *number)
  __asm__("ngx_http_lua_ffi_socket_tcp_get_sslhandshake_result");
]]

local C = ffi.C
local TLS_1_2 = 0x0303 -- RFC 5246, appendix A.1
local UPSTREAM = 1 -- ngx_lua's SOCKET_CTX_INDEX: what a cosocket is to C

local tls_session = {}

--- Looks at what `sslhandshake` returned and frees it.
---@param session any
---@param address string? the peer's, without brackets, where it has no name
---@return string? problem why the connection is not to be trusted
function tls_session.problem(session, address)
  if type(session) ~= "cdata" or session == nil then
    return "its TLS version cannot be seen; ngx_lua 0.10.23 or newer is needed"
  end
  ffi.gc(session, nil) -- a session is kilobytes that Lua's collector does not see: freed here and now
  local version, certificate = C.kms_session_version(session), C.kms_session_peer(session)
  local named = not address or certificate ~= nil and C.kms_certificate_names(certificate, address, 0) == 1
  C.kms_session_free(session)
  if version < TLS_1_2 then return "it speaks a TLS older than 1.2" end
  if not named then return "its certificate is not for " .. address end
end

local function reason_of(socket)
  local text, number = ffi.new "char *[1]", ffi.new "int[1]"
  local request, upstream = require("resty.core.base").get_request(), assert(socket[UPSTREAM])
  C.kms_handshake_result(request, upstream, ffi.new "void *[1]", text, number)
  -- Of a refusal before the handshake it knows no text.
  if text[0] == nil then return nil end
  local reason = ffi.string(text[0])
  return number[0] ~= 0 and number[0] .. ": " .. reason or reason
end

--- Why a handshake failed, as ngx_lua tells it to `sslhandshake`. Where nothing had to be waited for, as on a fast
--- network, the latter raises instead of telling (lua-resty-core 0.1.25), or gives the number of an earlier refusal.
---@param socket table
---@return string? reason nil where ngx_lua gives none
function tls_session.refusal(socket)
  local known, reason = pcall(reason_of, socket)
  return known and reason or nil
end

return tls_session
