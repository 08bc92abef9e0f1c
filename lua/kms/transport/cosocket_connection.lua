--- Connections of kms.transport.cosocket: opens them, through a proxy and with TLS, and carries bytes over them.

local cosocket_deadline = require "kms.transport.cosocket_deadline"
local cosocket_tls = require "kms.transport.cosocket_tls"
local http1 = require "kms.http1"

local ngx = rawget(_G, "ngx")

local cosocket_connection = {}

local MAX_RECEIVE = 64 * 1024
local CONNECT_SHARE = 0.25 -- of the time that remains, for an attempt that is not the last
local MAX_PROXY_RESPONSE = 64 * 1024

-- What to change in the configuration, by the number of OpenSSL's verification error (x509_vfy.h), with which ngx_lua's
-- text begins.
local TRUST_ADVICE = "; the trusted CAs are those of lua_ssl_trusted_certificate"
local VERIFY_ADVICE = { [2] = TRUST_ADVICE, [18] = TRUST_ADVICE, [19] = TRUST_ADVICE, [20] = TRUST_ADVICE,
  [21] = TRUST_ADVICE, [22] = "; lua_ssl_verify_depth is too small" }

-- Deadlines are on the scale of this clock.
local clock = http1.monotonic

--- Limits each wait of the socket to the time before a deadline, and connecting to the time before another one.
---@return boolean is_in_time
local function set_timeouts(socket, deadline, connect_deadline)
  local now = clock()
  local connect_remaining = math.ceil((connect_deadline - now) * 1000)
  if connect_remaining <= 0 then return false end
  local remaining = math.ceil((deadline - now) * 1000)
  ngx.update_time() -- NGINX starts timers at its cached time, which is that of the current event
  socket:settimeouts(connect_remaining, remaining, remaining)
  return true
end

--- ngx_lua reads no hosts file. "localhost" is always the loopback address (RFC 6761, section 6.3).
local function to_address(name)
  return name == "localhost" and "127.0.0.1" or name
end

--- Returns the error code for what a method of a socket returned.
local function to_code(err)
  return err == "timeout" and "timeout" or "closed"
end

--- Connects to one of the peer's addresses, which ngx_lua chooses at random.
---@return string? code, string? reason
local function connect_once(socket, origin, deadline, connect_deadline)
  local peer = origin.proxy or origin
  if not set_timeouts(socket, deadline, connect_deadline) then return "timeout" end
  local is_connected, err = socket:connect(to_address(peer.name), peer.port, origin.connect_options)
  if is_connected then return nil end
  -- resolver_timeout alone limits a lookup.
  if err == "timeout" or clock() >= connect_deadline then return "timeout" end
  local is_unresolved = err:find("could not be resolved", 1, true) or err:find("no resolver defined", 1, true)
  return is_unresolved and "dns" or "connect", err
end

--- Sends bytes.
---@return string? code, string? reason
function cosocket_connection.send(socket, bytes)
  local sent, err = socket:send(bytes)
  if not sent then return to_code(err), err end
end

--- Receives a response.
---@return kms.transport.Response? response
---@return boolean|string is_reusable whether the connection can be used again; without a response, the error code
---@return boolean|string|nil is_drained whether no byte followed the response; without a response, the reason
function cosocket_connection.receive(socket, parser, deadline)
  local is_complete, response, is_reusable, is_drained
  repeat
    local bytes, err = socket:receiveany(MAX_RECEIVE)
    if bytes then
      is_complete, response, is_reusable, is_drained = parser:feed(bytes)
    elseif err == "closed" then
      is_complete, response, is_reusable, is_drained = parser:finish()
    else
      return nil, to_code(err), err
    end
    -- A fast server never makes this thread wait.
    if is_complete == nil and clock() >= deadline then return nil, "timeout" end
  until is_complete ~= nil
  if is_complete then return response, is_reusable, is_drained end
  return nil, response, is_reusable
end

