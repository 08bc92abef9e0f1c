--- The NGINX of spec/nginx/application from outside: requests, transports in its worker, signals, its log.

local curl = require "kms.transport.curl"
local Error = require "kms.error"
local serializer = require "spec.helpers.serializer"
local socket = require "socket"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

local dir, port = os.getenv "KMS_NGINX_DIR", tonumber(os.getenv "KMS_NGINX_PORT")
if not (dir and port) then
  error("KMS_NGINX_DIR and KMS_NGINX_PORT must name the test NGINX: run the specs through tools/test", 0)
end

local TIMEOUT = 20 -- seconds for what takes milliseconds

local nginx = { dir = dir, port = port, upstream = ("https://localhost:%d"):format(port + 1) }

--- Why kms.transport.cosocket cannot run here; nil if it can.
nginx.no_cosockets = versions.find_reason("ngx_lua", "0.10.23")

local client = curl.new { timeout = TIMEOUT, max_response = 2 ^ 25 }

--- Requests a path, and returns the body of the response.
---@param path string
---@param body string? makes it a POST request
---@return string
function nginx.get(path, body)
  local response = assert(client:send {
    method = body and "POST" or "GET", scheme = "http", host = "127.0.0.1:" .. port, target = path, body = body,
  })
  assert(response.status == 200, ("%s: %d %s"):format(path, response.status, response.body))
  return response.body
end

--- Calls a function of spec/nginx/application: see remote_call.lua.
---@param path string
---@param argument any
---@return any value, kms.Error? err
function nginx.call(path, argument)
  local result = serializer.decode(nginx.get(path, serializer.encode(argument)))
  if result.raised then error(result.raised, 0) end
  return result.value, result.err and Error.new(result.err)
end

--- Makes a transport in the worker. Its methods take as their second argument how they are called: `thread_count` light
--- threads at once, after the worker was busy for `busy_seconds`; `exit`: the worker exits "before" or "during" the call.
---@param options table?
function nginx.transport(options)
  local id = nginx.call("/transport", { method = "new", argument = options })
  local transport = {}
  for _, method in ipairs { "send", "sleep", "now", "clock", "stats", "close" } do
    transport[method] = function(_, argument, how)
      return nginx.call("/transport", { method = method, id = id, argument = argument, how = how })
    end
  end
  return transport
end

--- Sends a request without waiting for the response.
---@return table connection
function nginx.send_request(path)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:settimeout(TIMEOUT)
  assert(connection:send(("GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n"):format(path)))
  return connection
end

--- Whether the first bytes of the response have arrived.
function nginx.has_response(connection)
  return #socket.select({ connection }, nil, 0) > 0
end

--- Waits for the end of the response, and returns its body.
---@return string
function nginx.receive_body(connection)
  local text = assert(connection:receive "*a")
  connection:close()
  return (text:gsub("^.-\r\n\r\n", ""))
end

--- Calls `test` until it returns a true value; raises after TIMEOUT seconds.
function nginx.eventually(test)
  local deadline = socket.gettime() + TIMEOUT
  repeat
    local value = test()
    if value then return value end
    socket.sleep(0.01)
  until socket.gettime() > deadline
  error(("the condition is still false after %d s"):format(TIMEOUT), 2)
end

--- Returns what the application has recorded under a name, or "".
function nginx.get_record(name)
  return nginx.get("/record?name=" .. name)
end

---@param name string
---@param value string? default: the record is removed
function nginx.set_record(name, value)
  nginx.get(("/record/set?name=%s&value=%s"):format(name, value or ""))
end

--- The process id of the worker.
function nginx.get_worker() return tonumber(nginx.get "/pid") end

--- The process id of the master.
function nginx.get_master()
  local file = assert(io.open(dir .. "/nginx.pid"))
  local pid = file:read "*n"
  file:close()
  return pid
end

function nginx.signal(pid, name)
  assert(os.execute(("kill -%s %d"):format(name, pid)))
end

--- Reads the memory map of a process, which names the libraries that it has loaded.
function nginx.read_maps(pid)
  local file = assert(io.open(("/proc/%d/maps"):format(pid)))
  local text = file:read "*a"
  file:close()
  return text
end

--- Waits until a worker has ended and another one responds.
function nginx.await_successor(pid)
  nginx.eventually(function()
    local file = io.open(("/proc/%d/stat"):format(pid))
    if file then file:close() end
    return not file
  end)
  nginx.eventually(function()
    local ok, successor = pcall(nginx.get_worker)
    return ok and successor ~= pid
  end)
end

local PROBLEMS = { "%[alert%]", "%[crit%]", "%[emerg%]", "stale global SSL error", "thread aborted", "runtime error",
  "failed to run", "lua atpanic" }

--- Finds the lines of the error log that report a problem.
---@return string[]
function nginx.find_problems()
  local lines = {}
  for line in io.lines(dir .. "/logs/error.log") do
    for _, pattern in ipairs(PROBLEMS) do
      if line:find(pattern) then lines[#lines + 1] = line break end
    end
  end
  return lines
end

--- Starts spec/nginx/application/name_server.lua, and returns the function that stops it.
function nginx.start_name_server()
  local pipe = assert(io.popen(("%s spec/nginx/application/name_server.lua %d 2>/dev/null"):format(
    subprocess.lua, port + 10)))
  assert(pipe:read "*l" == "ready")
  return function()
    local datagrams = socket.udp()
    datagrams:sendto("stop", "127.0.0.1", port + 10)
    datagrams:close()
    pipe:close()
  end
end

return nginx
