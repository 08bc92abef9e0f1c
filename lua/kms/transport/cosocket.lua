--- The transport inside NGINX: HTTP/1.1 over ngx_lua's cosockets. A call costs its worker nothing while it waits.
-- Whom TLS trusts is NGINX's to say: lua_ssl_trusted_certificate, at http level, for kept connections are shared by all
-- of a worker's locations. Names need a `resolver`, and a lookup may take as long as `resolver_timeout` allows.

local validate = require "kms.util.validate"
local Error = require "kms.error"
local host_name = require "kms.host_name"
local http1 = require "kms.http1"
local syntax = require "kms.http_syntax"

local ngx = rawget(_G, "ngx")
local usable = ngx and ngx.socket and ngx.get_phase
local tls_session = usable and require "kms.transport.cosocket_tls"

local cosocket = {}

local LONGEST_SLEEP = 1e9 -- 30 years
local SHORTEST_SLEEP = 0.001 -- NGINX's timers count milliseconds, and it warns of a sleep of none
local SLICE = 64 * 1024 -- bytes handed over at once: NGINX's timer starts anew whenever some of them went out
local PROXY_ANSWER = 64 * 1024
local LATE = "the deadline has passed"

-- Where ngx.socket.tcp works, by the names of ngx.get_phase.
local PHASES = {
  server_rewrite = true, rewrite = true, access = true, content = true, timer = true,
  ssl_cert = true,
}
local TIMER = "call from a timer without delay: ngx.timer.at(0, ...)"
local ADVICE = { init = "give kms.transport.curl, which blocks, as the transport, or call from a timer of init_worker" }

local PHRASES = {
  timeout = "no answer from %s in time", dns = "no address for %s", connect = "no connection to %s",
  tls = "no trusted connection to %s", closed = "connection to %s lost", too_large = "answer of %s too large",
  other = "exchange with %s failed",
}

-- What a refused certificate's number (OpenSSL's x509_vfy.h; first in ngx_lua's text) has to do with the configuration.
local TRUST = "; trusted is what lua_ssl_trusted_certificate names"
local HINTS = { [2] = TRUST, [18] = TRUST, [19] = TRUST, [20] = TRUST, [21] = TRUST,
  [22] = "; lua_ssl_verify_depth is too small for it" }

-- A request that the server may already have acted on is sent again for these only (RFC 9110, section 9.2.2).
local IDEMPOTENT = { GET = true, HEAD = true, PUT = true, DELETE = true, OPTIONS = true, TRACE = true }

---@class kms.CosocketOptions
---@field connect_timeout number? seconds for resolve, connect and handshake; default 10
---@field timeout number? seconds for one exchange; default 30 where the request has no deadline
---@field max_response integer? bytes of an answer's body; default 1 MiB
---@field keepalive number? seconds that an idle connection is kept; 0: never; default 60
---@field pool_size integer? idle connections that a worker keeps to one host; default 64
---@field proxy string? http://host:port, through which https goes by CONNECT; without a password

local TIMEOUT = 30 -- seconds, where neither the request nor an option bounds an exchange

local function seconds(least)
  return function(value) return type(value) == "number" and value >= least and value <= 1e6 and value == value end
end

