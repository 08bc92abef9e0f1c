--- The handlers that the benchmark measures: each makes one call to the upstream.
-- luacheck: std ngx_lua

local kms = require "kms"

local handlers = {}

local PORT = { fast = tonumber(os.getenv "KMS_BENCH_PORT"), slow = tonumber(os.getenv "KMS_BENCH_PORT") + 1 }
local CA_FILE = os.getenv "KMS_BENCH_DIR" .. "/ca.pem"
local PARAMS = { key_tag = "a1b2c3", key_name = "newKeyName" }

--- Makes a client per port of the upstream.
---@param new_transport fun(): table the option `transport`
---@return fun(speed: "fast"|"slow"): table?, kms.Error? call
local function new_caller(new_transport)
  local clients = {}
  for speed, port in pairs(PORT) do
    clients[speed] = kms.ncloud {
      endpoint = "https://localhost:" .. port, transport = new_transport(),
      credentials = { access_key = "benchAccessKey000001", secret_key = "benchSecretKeyForTheBenchOnly00000000001" },
    }
  end
  return function(speed) return clients[speed]:rename_key(PARAMS) end
end

--- Makes the smallest PUT request that a cosocket can make: it sends fixed bytes, and reads status and length only.
local function call_bare(speed)
  local socket = ngx.socket.tcp()
  assert(socket:connect("127.0.0.1", PORT[speed]))
  if socket:getreusedtimes() == 0 then assert(socket:sslhandshake(nil, "localhost", true)) end
  assert(socket:send("PUT /kms/v1/keys/a1b2c3/name HTTP/1.1\r\nHost: localhost:" .. PORT[speed]
    .. "\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n{\"keyName\":\"newKeyName\"}"))
  local status, length = assert(socket:receive "*l"), nil
  repeat
    local line = assert(socket:receive "*l")
    length = length or tonumber(line:lower():match "^content%-length: (%d+)")
  until line == ""
  if length then assert(socket:receive(length)) else socket:close() end
  socket:setkeepalive(60000, 64)
  return status:find " 200 "
end

local call_blocking -- made by the worker, because a connection of libcurl is not used after a fork

-- By the first part of the path.
local CALLS = {
  bare = call_bare,
  cosocket = new_caller(function() return { timeout = 60 } end),
  -- Blocks the worker. Applications must not do this.
  blocking = function(speed)
    call_blocking = call_blocking or new_caller(function()
      return require("kms.transport.curl").new { ca_file = CA_FILE }
    end)
    return call_blocking(speed)
  end,
}

--- Handles /CALL/SPEED.
function handlers.call()
  local name, speed = ngx.var.uri:match "^/([%w_]+)/(%w+)$"
  local result, err = CALLS[name](speed)
  if not result then
    ngx.log(ngx.ERR, tostring(err))
    return ngx.exit(500)
  end
  ngx.print "ok"
end

return handlers
