--- Where the servers of spec/servers/nginx.conf are.

local dir, port = os.getenv("KMS_SERVER_DIR"), tonumber(os.getenv("KMS_SERVER_PORT"))
if not (dir and port) then
  error("KMS_SERVER_DIR and KMS_SERVER_PORT say where the test servers are: run through tools/test", 0)
end

-- Places of the ports above KMS_SERVER_PORT; nginx.conf writes them @PORT+n@.
local places = {
  http = 0,
  https = 1,
  http2 = 2,
  unknown_ca = 3,
  self_signed = 4,
  expired = 5,
  wrong_host = 6,
  tls11 = 7,
  client_certificate = 8,
  elsewhere = 9,
  elsewhere_tls = 10,
  tls10 = 11,
  rejecting = 12, -- the handshake
  closing = 13, -- at the first byte
  mute = 14, -- a listening socket of a spec's own that accepts nobody
  full = 15, -- the same with no room left in its backlog
  many = 16, -- calls at once
  many_http2 = 18,
  proxy = 17, -- of spec/servers/proxy.lua, which the spec starts itself
  nobody = 19, -- nothing listens
}

local servers = { dir = dir, ca_file = dir .. "/ca.pem" }

---@param place string a key of `places`
---@return integer
function servers.port(place)
  return port + assert(places[place], place)
end

--- A request's host: "localhost:21001".
---@param place string a key of `places`
---@param name string? instead of "localhost"
---@return string
function servers.host(place, name)
  return ("%s:%d"):format(name or "localhost", servers.port(place))
end

return servers
