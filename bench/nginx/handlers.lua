--- The ways in which the benchmark's handlers call the upstream.
-- luacheck: std ngx_lua

local kms = require "kms"

local handlers = {}

local PORT = { fast = tonumber(os.getenv "KMS_BENCH_PORT"), slow = tonumber(os.getenv "KMS_BENCH_PORT") + 1 }
local CA_FILE = os.getenv "KMS_BENCH_DIR" .. "/ca.pem"
local PARAMS = { key_tag = "a1b2c3", key_name = "newKeyName" }

local function clients(transport)
  local made = {}
  for speed, port in pairs(PORT) do
    made[speed] = kms.ncloud {
      endpoint = "https://localhost:" .. port, transport = transport(),
      credentials = { access_key = "benchAccessKey000001", secret_key = "benchSecretKeyForTheBenchOnly00000000001" },
    }
  end
  return function(speed) return made[speed]:rename_key(PARAMS) end
end

--- The least that a PUT over a cosocket can be: fixed bytes out, one answer in, of which status and length are read.
local function bare(speed)
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

local blocking

local WAYS = {
  bare = bare,
  cosocket = clients(function() return { timeout = 60 } end),
  -- What not to do. Made by the worker, for a handle of libcurl does not outlive a fork.
  blocking = function(speed)
    blocking = blocking or clients(function() return require("kms.transport.curl").new { ca_file = CA_FILE } end)
    return blocking(speed)
  end,
}

function handlers.call()
  local way, speed = ngx.var.uri:match "^/([%w_]+)/(%w+)$"
  local result, err = WAYS[way](speed)
  if not result then
    ngx.log(ngx.ERR, tostring(err))
    return ngx.exit(500)
  end
  ngx.print "ok"
end

return handlers
