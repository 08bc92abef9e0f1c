--- The transport in NGINX: HTTP/1.1 over ngx_lua's cosockets, which do not block the worker.
-- NGINX's configuration names the trusted CAs (lua_ssl_trusted_certificate, at http level, because all locations of a
-- worker share the kept connections) and the name server (`resolver`; a lookup may take `resolver_timeout`).

local Error = require "kms.error"
local http1 = require "kms.http1"
local validate = require "kms.util.validate"

local insert, remove = table.insert, table.remove
local ngx = rawget(_G, "ngx")
-- A failed TLS handshake in NGINX's stream subsystem ends the worker process.
local subsystem = ngx and ngx.get_phase and ngx.config.subsystem
-- Older versions do not tell the TLS version of a connection.
local MIN_NGX_LUA = 10023
local is_nginx = subsystem == "http" and ngx.socket and ngx.config.ngx_lua_version >= MIN_NGX_LUA
local connection = is_nginx and require "kms.transport.cosocket_connection"
local cosocket_deadline = is_nginx and require "kms.transport.cosocket_deadline"
local cosocket_options = is_nginx and require "kms.transport.cosocket_options"

local cosocket = {}

local MAX_SLEEP = 1e9 -- 30 years
local MIN_SLEEP = 0.001 -- NGINX's timers count milliseconds, and it logs a warning for a sleep of 0
local MAX_CONNECT_ATTEMPTS = 16 -- with two addresses, one connection in 65536 misses the one that works
local MAX_IDLE_PARSERS = 64
local DEFAULT_TIMEOUT = 30 -- seconds, if neither the request nor an option has one

-- Phases in which ngx.socket.tcp works, as named by ngx.get_phase.
local PHASES = {
  server_rewrite = true, rewrite = true, access = true, content = true, timer = true, ssl_cert = true,
}
local TIMER_ADVICE = "call from a timer: ngx.timer.at(0, ...)"
local SUBSYSTEM_ADVICE = "call from the http subsystem, or use kms.transport.curl, which blocks"
local PHASE_ADVICE = { init = "call from a timer of init_worker, or use kms.transport.curl, which blocks" }

-- By transport, what no one may print: its options, which may hold a password and a private key.
local settings_of = setmetatable({}, { __mode = "k" })

-- By transport, the origin of its last request, because most transports send to one.
local last_origin = setmetatable({}, { __mode = "k" })

-- Parsers that no request uses.
local idle_parsers = {}

-- Deadlines are on the scale of this clock.
local clock = http1.monotonic

---@class kms.transport.cosocket.Origin the server of requests and the way to it
---@field scheme "http"|"https"
---@field name string of the server, in lower case
---@field port integer
---@field host string as in requests
---@field address string? of the server, if `name` is one
---@field server_name string? for TLS, if `name` is a host name
---@field proxy { name: string, port: integer, authorization: string? }?
---@field client_certificate { chain: ffi.cdata*, key: ffi.cdata* }?
---@field max_attempts integer to connect
---@field connect_options table for ngx_lua
---@field settings table of the transport
---@field counts table of the transport

--- Creates an origin. The pool's name holds all that makes one connection unlike another.
local function new_origin(self, scheme, host)
  local settings = settings_of[self]
  local name, port = http1.parse_host(host)
  name = name:lower()
  local origin = { scheme = scheme, name = name, port = port or (scheme == "https" and 443 or 80), host = host,
    client_certificate = settings.client_certificate, settings = settings, counts = self.counts }
  if http1.is_ip(name) then
    origin.address = name:match "^%[?([^%]]*)"
  else
    origin.server_name = name:gsub("%.$", "") -- RFC 6066, section 3: without the final dot, and never an address
  end
  -- Not for http: it goes to this machine only, and through the proxy "localhost" would be the proxy's machine.
  origin.proxy = scheme == "https" and settings.proxy or nil
  local peer = (origin.proxy or origin).name
  origin.max_attempts = (peer == "localhost" or http1.is_ip(peer)) and 1 or MAX_CONNECT_ATTEMPTS
  origin.connect_options = {
    pool = ("kms %s %s:%d, verified as %s, proxy %s, identity %d, keepalive %s, size %d"):format(scheme, name,
      origin.port, origin.address or origin.server_name, origin.proxy and origin.proxy.host or "none",
      settings.identity.number, settings.keepalive, settings.pool_size),
  }
  return origin