local function whole(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31 and value % 1 == 0
end

local function read_proxy(value)
  local host = type(value) == "string" and value:match "^http://([^/]*)/?$"
  local name, port = host_name.split(host or "")
  return name and port and { host = host, name = name, port = port }
end

local POSITIVE = "must be a number of seconds above 0, at most 1000000"
local OPTIONS = {
  connect_timeout = { standard = 10, test = seconds(1e-9), rule = POSITIVE },
  timeout = { test = seconds(1e-9), rule = POSITIVE },
  keepalive = { standard = 60, test = seconds(0), rule = "must be a number of seconds, 0 to 1000000" },
  max_response = { standard = 2 ^ 20, test = whole, rule = "must be a whole number of bytes, 1 to 2147483647" },
  pool_size = { standard = 64, test = whole, rule = "must be a whole number, 1 to 2147483647" },
  proxy = { test = read_proxy, rule = 'must be "http://host:port"' },
}

-- Options of kms.transport.curl that ngx_lua has no way to honour, and what to do instead.
local TRUSTED = "name the certificates in lua_ssl_trusted_certificate"
local ELSEWHERE = {
  ca_file = TRUSTED, ca_path = TRUSTED, no_proxy = "make a client without proxy for those hosts",
}

--- Unix time in seconds. NGINX's own is as old as the event it is at work on.
local function now()
  ngx.update_time()
  return ngx.now()
end

--- Leaves the socket's next operation the time until `stop`.
---@return boolean? in_time
local function arm(socket, stop)
  local left = math.ceil((stop - now()) * 1000)
  if left <= 0 then return nil end
  socket:settimeouts(left, left, left)
  return true
end

--- ngx_lua knows no hosts file; "localhost" is this machine wherever it stands (RFC 6761, section 6.3).
local function address_of(name)
  return name == "localhost" and "127.0.0.1" or name
end

---@return string? code, string? reason
local function connect(socket, place, stop)
  local peer = place.proxy or place
  if not arm(socket, stop) then return "timeout", LATE end
  local connected, err = socket:connect(address_of(peer.name), peer.port, { pool = place.pool })
  if connected then return nil end
  -- A lookup has a patience of its own, resolver_timeout: to end it sooner, by ngx.thread.kill, leaves ngx_lua 0.10.23
  -- with a resolver that still knows the socket.
  if err == "timeout" or now() >= stop then return "timeout", err end
  local unresolved = err:find("could not be resolved", 1, true) or err:find("no resolver defined", 1, true)
  return unresolved and "dns" or "connect", err
end

---@return string? code, string? reason
local function transmit(socket, bytes, stop)
  for first = 1, #bytes, SLICE do
    if not arm(socket, stop) then return "timeout", LATE end
    local sent, err = socket:send(bytes:sub(first, first + SLICE - 1))
    if not sent then return err == "timeout" and "timeout" or "closed", err end
  end
end

--- What http1.read reads from.
local function receiver(socket, stop)
  return function()
    if not arm(socket, stop) then return nil, "timeout", LATE end
    local bytes, err = socket:receiveany(SLICE)
    if bytes then return bytes end
    return nil, err == "closed" and "end" or err == "timeout" and "timeout" or "closed", err
  end
end

--- Asks the proxy for a tunnel.
---@return string? code, string? reason
local function tunnel(socket, place, stop)
  local host = ("%s:%d"):format(place.name, place.port)
  local code, reason = transmit(socket, ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(host, host), stop)
  if not code then
    local result = http1.read(receiver(socket, stop), "CONNECT", PROXY_ANSWER)
    local failure, status = result.failure, result.response and result.response.status
    if failure then
      code, reason = failure.code, failure.reason
    elseif status >= 300 or not result.drained then
      code, reason = "connect", ("the proxy answered %d"):format(status)
    end
  end
  return code and (code == "timeout" and code or "connect"), reason
end

---@return string? code, string? reason
local function handshake(socket, place, stop)
  if not arm(socket, stop) then return "timeout", LATE end
  local returned, session, err = pcall(socket.sslhandshake, socket, nil, place.server_name, true)
  if not returned or err then err = tls_session.refusal(socket) or returned and err or "the handshake failed" end
  if err == "timeout" then return "timeout", err end
  if err then return "tls", err .. (HINTS[tonumber(err:match "^(%d+): ")] or "") end
  local problem = tls_session.problem(session, place.literal)
  if problem then return "tls", problem end
end

--- A connection that is ready for the request, from the pool or new.
---@param fresh boolean a kept connection has failed: the others are as old
---@return table? socket, boolean|string reused or the code of a failure, string? reason
local function open(self, place, stop, fresh)
  local socket, reused
  repeat
    if socket then socket:close() end
    socket = ngx.socket.tcp()
    local code, reason = connect(socket, place, stop)
    if code then return nil, code, reason end
    reused = socket:getreusedtimes() > 0
  until not (fresh and reused)
  if reused then return socket, true end
  self.counts.connections = self.counts.connections + 1
  local code, reason
  if place.proxy then code, reason = tunnel(socket, place, stop) end
  if not code and place.scheme == "https" then code, reason = handshake(socket, place, stop) end
  if not code then return socket, false end
  socket:close()
  return nil, code, reason
end

--- Where a request goes. The pool's name carries all that makes one connection different from another.
local function place_of(self, request)
  local options = self.options
  local scheme = request.scheme:lower()
  local name, port = host_name.split(request.host)
  local place = { scheme = scheme, name = name, port = port or (scheme == "https" and 443 or 80) }
  if host_name.is_ipv4(name) or name:find "^%[" then
    place.literal = name:match "^%[?([^%]]*)"
  else
    place.server_name = name:gsub("%.$", "") -- RFC 6066, section 3: without the root's dot, and never an address
  end
  -- Through a proxy "localhost" would be the proxy's, and plain http would leave this machine.
  place.proxy = scheme == "https" and options.proxy or nil
  place.pool = ("kms %s %s %d, verified for %s, by %s, kept %s of %d"):format(scheme, name, place.port,
    place.literal or place.server_name, place.proxy and place.proxy.host or "no proxy", options.keepalive,
    options.pool_size)
  return place
end

--- One exchange on one connection, which is kept only after a complete answer.
---@return kms.http1.Result with `sent`: the request may have reached the server; `stale`: a kept connection was dead
local function exchange(self, place, method, bytes, stop, fresh)
  local options = self.options
  local socket, reused, reason = open(self, place, math.min(stop, now() + options.connect_timeout), fresh)
  if not socket then return { failure = { code = reused, reason = reason } } end
  local code
  code, reason = transmit(socket, bytes, stop)
  local result = code and { failure = { code = code, reason = reason } }
    or http1.read(receiver(socket, stop), method, options.max_response)
  if result.response and result.reusable and options.keepalive > 0 then
    socket:setkeepalive(math.ceil(options.keepalive * 1000), options.pool_size)
  else
    socket:close()
  end
  result.sent = true
  result.stale = reused and not result.started and result.failure.code == "closed"
  return result
end

local function fail(request, failure, uncertain)
  local message = PHRASES[failure.code]:format(request.host) .. ": " .. failure.reason
  return nil, Error.new {
    kind = "transport", code = failure.code, message = (message:gsub("%c", "?")),
    uncertain = uncertain, cause = { message = failure.reason },
  }
end

local Transport = {}
local metatable = { __name = "kms.transport.cosocket", __index = Transport }

function metatable.__tostring() return metatable.__name end

--- The error that a call must end in where cosockets do not work.
---@return kms.Error?
function cosocket.refusal()
  local phase = ngx.get_phase()
  if PHASES[phase] then return nil end
  return Error.new {
    kind = "invalid", code = "phase",
    message = ("nothing can wait in NGINX's %s phase: %s"):format(phase, ADVICE[phase] or TIMER),
  }
end

--- Sends a request and reads its answer.
---@param request table
---@return table? response, kms.Error? err
function Transport:send(request)
  local problem = syntax.misuse(request)
  if problem then error(validate.argument_error(1, "send", problem), 2) end
  local refused = cosocket.refusal()
  if refused then return nil, refused end
  local field, text = syntax.refusal(request)
  if field then return nil, Error.new { kind = "invalid", code = field, message = text } end

  local timeout, deadline = self.options.timeout or not request.deadline and TIMEOUT, request.deadline
  local stop = math.min(deadline or math.huge, timeout and now() + timeout or math.huge)
  self.counts.requests = self.counts.requests + 1

  local place, bytes, method = place_of(self, request), syntax.write(request), request.method
  local result = exchange(self, place, method, bytes, stop, false)
  local sent = result.sent
  if result.stale and IDEMPOTENT[method] then
    result = exchange(self, place, method, bytes, stop, true)
  end
  if result.response then return result.response end
  return fail(request, result.failure, sent or result.sent)
end

--- Waits without holding up the worker.
---@param duration number seconds
function Transport:sleep(duration) -- luacheck: no unused args
  if type(duration) ~= "number" or not (duration >= 0 and duration <= LONGEST_SLEEP) then
    error(validate.argument_error(1, "sleep", "seconds must be 0 to 1000000000"), 2)
  end
  ngx.sleep(math.max(duration, SHORTEST_SLEEP))
end

--- Unix time in seconds.
---@return number
function Transport:now() return now() end -- luacheck: no unused args

--- What this transport has done in this worker.
---@return table counts `requests`, and `connections` made
function Transport:stats()
  return { requests = self.counts.requests, connections = self.counts.connections }
end

--- For likeness with other transports. Idle connections are the worker's, shared by every transport with the same
--- options, and end after `keepalive` seconds.
function Transport:close() end -- luacheck: no unused args

local function misuse(name, value)
  if type(name) ~= "string" then return ("option of type %s"):format(type(name)) end
  if ELSEWHERE[name] then return ("option '%s' is not for cosockets: %s"):format(name, ELSEWHERE[name]) end
  local option = OPTIONS[name]
  if not option then return ("unknown option '%s'"):format(name) end
  if not option.test(value) then return ("option '%s' %s"):format(name, option.rule) end
end

--- Makes a transport. It may be made in any phase and shared by all requests: nothing in it changes but two counters.
---@param options kms.CosocketOptions?
---@return table transport
function cosocket.new(options)
  if not usable then error("kms.transport.cosocket works inside NGINX only", 2) end
  if options ~= nil and type(options) ~= "table" then
    error(validate.argument_error(1, "new", ("table expected, got %s"):format(type(options))), 2)
  end
  local own = {}
  for name, option in pairs(OPTIONS) do own[name] = option.standard end
  for name, value in pairs(options or {}) do
    local problem = misuse(name, value)
    if problem then error(validate.argument_error(1, "new", problem), 2) end
    own[name] = value
  end
  own.proxy = own.proxy and read_proxy(own.proxy)
  return setmetatable({ options = own, counts = { requests = 0, connections = 0 } }, metatable)
end

return cosocket
