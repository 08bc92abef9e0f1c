--- Servers that NGINX cannot be, each for one connection, in a process of their own: raw.lua MODE PORT
-- They print "ready" once they listen, and at the end what they read as head. Modes:
--   tunnel  a proxy: answers CONNECT with 200 and carries bytes both ways
--   refuse  a proxy: answers CONNECT with 403
--   leave   a web server: answers the first request, stops listening, and closes at the second

local socket = require "socket"

local PATIENCE = 20

local mode, port = arg[1], tonumber(arg[2])
io.stdout:setvbuf("no")

local listener = assert(socket.bind("127.0.0.1", port))
listener:settimeout(PATIENCE)
print("ready")
local client = assert(listener:accept())
client:settimeout(PATIENCE)

local function read_head()
  local lines = {}
  repeat
    local line = assert(client:receive("*l"))
    lines[#lines + 1] = line
  until line == ""
  return table.concat(lines, "\n")
end

local function carry(from, to)
  from:settimeout(0)
  local bytes, err, part = from:receive(65536)
  if err ~= "closed" then return to:send(bytes or part) end
end

local modes = {}

function modes.tunnel(head)
  local server = socket.connect(head:match("^CONNECT (%S+):(%d+)"))
  client:send("HTTP/1.1 200 Connection established\r\nProxy-Agent: raw\r\n\r\n")
  local other = { [client] = server, [server] = client }
  repeat
    local ready = socket.select({ client, server }, nil, PATIENCE)[1]
  until not (ready and carry(ready, other[ready]))
end

function modes.refuse()
  client:send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
end

function modes.leave()
  client:send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
  listener:close()
  read_head()
end

local head = read_head()
modes[mode](head)
client:close()
print(head)
