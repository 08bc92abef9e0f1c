--- TLS of cosockets: the checks that ngx_lua's handshake leaves out, and client certificates.
-- Calls the OpenSSL that NGINX is linked with.

local ffi = require "ffi"

-- The names are aliases, so that they do not collide with declarations in other modules.
ffi.cdef [[
int kms_session_version(const void *session) __asm__("SSL_SESSION_get_protocol_version");
void *kms_session_peer(void *session) __asm__("SSL_SESSION_get0_peer");
void kms_session_free(void *session) __asm__("SSL_SESSION_free");
int kms_x509_check_ip(void *certificate, const char *address, unsigned int flags) __asm__("X509_check_ip_asc");
int kms_handshake_result(void *request, void *upstream, void **session, char **text, int *number)
  __asm__("ngx_http_lua_ffi_socket_tcp_get_sslhandshake_result");
void *kms_bio_new(const void *bytes, int length) __asm__("BIO_new_mem_buf");
int kms_bio_free(void *bio) __asm__("BIO_free");
void *kms_read_x509(void *bio, void **certificate, void *callback, void *argument) __asm__("PEM_read_bio_X509");
void kms_x509_free(void *certificate) __asm__("X509_free");
void *kms_read_key(void *bio, void **key, void *callback, const char *password) __asm__("PEM_read_bio_PrivateKey");
void kms_key_free(void *key) __asm__("EVP_PKEY_free");
int kms_x509_check_key(const void *certificate, const void *key) __asm__("X509_check_private_key");
int kms_error_set_mark(void) __asm__("ERR_set_mark");
int kms_error_pop_to_mark(void) __asm__("ERR_pop_to_mark");
]]

local C = ffi.C
local TLS_1_2 = 0x0303 -- RFC 5246, appendix A.1
local UPSTREAM = 1 -- SOCKET_CTX_INDEX of ngx_lua: the C side of a cosocket

local cosocket_tls = {}

--- Checks the session that `sslhandshake` returned, and frees it: the TLS version and, for an address, the certificate.
--- ngx_lua compares host names only.
---@param session any
---@param address string? the server's address, without brackets; nil if it has a host name
---@return string? problem why the connection is not trusted
function cosocket_tls.check_session(session, address)
  if type(session) ~= "cdata" or session == nil then
    return "its TLS version is unknown; ngx_lua 0.10.23 or newer is needed"
  end
  ffi.gc(session, nil) -- freed here, because Lua's collector does not see the kilobytes behind it
  local version, certificate = C.kms_session_version(session), C.kms_session_peer(session)
  local has_address = not address or certificate ~= nil and C.kms_x509_check_ip(certificate, address, 0) == 1
  C.kms_session_free(session)
  if version < TLS_1_2 then return "the server's TLS version is older than 1.2" end
  if not has_address then return "the server's certificate is not for " .. address end
end

local function get_handshake_error(socket)
  local text, number = ffi.new "char *[1]", ffi.new "int[1]"
  local request, upstream = require("resty.core.base").get_request(), assert(socket[UPSTREAM])
  C.kms_handshake_result(request, upstream, ffi.new "void *[1]", text, number)
  if text[0] == nil then return nil end -- the handshake failed before it started
  local reason = ffi.string(text[0])
  return number[0] ~= 0 and number[0] .. ": " .. reason or reason
end

--- Reads from ngx_lua why a handshake failed. If `sslhandshake` did not have to wait, as on a fast network, it raises
--- instead of returning the reason (lua-resty-core 0.1.25), or returns the number of an earlier failure.
---@param socket table
---@return string? reason nil if ngx_lua has none
function cosocket_tls.handshake_error(socket)
  local ok, reason = pcall(get_handshake_error, socket)
  return ok and reason or nil
end

--- Calls `read(bio)` with an OpenSSL BIO over `pem`.
local function read_pem(pem, read)
  local bio = C.kms_bio_new(pem, #pem)
  if bio == nil then return nil end
  local object = read(bio)
  C.kms_bio_free(bio)
  return object ~= nil and object or nil
end

--- Parses the private key of a certificate. ngx.ssl has no function for a key with a password, and lets OpenSSL ask the
--- terminal for it.
---@param certificate_pem string whose first certificate the key belongs to
---@param key_pem string
---@param password string?
---@return ffi.cdata*? key
---@return string? problem
function cosocket_tls.parse_key(certificate_pem, key_pem, password)
  C.kms_error_set_mark()
  local key = read_pem(key_pem, function(bio) return C.kms_read_key(bio, nil, nil, password or "") end)
  local certificate = read_pem(certificate_pem, function(bio) return C.kms_read_x509(bio, nil, nil, nil) end)
  local is_match = key and certificate and C.kms_x509_check_key(certificate, key) == 1
  if certificate then C.kms_x509_free(certificate) end
  C.kms_error_pop_to_mark()
  if is_match then return ffi.gc(key, C.kms_key_free) end
  if not key then return nil, "it has no private key that client_key_password decrypts" end
  C.kms_key_free(key)
  return nil, "its private key does not match the certificate"
end

return cosocket_tls
