--- What an operation's row means: params and settings become a request, a JSON object becomes a result.

local cjson = require "cjson.safe".new()
local check = require "kms.check"
local Error = require "kms.error"

local operation = {}

---@class kms.Operation one row of a cloud's table
---@field name string
---@field method string
---@field path string template; `{name}` is one segment, filled from the params, else from the client's settings
---@field plain boolean? no such segment needs percent-encoding, by the rules of what fills it: its characters are all
---  unreserved (RFC 3986, section 2.3), and the path is the request target
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

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

--- A table's entries as a list of pairs.
local function pairs_of(map)
  local list = {}
  for member, name in pairs(map or {}) do list[#list + 1] = { member = member, name = name } end
  return list
end

-- Rows taken apart, once each. A path is its segments, with an empty string in each of `holes`; a plain one is the text
-- before its first hole, and each hole has the text that follows it.
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, row)
  local segments, holes = {}, {}
  for segment in row.path:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    segments[#segments + 1] = name and "" or segment
    if name then holes[#holes + 1] = { at = #segments, name = name } end
  end
  local plan = {
    path = segments, holes = holes, body = row.body and pairs_of(row.body), reply = pairs_of(row.reply),
    more = pairs_of(row.more),
  }
  if row.plain then
    plan.path = row.path:match "^[^{]*"
    local at = 0
    for text in row.path:gmatch "}([^{]*)" do
      at = at + 1
      holes[at].after = text
    end
  end
  plans[row] = plan
  return plan
end })

--- The path of a request: a list of segments, or a text that is its target as well.
---@return kms.sign.Path path, string? target
local function path_of(row, plan, params, settings)
  local path = row.plain and plan.path or { unpack(plan.path) }
  for i = 1, #plan.holes do
    local hole = plan.holes[i]
    local value = params[hole.name] or settings[hole.name]
    if row.plain then
      path = path .. value .. hole.after
    else
      path[hole.at] = value
    end
  end
  return path, row.plain and path or nil
end

--- Builds the request of one attempt, unsigned.
---@param row kms.Operation
---@param params table
---@param settings table `scheme`, `host`, `headers`, and what the path names
---@return table request with its target where that needs no encoding
function operation.build(row, params, settings)
  local plan = PLANS[row]
  local path, target = path_of(row, plan, params, settings)
  local members = plan.body and {}
  for i = 1, members and #plan.body or 0 do
    local row_of_body = plan.body[i]
    members[row_of_body.member] = params[row_of_body.name]
  end
  local headers = {}
  for i = 1, #settings.headers do headers[i] = { settings.headers[i][1], settings.headers[i][2] } end
  return {
    method = row.method,
    scheme = settings.scheme,
    host = settings.host,
    path = path,
    target = target,
    headers = headers,
    body = members and cjson.encode(members) or nil,
  }
end

--- Reads the result out of the answer's object.
---@param row kms.Operation
---@param object table
---@return table? result, string? problem which member is not what the API promises
function operation.read(row, object)
  local plan, result = PLANS[row], {}
  for i = 1, #plan.reply do
    local member, name = plan.reply[i].member, plan.reply[i].name
    local value = object[member]
    if type(value) ~= "string" then
      return nil, ("the answer's member %q is %s, not a string"):format(
        member, value == nil and "missing" or type(value) == "userdata" and "null" or "a " .. type(value))
    end
    result[name] = value
  end
  for i = 1, #plan.more do
    local value = object[plan.more[i].member]
    if type(value) == "string" then result[plan.more[i].name] = value end
  end
  return result
end

return operation
