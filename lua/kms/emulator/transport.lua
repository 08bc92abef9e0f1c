--- The emulator as a transport: sends requests to an emulated cloud on virtual time.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"
local Error = require "kms.error"
local faults = require "kms.emulator.faults"
local hosts = require "kms.emulator.hosts"
local schema = require "kms.emulator.schema"

local transport = {}

local REQUIRED = { schema.required "method", schema.required "host", schema.required "target" }

local MESSAGES = {
  closed = "the connection closed before the response was complete",
  too_large = "the response exceeds the size limit",
}

local function new_error(code, message, is_uncertain)
  return Error.new { kind = "transport", code = code, message = message, uncertain = is_uncertain }
end

-- The request as a server receives it: with a Host header, and with a body.
local function receive(request)
  local headers = { { "Host", request.host } }
  for _, pair in ipairs(request.headers or {}) do
    if ascii.lower(pair[1]) == "host" then headers[1] = pair else headers[#headers + 1] = pair end
  end
  return { method = request.method, scheme = request.scheme, host = headers[1][2], target = request.target,
    headers = headers, body = request.body or "" }
end

--- Finds what is wrong with a request, as an argument error.
---@param request any
---@return string? problem
function transport.find_problem(request)
  if type(request) ~= "table" then return validate.arguments({}, request, "field") end
  local fields = { method = request.method, host = request.host, target = request.target }
  return validate.arguments(REQUIRED, fields, "field")
end

--- Sends a request and returns the response. A fault that disturbs the delivery becomes a transport error.
---@param cloud kms.Emulator
---@param request table
---@return table? response
---@return kms.Error? err
function transport.send(cloud, request)
  local timeout = request.timeout
  if timeout and timeout <= 0 then return nil, new_error("timeout", "the deadline had passed", false) end
  if not hosts.find(request.host, request.scheme, cloud.hosts, cloud.regions) then
    return nil, new_error("dns", "no such host: " .. validate.quote(request.host), false)
  end
  local response = cloud:handle(receive(request))
  local seconds, code = response.latency or 0, nil
  if response.fault then
    local delay
    delay, code = faults.deliver(response)
    seconds = seconds + (delay or 0)
  end
  if timeout and seconds > timeout then
    cloud:advance(timeout)
    return nil, new_error("timeout", "the response was not complete before the deadline", true)
  end
  if seconds > 0 then cloud:advance(seconds) end
  if code then return nil, new_error(code, MESSAGES[code], true) end
  response.fault, response.latency = nil, nil
  return response
end

return transport
