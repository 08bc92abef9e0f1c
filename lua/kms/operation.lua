--- What an operation's row means: params and settings become a request, a JSON object becomes a result.

local cjson = require "cjson.safe".new()
local check = require "kms.check"
local Error = require "kms.error"

local operation = {}

---@class kms.Operation one row of a cloud's table
---@field name string
---@field method string
---@field path string template; `{name}` is one segment, filled from the params, else from the client's settings
---@field fields kms.Field[] the caller's params
---@field body table<string, string>? JSON member -> field
---@field reply table<string, string> JSON member -> result field; every one a string that must be there
---@field more table<string, string>? likewise, but taken only where it is a string

--- Holds the params' values against their rules.
---@param row kms.Operation
---@param params table
---@return kms.Error? err kind "invalid"
function operation.invalid(row, params)
  for _, field in ipairs(row.fields) do
    local value = params[field.name]
    local problem = value ~= nil and field.rule and check.value(field.name, value, field.rule)
    if problem then return Error.new { kind = "invalid", code = field.name, message = problem } end
  end
end

--- Builds the request of one attempt, unsigned.
---@param row kms.Operation
---@param params table
---@param settings table `scheme`, `host`, `headers`, and what the path names
---@return table request
function operation.build(row, params, settings)
  local segments = {}
  for segment in row.path:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    segments[#segments + 1] = name and (params[name] or settings[name]) or segment
  end
  local members
  for member, name in pairs(row.body or {}) do
    members = members or {}
    members[member] = params[name]
  end
  local headers = {}
  for i, header in ipairs(settings.headers) do headers[i] = { header[1], header[2] } end
  return {
    method = row.method,
    scheme = settings.scheme,
    host = settings.host,
    path = segments,
    headers = headers,
    body = members and cjson.encode(members),
  }
end

--- Reads the result out of the answer's object.
---@param row kms.Operation
---@param object table
---@return table? result, string? problem which member is not what the API promises
function operation.read(row, object)
  local result = {}
  for member, name in pairs(row.reply) do
    local value = object[member]
    if type(value) ~= "string" then
      return nil, ("the answer's member %q is %s, not a string"):format(
        member, value == nil and "missing" or type(value) == "userdata" and "null" or "a " .. type(value))
    end
    result[name] = value
  end
  for member, name in pairs(row.more or {}) do
    if type(object[member]) == "string" then result[name] = object[member] end
  end
  return result
end

return operation
