--- The handlers that the benchmark measures: each makes one call to the upstream, or many to measure their cost.
-- luacheck: std ngx_lua

local kms = require "kms"

local handlers = {}

-- The ports of the upstream: TLS, except for "plain", which is plain HTTP.
local FIRST_PORT = tonumber(os.getenv "KMS_BENCH_PORT")
local PORT = { fast = FIRST_PORT, slow = FIRST_PORT + 1, plain = FIRST_PORT + 2 }
local CA_FILE = os.getenv "KMS_BENCH_DIR" .. "/ca.pem"
local PARAMS = { key_tag = "a1b2c3", key_name = "newKeyName" }

--- Makes a client per port of the upstream.
---@param new_transport fun(): table the option `transport`
---@return fun(speed: "fast"|"slow"|"plain"): table?, kms.Error? call
local function new_caller(new_transport)
  local clients = {}
  for speed, port in pairs(PORT) do
    clients[speed] = kms.ncloud {
      endpoint = (speed == "plain" and "http" or "https") .. "://localhost:" .. port, transport = new_transport(),
      credentials = { access_key = "benchAccessKey000001", secret_key = "benchSecretKeyForTheBenchOnly00000000001" },
    }
  end
  return function(speed) return clients[speed]:rename_key(PARAMS) end
end

--- Makes the smallest PUT request that a cosocket can make: it sends fixed bytes, and reads status and length only.
local function call_bare(speed)
  local socket = ngx.socket.tcp()
  assert(socket:connect("127.0.0.1", PORT[speed]))
  if speed ~= "plain" and socket:getreusedtimes() == 0 then assert(socket:sslhandshake(nil, "localhost", true)) end
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

local WARM_UP_CALLS, TIMED_CALLS, COUNTED_CALLS = 500, 3000, 500

--- Counts the garbage of calls in bytes per call. A signature after a pause has another time, so the texts of its
--- request are new ones.
local function count_garbage(call, speed, pause)
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  for _ = 1, COUNTED_CALLS do
    if pause then ngx.sleep(pause) end
    call(speed)
  end
  local kilobytes = collectgarbage "count" - before
  collectgarbage "restart"
  return kilobytes / COUNTED_CALLS * 1024
end

--- Handles /cost/CALL/SPEED: measures the worker's CPU time per call in µs, and its garbage in bytes: of calls without
--- a pause, and with one of a millisecond.
function handlers.cost()
  local name, speed = ngx.var.uri:match "^/cost/([%w_]+)/(%w+)$"
  local call = CALLS[name]
  for _ = 1, WARM_UP_CALLS do assert(call(speed)) end
  local started_at = os.clock()
  for _ = 1, TIMED_CALLS do call(speed) end
  local seconds = os.clock() - started_at
  ngx.print(seconds / TIMED_CALLS * 1e6, " ", count_garbage(call, speed), " ", count_garbage(call, speed, 0.001))
end

return handlers
