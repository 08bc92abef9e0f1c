--- The benchmark's own server, from outside.

local socket = require "socket"

local server = {}

local port = tonumber(os.getenv "KMS_BENCH_PORT")

--- How many connections it has taken so far, this question's included.
---@return integer
function server.connections()
  local connection = assert(socket.connect("127.0.0.1", port + 2))
  assert(connection:send "GET /status HTTP/1.0\r\n\r\n")
  local text = assert(connection:receive "*a")
  connection:close()
  return tonumber(text:match "requests%s+(%d+)")
end

return server