end

--- Finds the origin of a request: the last one of the transport, or a new one.
local function find_origin(self, request)
  local origin, scheme = last_origin[self], request.scheme:lower()
  if not origin or origin.scheme ~= scheme or origin.host ~= request.host then
    origin = new_origin(self, scheme, request.host)
    last_origin[self] = origin
  end
  return origin
end

--- Why a request failed on one connection.
---@class kms.transport.cosocket.Failure
---@field code string
---@field reason string? not for "timeout"
---@field is_sent boolean the server may have received the request
---@field is_stale boolean the connection was kept, and was closed before any byte of a response

--- Sends a request on one connection, and receives the response. Keeps the connection only after a complete response.
---@return kms.transport.Response? response, kms.transport.cosocket.Failure? failure
local function send_once(origin, parser, bytes, deadline, must_be_new)
  local settings = origin.settings
  local socket, is_kept, code, reason = connection.open(origin, deadline, must_be_new)
  if not socket then return nil, { code = code, reason = reason, is_sent = false, is_stale = false } end
  local response, is_reusable
  local problem = cosocket_deadline.set(socket, deadline)
  if problem then
    code, reason = "other", problem
  else
    code, reason = connection.send(socket, bytes)
  end
  if not code then response, is_reusable, reason = connection.receive(socket, parser, deadline) end
  cosocket_deadline.clear(socket)
  if response and is_reusable and settings.keepalive > 0 then
    socket:setkeepalive(math.ceil(settings.keepalive * 1000), settings.pool_size)
  else
    socket:close()
  end
  if response then return response end
  code = clock() >= deadline and "timeout" or code or is_reusable
  return nil, { code = code, reason = reason, is_sent = not problem,
    is_stale = is_kept and code == "closed" and not parser:has_started() }
end

--- Whether a request may be sent again: its connection was stale, and it is idempotent, because the server may have
--- handled the request. Without the field, the method decides (RFC 9110, section 9.2.2).
local function can_resend(request, failure)
  if not failure.is_stale then return false end
  if request.idempotent ~= nil then return request.idempotent end
  return http1.is_idempotent(request.method)
end

---@param seconds number
local function describe_timeout(failure, settings, seconds)
  if seconds <= 0 then return "the deadline has passed" end
  if failure.is_sent then return ("no response within %.3g s"):format(seconds) end
  return ("no connection within %.3g s"):format(math.min(seconds, settings.connect_timeout))
end

local Transport = {}
local metatable = { __name = "kms.transport.cosocket", __index = Transport }

function metatable.__tostring() return metatable.__name end

---@return string? problem that ngx_lua is too old
local function check_ngx_lua()
  local version = ngx.config.ngx_lua_version
  if version >= MIN_NGX_LUA then return nil end
  return ("ngx_lua 0.10.%d or newer is needed; this is 0.%d.%d"):format(
    MIN_NGX_LUA % 1000, math.floor(version / 1000), version % 1000)
end

--- Returns the error of a call in a host or a phase in which cosockets do not work.
---@return kms.Error?
function cosocket.check_phase()
  local phase = ngx.get_phase()
  local message
  if subsystem ~= "http" then
    message = ("a call cannot wait in NGINX's %s subsystem; %s"):format(subsystem, SUBSYSTEM_ADVICE)
  elseif not PHASES[phase] then
    message = ("a call cannot wait in NGINX's %s phase; %s"):format(phase, PHASE_ADVICE[phase] or TIMER_ADVICE)
  else
    message = check_ngx_lua()
  end
  return message and Error.new { kind = "invalid", code = "phase", message = message }