--- Asks the proxy for a tunnel (RFC 9110, section 9.3.6).
---@return string? code, string? reason
local function open_tunnel(socket, origin, deadline)
  local authority, authorization = ("%s:%d"):format(origin.name, origin.port), origin.proxy.authorization
  local request = ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(authority, authority,
    authorization and "Proxy-Authorization: " .. authorization .. "\r\n" or "") -- RFC 9110, section 11.7.2
  local code, reason = cosocket_connection.send(socket, request)
  if not code then
    local response, is_reusable_or_code, is_drained_or_reason =
      cosocket_connection.receive(socket, http1.parser("CONNECT", MAX_PROXY_RESPONSE), deadline)
    if not response then
      code, reason = is_reusable_or_code, is_drained_or_reason
    elseif response.status >= 300 then
      reason = ("the proxy responded with status %d"):format(response.status)
    elseif not is_drained_or_reason then
      reason = "the proxy sent data before the TLS handshake"
    else
      return nil
    end
  end
  return code == "timeout" and code or "connect", reason
end

---@return string? code, string? reason
local function handshake(socket, origin)
  local certificate = origin.client_certificate
  if certificate then assert(socket:setclientcert(certificate.chain, certificate.key)) end
  local returned, session, err = pcall(socket.sslhandshake, socket, nil, origin.server_name, true)
  if not returned or err then
    err = cosocket_tls.handshake_error(socket) or returned and err or "the handshake failed"
  end
  if err == "timeout" then return "timeout" end
  if err then return "tls", err .. (VERIFY_ADVICE[tonumber(err:match "^(%d+): ")] or "") end
  local problem = cosocket_tls.check_session(session, origin.address)
  if problem then return "tls", problem end
end

--- Takes a TCP connection from the pool, or makes one. ngx_lua tries one of a name's addresses; further attempts make
--- it likely that every address is tried. An attempt that is not the last has a part of the time that remains.
---@return table? socket, string? code, string? reason
local function connect(origin, deadline, connect_deadline)
  local code, reason
  for attempt = 1, origin.max_attempts do
    local attempt_deadline = connect_deadline
    if attempt < origin.max_attempts then
      local time = clock()
      attempt_deadline = time + (connect_deadline - time) * CONNECT_SHARE
    end
    local socket = ngx.socket.tcp()
    code, reason = connect_once(socket, origin, deadline, attempt_deadline)
    if not code then return socket end
    if code == "dns" or clock() >= connect_deadline then break end
  end
  return nil, code, reason
end

--- Makes a TCP connection ready for requests.
---@return string? code, string? reason
local function prepare_connection(socket, origin, deadline)
  if not (origin.proxy or origin.scheme == "https") then return nil end
  if not set_timeouts(socket, deadline, deadline) then return "timeout" end
  local problem = cosocket_deadline.set(socket, deadline)
  if problem then return "other", problem end
  local code, reason
  if origin.proxy then code, reason = open_tunnel(socket, origin, deadline) end
  if not code and origin.scheme == "https" then code, reason = handshake(socket, origin) end
  cosocket_deadline.clear(socket)
  if code and clock() >= deadline then return "timeout" end
  return code, reason
end

--- Takes a connection from the pool, or makes one.
---@param origin kms.transport.cosocket.Origin
---@param deadline number
---@param must_be_new boolean a kept connection was closed, so the others are not used either
---@return table? socket, boolean is_kept, string? code, string? reason
function cosocket_connection.open(origin, deadline, must_be_new)
  local connect_deadline = math.min(deadline, clock() + origin.settings.connect_timeout)
  local socket, is_kept, code, reason
  repeat
    if socket then socket:close() end
    socket, code, reason = connect(origin, deadline, connect_deadline)
    if not socket then return nil, false, code, reason end
    is_kept = socket:getreusedtimes() > 0
  until not (must_be_new and is_kept)
  if is_kept then return socket, true end
  origin.counts.connections = origin.counts.connections + 1
  code, reason = prepare_connection(socket, origin, connect_deadline)
  if not code and not set_timeouts(socket, deadline, deadline) then code = "timeout" end
  if not code then return socket, false end
  socket:close()
  return nil, false, code, reason
end

return cosocket_connection
