--- Responses of a faulty server, one per path: /fault/NAME. In NGINX only.
-- luacheck: std ngx_lua

local HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

-- Exceeds every limit of the specs, and ends the loop if a client never closes.
local MAX_WRITES = 4096

local function raw()
  ngx.req.read_body()
  return assert(ngx.req.socket(true))
end

local function send(text)
  raw():send(text)
end

--- Calls `write(socket)` until it fails because the client has closed.
local function flood(head, write)
  local socket = raw()
  socket:send(head)
  for _ = 1, MAX_WRITES do
    if not write(socket) then return end
  end
end

local faults = {}

function faults.silent()
  local socket = raw()
  socket:settimeout(20000)
  socket:receive(1) -- returns when the client gives up
end

function faults.drip()
  flood(HEAD .. "Content-Length: 100000\r\n\r\n", function(socket)
    ngx.sleep(0.02)
    return socket:send(".")
  end)
end

function faults.closed()
  ngx.exit(444)
end

function faults.closed_in_head()
  send("HTTP/1.1 200 OK\r\nContent-Ty")
end

function faults.closed_in_body()
  send(HEAD .. "Content-Length: 79\r\n\r\n" .. ("x"):rep(30))
end

function faults.closed_in_chunk()
  send(HEAD .. "Transfer-Encoding: chunked\r\n\r\n10\r\nfour")
end

--- Closes without reading the request's body, so the system sends a reset.
function faults.reset()
  ngx.exit(444)
end

--- Claims to keep the connection, and closes it.
function faults.liar()
  send(HEAD .. "Connection: keep-alive\r\nContent-Length: 4\r\n\r\nwell")
end

function faults.large()
  send(HEAD .. "Content-Length: 5000\r\n\r\n" .. ("x"):rep(5000))
end

function faults.endless()
  flood(HEAD .. "Transfer-Encoding: chunked\r\n\r\n", function(socket)
    return socket:send("1000\r\n" .. ("x"):rep(0x1000) .. "\r\n")
  end)
end

function faults.long_line()
  send(HEAD .. "X-Long: " .. ("x"):rep(300 * 1024) .. "\r\nContent-Length: 0\r\n\r\n")
end

function faults.long_head()
  flood(HEAD, function(socket)
    return socket:send("X-Many: " .. ("x"):rep(1000) .. "\r\n")
  end)
end

function faults.interims()
  flood("", function(socket)
    return socket:send("HTTP/1.1 103 Early Hints\r\nLink: " .. ("x"):rep(1000) .. "\r\n\r\n")
  end)
end

function faults.garbage()
  send("SSH-2.0-OpenSSH_9.2\r\n\r\n")
end

function faults.folded()
  send(HEAD .. "X-Folded: one\r\n two\r\nContent-Length: 0\r\n\r\n")
end

--- A continuation line without a header before it.
function faults.folded_first()
  send("HTTP/1.1 200 OK\r\n one: two\r\nContent-Length: 0\r\n\r\n")
end

function faults.no_colon()
  send(HEAD .. "this is not a header\r\nContent-Length: 0\r\n\r\n")
end

-- The following are correct, but nothing else in NGINX sends them.

--- For HEAD: the length of a body that is not sent.
function faults.length_only()
  send(HEAD .. "Content-Length: 5000\r\n\r\n")
end

function faults.interim()
  send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" ..
    HEAD .. "Content-Length: 5\r\n\r\nfinal")
end

function faults.trailers()
  send(HEAD .. "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Trailer: 1\r\nContent-Type: evil\r\n\r\n")
end

return {
  run = function()
    return faults[ngx.var.uri:match("[^/]+$")]()
  end,
}
