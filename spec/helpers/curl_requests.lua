--- Transports and requests of kms.transport.curl for the test servers.

local curl = require "kms.transport.curl"
local servers = require "spec.helpers.test_servers"

local curl_requests = {}

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

-- Servers without TLS.
local IS_PLAIN = { http = true, proxy = true }

--- A GET request, unless `fields` has another method.
---@param server string a key of servers.port
---@param target string? default "/"
---@param fields table? fields that the request has instead
---@return table request
function curl_requests.new_request(server, target, fields)
  local request = {
    method = "GET", scheme = IS_PLAIN[server] and "http" or "https", host = servers.host(server), target = target or "/",
  }
  for name, value in pairs(fields or {}) do request[name] = value end
  return request
end

--- A transport that trusts the CA of the test servers.
---@param options table?
function curl_requests.new_transport(options)
  local merged = { ca_file = servers.ca_file, connect_timeout = WAIT_LIMIT } -- TLS takes long on a busy machine
  for name, value in pairs(options or {}) do merged[name] = value end
  return curl.new(merged)
end

--- Steps a multi until a request has ended. A step may end early because of a signal.
---@return integer id, table? response, kms.Error? err
function curl_requests.finish_request(multi)
  local deadline = multi:clock() + WAIT_LIMIT
  repeat
    local id, response, err = multi:step(WAIT_LIMIT)
    if id then return id, response, err end
  until multi:clock() > deadline
  error(("no request ended within %d s"):format(WAIT_LIMIT))
end

return curl_requests
