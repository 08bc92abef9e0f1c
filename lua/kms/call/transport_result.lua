--- Completes what the transport of a caller returned: a response, or an error value.

local Error = require "kms.error"
local error_codes = require "kms.transport.error_codes"
local iterate = require "kms.util.iterate"

local transport_result = {}

--- Describes the error value of a transport that does not use kms.Error.
local function describe_failure(err)
  if err == nil then err = {} end
  local metatable = getmetatable(err)
  if type(err) ~= "table" or type(metatable) == "table" and metatable.__tostring then return tostring(err) end
  if type(err.message) == "string" then return err.message end
  local parts = {}
  for name, value in iterate.members(err) do parts[#parts + 1] = ("%s = %s"):format(tostring(name), tostring(value)) end
  table.sort(parts)
  return "the transport failed: " .. (parts[1] and table.concat(parts, ", ") or "it gave no reason")
end

--- Converts what a transport returned in place of a response to an error that the caller may write to.
---@param err any
---@return kms.Error
function transport_result.copy_error(err)
  if not Error.is(err) then
    local code = type(err) == "table" and err.code
    return Error.new { kind = "transport", code = error_codes[code] and code or "other",
      message = describe_failure(err), uncertain = type(err) ~= "table" or err.uncertain ~= false }
  end
  local copy = iterate.copy(err)
  copy.kind, copy.code = copy.kind or "transport", type(copy.code) == "string" and copy.code or "other"
  if type(copy.message) ~= "string" then copy.message = "the transport failed: it gave no reason" end
  local is_status = type(copy.status) == "number" and copy.status >= 400 and copy.status < 600
  copy.status = is_status and copy.status or nil
  return Error.new(copy)
end

-- The headers that calls and credential providers read.
local READ_HEADERS = { "date", "retry-after", "content-encoding", "x-request-id", "x-subject-token", "x-iam-trace-id" }

--- Completes a response of a caller's transport. What it must have are a status and texts.
---@param response table
---@return table? response, kms.Error? err
function transport_result.complete(response)
  response.headers, response.body = response.headers or {}, response.body or ""
  local problem
  local status = response.status
  if type(status) ~= "number" or status % 1 ~= 0 or status < 100 or status > 999 then
    problem = "status must be a whole number, 100 to 999; it is " .. tostring(status)
  elseif type(response.headers) ~= "table" then
    problem = "headers must be a table; it is a " .. type(response.headers)
  elseif type(response.body) ~= "string" then
    problem = "body must be a string; it is a " .. type(response.body)
  end
  for i = 1, problem and 0 or #READ_HEADERS do
    local value = response.headers[READ_HEADERS[i]]
    if value ~= nil and type(value) ~= "string" then
      problem = ("the header %s must be a string; it is a %s"):format(READ_HEADERS[i], type(value))
    end
  end
  if not problem then return response end
  return nil, Error.new { kind = "transport", code = "other", uncertain = true,
    message = "the transport returned a malformed response: " .. problem }
end

return transport_result
