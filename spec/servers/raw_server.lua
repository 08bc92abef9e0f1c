--- Servers that behave as NGINX cannot, in a process of their own: raw_server.lua MODE PORT
-- The program prints "ready" when it listens, and the heads of its requests when it ends. Modes:
--   tunnel        a proxy: responds to CONNECT with 200, and forwards bytes both ways
--   refuse        a proxy: responds to CONNECT with 403
--   authenticate  a proxy: tunnels for the user "u@ser" with the password "p:%/", and otherwise responds with 407
--   ramble        a proxy: responds to CONNECT with 407 and a body without end, as fast as it can, until the client closes
--   leave         a web server: responds to the first request, stops listening, and closes at the second
--   lose          a web server: responds to the first request, closes at the second, responds on the next connection
--   early         a web server: rejects a request without reading its body, and responds to the next one
--   flood         a web server: sends a body without end, as fast as it can, until the client closes
--   unasked       a web server: responds, and sends a second response on that connection when the next one opens
--   drip_handshake, drip_response   forward to the HTTPS server of the specs, and its bytes back one every DRIP_INTERVAL:
--                 all of them, or those after the client's first DRIP_START bytes

local mime = require "mime"
local socket = require "socket"

local TIMEOUT = 20 -- seconds
local DRIP_INTERVAL = 0.05 -- seconds
local DRIP_START = 4096 -- bytes, more than a client sends before its request

local mode, port = arg[1], tonumber(arg[2])
io.stdout:setvbuf("no")

local listener = assert(socket.bind("127.0.0.1", port))
listener:settimeout(TIMEOUT)
print("ready")
local client
local heads = {}

local function accept()
  client = assert(listener:accept())
  client:settimeout(TIMEOUT)
  return client
end

local function read_head()
  local lines = {}
  repeat
    local line = assert(client:receive("*l"))
    lines[#lines + 1] = line
  until line == ""
  heads[#heads + 1] = table.concat(lines, "\n")
  return heads[#heads]
end

local function respond(status, body)
  client:send(("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"):format(status, #body, body))
end

local function forward(from, to)
  from:settimeout(0)
  local bytes, err, part = from:receive(65536)
  if err ~= "closed" then return to:send(bytes or part) end
end

local modes = {}

function modes.tunnel(head)
  local host, server_port = head:match "^CONNECT (%S+):(%d+)"
  -- A new machine may have no hosts file.
  local server = assert(socket.connect(host == "localhost" and "127.0.0.1" or host, server_port))
  client:send("HTTP/1.1 200 Connection established\r\nProxy-Agent: raw\r\n\r\n")
  local other = { [client] = server, [server] = client }
  repeat
    local ready = socket.select({ client, server }, nil, TIMEOUT)[1]
  until not (ready and forward(ready, other[ready]))
end

function modes.refuse() respond("403 Forbidden", "") end

function modes.authenticate(head)
  local credentials = head:match "\n[Pp]roxy%-[Aa]uthorization: Basic (%S+)"
  if mime.unb64(credentials or "") == "u@ser:p:%/" then return modes.tunnel(head) end
  respond("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=proxy", "")
end

function modes.ramble()
  local chunk, deadline = "4\r\nbody\r\n", socket.gettime() + TIMEOUT
  client:send("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n")
  repeat until not client:send(chunk:rep(10000)) or socket.gettime() > deadline
end

function modes.leave()
  respond("200 OK", "ok")
  listener:close()
  read_head()
end

function modes.lose()
  respond("200 OK", "first")
  read_head()
  client:close()
  accept()
  read_head()
  respond("200 OK", "again")
end

function modes.early()
  local first = client
  respond("413 Content Too Large", "no")
  accept()
  read_head()
  respond("200 OK", "next")
  first:close()
end

function modes.flood()
  local piece, deadline = ("x"):rep(2 ^ 20), socket.gettime() + TIMEOUT
  client:send("HTTP/1.1 200 OK\r\n\r\n")
  repeat until not client:send(piece) or socket.gettime() > deadline
end

function modes.unasked()
  local first = client
  respond("200 OK", "first")
  accept()
  read_head()
  first:send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
  respond("200 OK", "other")
  accept()
  read_head()
  respond("200 OK", "third")
  first:close()
end

--- Forwards bytes both ways until the client closes. The server's bytes go slowly after `start` bytes of the client.
local function drip(start)
  local server = assert(socket.connect("127.0.0.1", tonumber(os.getenv "KMS_SERVER_PORT") + 1))
  client:setoption("tcp-nodelay", true)
  server:settimeout(0)
  client:settimeout(0)
  local sent, slow = 0, ""
  repeat
    local ready = socket.select({ client, slow == "" and server or nil }, nil, slow == "" and TIMEOUT or DRIP_INTERVAL)
    local bytes, err, part
    if ready[client] then
      bytes, err, part = client:receive(65536)
      sent = sent + #(bytes or part)
      server:send(bytes or part)
    elseif slow ~= "" then
      err = select(2, client:send(slow:sub(1, 1)))
      slow = slow:sub(2)
    else
      bytes, err, part = server:receive(65536)
      if sent > start then slow = bytes or part else client:send(bytes or part) end
    end
  until err == "closed" or next(ready) == nil and slow == ""
  server:close()
end

local raw_modes = {}
function raw_modes.drip_handshake() drip(0) end
function raw_modes.drip_response() drip(DRIP_START) end

accept()
if raw_modes[mode] then raw_modes[mode]() else modes[mode](read_head()) end
client:close()
print(table.concat(heads, "\n"))
