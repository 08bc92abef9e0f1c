--- Servers that NGINX cannot be, in a process of their own: raw.lua MODE PORT
-- They print "ready" once they listen, and at the end what they read as heads. Modes:
--   tunnel  a proxy: answers CONNECT with 200 and carries bytes both ways
--   refuse  a proxy: answers CONNECT with 403
--   authenticate  a proxy: as tunnel for the user "u@ser" with the password "p:%/", otherwise answers CONNECT with 407
--   leave   a web server: answers the first request, stops listening, and closes at the second
--   lose    a web server: answers the first request, closes at the second, answers the first of the next connection
--   early   a web server: refuses a request without reading its body, which it leaves where it is, and answers the next
--   flood   a web server: answers without an end, as fast as it can, until the client has gone
--   unasked a web server: answers, and answers once more on that connection when the next one comes

local mime = require "mime"
local socket = require "socket"

local PATIENCE = 20

local mode, port = arg[1], tonumber(arg[2])
io.stdout:setvbuf("no")

local listener = assert(socket.bind("127.0.0.1", port))
listener:settimeout(PATIENCE)
print("ready")
local client
local heads = {}

local function accept()
  client = assert(listener:accept())
  client:settimeout(PATIENCE)
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

local function answer(status, body)
  client:send(("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"):format(status, #body, body))
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

function modes.refuse() answer("403 Forbidden", "") end

function modes.authenticate(head)
  local credentials = head:match "\n[Pp]roxy%-[Aa]uthorization: Basic (%S+)"
  if mime.unb64(credentials or "") == "u@ser:p:%/" then return modes.tunnel(head) end
  answer("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=proxy", "")
end

function modes.leave()
  answer("200 OK", "ok")
  listener:close()
  read_head()
end

function modes.lose()
  answer("200 OK", "first")
  read_head()
  client:close()
  accept()
  read_head()
  answer("200 OK", "again")
end

function modes.early()
  local first = client
  answer("413 Content Too Large", "no")
  accept()
  read_head()
  answer("200 OK", "next")
  first:close()
end

function modes.flood()
  local piece, stop = ("x"):rep(2 ^ 20), socket.gettime() + PATIENCE
  client:send("HTTP/1.1 200 OK\r\n\r\n")
  repeat until not client:send(piece) or socket.gettime() > stop
end

function modes.unasked()
  local first = client
  answer("200 OK", "first")
  accept()
  read_head()
  first:send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
  answer("200 OK", "other")
  accept()
  read_head()
  answer("200 OK", "third")
  first:close()
end

accept()
modes[mode](read_head())
client:close()
print(table.concat(heads, "\n"))
