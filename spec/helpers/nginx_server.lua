--- The NGINX of spec/nginx, from outside: requests to it, transports in it, signals, its log.

local socket = require "socket"
local child = require "spec.helpers.subprocess"
local curl = require "kms.transport.curl"
local Error = require "kms.error"
local wire = require "spec.helpers.serializer"

local dir, port = os.getenv "KMS_NGINX_DIR", tonumber(os.getenv "KMS_NGINX_PORT")
if not (dir and port) then
  error("KMS_NGINX_DIR and KMS_NGINX_PORT say where the test NGINX is: run the specs through tools/test", 0)
end

local PATIENCE = 20 -- seconds for what takes milliseconds

local nginx = { dir = dir, port = port, echo_cloud = ("https://localhost:%d"):format(port + 1) }

local outside = curl.new { timeout = PATIENCE, max_response = 2 ^ 25 }

--- Asks for a path; the answer's body.
---@param body string? POST in place of GET
---@return string
function nginx.ask(path, body)
  local response = assert(outside:send {
    method = body and "POST" or "GET", scheme = "http", host = "127.0.0.1:" .. port, target = path, body = body,
  })
  assert(response.status == 200, ("%s: %d %s"):format(path, response.status, response.body))
  return response.body
end

--- Sends a value, gets what a function there returned or raised.
---@return any value, kms.Error? err
function nginx.call(path, order)
  local answer = wire.decode(nginx.ask(path, wire.encode(order)))
  if answer.raised then error(answer.raised, 0) end
  return answer.value, answer.err and Error.new(answer.err)
end

--- A transport in a worker. A method's second argument is how many light threads call it at once.
function nginx.transport(options)
  local id = nginx.call("/remote", { method = "new", argument = options })
  local transport = {}
  for _, method in ipairs { "send", "sleep", "now", "stats", "close" } do
    transport[method] = function(_, argument, together)
      return nginx.call("/remote", { method = method, id = id, argument = argument, together = together })
    end
  end
  return transport
end

--- Sends a request and leaves the answer for later.
---@return table socket
function nginx.begin(path)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:settimeout(PATIENCE)
  assert(connection:send(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n"):format(path)))
  return connection
end

--- Whether any of an answer has come.
function nginx.has_answer(connection)
  return #socket.select({ connection }, nil, 0) > 0
end

---@return string body of the answer
function nginx.finish(connection)
  local text = assert(connection:receive "*a")
  connection:close()
  return (text:gsub("^.-\r\n\r\n", ""))
end

--- Asks `test` until it says yes, or patience ends.
function nginx.eventually(test)
  local stop = socket.gettime() + PATIENCE
  repeat
    local value = test()
    if value then return value end
    socket.sleep(0.01)
  until socket.gettime() > stop
  error("it did not happen", 2)
end

function nginx.noted(name)
  return nginx.ask("/noted?of=" .. name)
end

function nginx.note(name, value)
  nginx.ask(("/set?of=%s&to=%s"):format(name, value or ""))
end

--- Process ids: of the worker that answers, and of the master.
function nginx.worker() return tonumber(nginx.ask "/pid") end

function nginx.master()
  local file = assert(io.open(dir .. "/nginx.pid"))
  local pid = file:read "*n"
  file:close()
  return pid
end

function nginx.signal(pid, name)
  assert(os.execute(("kill -%s %d"):format(name, pid)))
end

function nginx.maps(pid)
  local file = assert(io.open(("/proc/%d/maps"):format(pid)))
  local text = file:read "*a"
  file:close()
  return text
end

--- Waits until a worker is gone and another one answers.
function nginx.await_successor(pid)
  nginx.eventually(function()
    local file = io.open(("/proc/%d/stat"):format(pid))
    if file then file:close() end
    return not file
  end)
  nginx.eventually(function()
    local ok, now = pcall(nginx.worker)
    return ok and now ~= pid
  end)
end

local BAD = { "%[alert%]", "%[crit%]", "%[emerg%]", "stale global SSL error", "thread aborted", "runtime error", "failed to run",
  "lua atpanic" }

--- Lines of the log that nobody wants to see.
---@return string[]
function nginx.complaints()
  local found = {}
  for line in io.lines(dir .. "/logs/error.log") do
    for _, pattern in ipairs(BAD) do
      if line:find(pattern) then found[#found + 1] = line break end
    end
  end
  return found
end

--- Starts spec/nginx/handlers/name_server.lua; the function that stops it.
function nginx.start_name_server()
  local pipe = assert(io.popen(("%s spec/nginx/handlers/name_server.lua %d 2>/dev/null"):format(child.lua, port + 10)))
  assert(pipe:read "*l" == "ready")
  return function()
    local client = socket.udp()
    client:sendto("stop", "127.0.0.1", port + 10)
    client:close()
    pipe:close()
  end
end

return nginx
