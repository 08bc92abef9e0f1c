--- Addresses of the test servers of spec/servers/nginx.conf, and of ports reserved for the specs.

local dir, base_port = os.getenv "KMS_SERVER_DIR", tonumber(os.getenv "KMS_SERVER_PORT")
if not (dir and base_port) then
  error("KMS_SERVER_DIR and KMS_SERVER_PORT must say where the test servers are: run through tools/test", 0)
end

-- Offsets to KMS_SERVER_PORT; nginx.conf writes them as @PORT+n@.
local OFFSETS = {
  http = 0,
  https = 1,
  unknown_ca = 3,
  self_signed = 4,
  expired = 5,
  wrong_host = 6,
  tls11 = 7,
  client_certificate = 8,
  elsewhere = 9,
  elsewhere_tls = 10,
  tls10 = 11,
  rejecting = 12, -- rejects the TLS handshake
  closing = 13, -- closes at the first byte
  mute = 14, -- a socket of a spec that listens and does not accept
  full = 15, -- the same with a full backlog
  many = 16, -- spec/servers/parallel_cloud.lua
  proxy = 17, -- spec/servers/raw_server.lua, started by a spec
  nobody = 19, -- closed
}

local servers = { dir = dir, ca_file = dir .. "/ca.pem" }

---@param name string a key of OFFSETS
---@return integer
function servers.port(name)
  return base_port + assert(OFFSETS[name], name)
end

--- The host of a request: "localhost:21001".
---@param name string a key of OFFSETS
---@param host string? default "localhost"
---@return string
function servers.host(name, host)
  return ("%s:%d"):format(host or "localhost", servers.port(name))
end

return servers