end

--- Sends a request and returns the response.
---@param request kms.transport.Request
---@param is_brief boolean? only the headers Date, Retry-After, X-Request-Id and Content-Encoding are needed
---@return kms.transport.Response? response, kms.Error? err
function Transport:send(request, is_brief)
  local parser = remove(idle_parsers)
  local bytes, err, problem = http1.request(request, parser)
  if problem then error(validate.argument_error(1, "send", problem), 2) end
  err = cosocket.check_phase() or err
  if err then return nil, err end

  local settings = settings_of[self]
  local timeout = math.min(settings.timeout or math.huge, request.timeout or math.huge)
  if timeout == math.huge then timeout = DEFAULT_TIMEOUT end
  local deadline = clock() + timeout
  self.counts.requests = self.counts.requests + 1

  local origin = find_origin(self, request)
  parser = http1.parser(request.method, settings.max_response, is_brief, parser)
  local response, failure = send_once(origin, parser, bytes, deadline, false)
  if response then
    if #idle_parsers < MAX_IDLE_PARSERS then insert(idle_parsers, parser) end
    return response
  end
  local is_sent = failure.is_sent
  if can_resend(request, failure) then
    parser = http1.parser(request.method, settings.max_response, is_brief)
    response, failure = send_once(origin, parser, bytes, deadline, true)
    if response then return response end
  end
  local code, reason = failure.code, failure.reason
  local text = code == "timeout" and describe_timeout(failure, settings, timeout) or reason
  return nil, Error.new {
    kind = "transport", code = code, message = http1.error_message(code, request.host, text),
    uncertain = is_sent or failure.is_sent, status = parser:error_status(),
    cause = code ~= "timeout" and { message = reason } or nil,
  }
end

--- Waits without blocking the worker.
---@param seconds number 0 to 1e9
function Transport:sleep(seconds) -- luacheck: no unused args
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= MAX_SLEEP) then
    error(validate.argument_error(1, "sleep", "seconds must be a number, 0 to 1000000000"), 2)
  end
  ngx.update_time()
  ngx.sleep(math.max(seconds, MIN_SLEEP))
end

--- Returns Unix time in seconds.
---@return number
function Transport:now() return http1.now() end -- luacheck: no unused args

--- Returns monotonic time in seconds.
---@return number
function Transport:clock() return clock() end -- luacheck: no unused args

--- Returns how many requests this transport has sent, and how many connections it has made, in this worker.
---@return { requests: integer, connections: integer }
function Transport:stats()
  return { requests = self.counts.requests, connections = self.counts.connections }
end

--- Does nothing. Transports with the same options share the worker's idle connections, which close after `keepalive`
--- seconds.
function Transport:close() end -- luacheck: no unused args

--- Makes a transport, in any phase. All requests may share it: nothing in it changes but two counters.
---@param options kms.transport.cosocket.Options?
---@return kms.transport.cosocket.Transport transport
function cosocket.new(options)
  if subsystem ~= "http" then error("kms.transport.cosocket works in NGINX's http subsystem only", 2) end
  local outdated = check_ngx_lua()
  if outdated then error("kms.transport.cosocket: " .. outdated, 2) end
  if options ~= nil and type(options) ~= "table" then
    error(validate.argument_error(1, "new", ("table expected, got %s"):format(type(options))), 2)
  end
  local settings, problem = cosocket_options.parse(options or {})
  if problem then error(validate.argument_error(1, "new", problem), 2) end
  -- `is_own` is for kms.call.context: the transport is one of the library's.
  local self = setmetatable({ counts = { requests = 0, connections = 0 }, is_own = true }, metatable)
  settings_of[self] = settings
  return self
end

return cosocket
