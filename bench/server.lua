--- Reads the counters of the benchmark's own server (bench/server.conf).

local socket = require "socket"

local server = {}

local port = tonumber(os.getenv "KMS_BENCH_PORT")

--- Number of connections accepted so far, including the one of this request.
---@return integer
function server.count_connections()
  local connection = assert(socket.connect("127.0.0.1", port + 2))
  assert(connection:send "GET /status HTTP/1.0\r\n\r\n")
  local text = assert(connection:receive "*a")
  connection:close()
  return tonumber(text:match "requests%s+(%d+)")
end

return server
