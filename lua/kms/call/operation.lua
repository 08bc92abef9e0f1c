--- What an operation's row means: params and settings become a request, a JSON object becomes a result.

local cjson = require "cjson.safe".new()
local validate = require "kms.util.validate"
local Error = require "kms.error"

local operation = {}

---@class kms.Operation one row of a cloud's table
---@field name string
---@field method string
---@field path string template; `{name}` is one segment, filled from the params, else from the client's settings, and
---  those are plain (see kms.Rule). Where the params that fill it are so too, it is the request target
---@field fields kms.Field[] the caller's params
---@field body table<string, string>? JSON member -> field
---@field reply table<string, string> JSON member -> result field; every one a string that must be there
---@field more table<string, string>? likewise, but taken only where it is a string

--- Takes the params' values, held against their rules. Who changes the table while its call waits, to make the next
--- call with it, changes nothing of this one.
---@param row kms.Operation
---@param params table
---@return table? values, kms.Error? err kind "invalid"
function operation.validate_params(row, params)
  local values = {}
  for i = 1, #row.fields do
    local field = row.fields[i]
    local rule, value = field.rule, params[field.name]
    if rule and value ~= nil and not rule.test(value) then
      local problem = validate.value(field.name, value, rule)
      return nil, Error.new { kind = "invalid", code = field.name, message = problem }
    end
    values[field.name] = value
  end
  return values
end

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

--- A table's entries as a list of pairs.
local function pairs_of(map)
  local list = {}
  for member, name in pairs(map or {}) do list[#list + 1] = { member = member, name = name } end
  return list
end

--- A text taken apart at its holes, `{name}`: a list of them, each with the text after it. The list has the text before
--- the first.
local function template_of(text)
  local template, from = {}, 1
  local piece = template
  for start, name, stop in text:gmatch "(){([%w_]+)}()" do
    piece.after = text:sub(from, start - 1)
    piece, from = { name = name }, stop
    template[#template + 1] = piece
  end
  piece.after = text:sub(from)
  return template
end

--- A template with its holes filled.
local function filled(template, params, settings)
  local text = template.after
  for i = 1, #template do
    local hole = template[i]
    local name = hole.name
    text = text .. (params[name] or settings[name]) .. hole.after
  end
  return text
end

local function field_named(row, name)
  for _, field in ipairs(row.fields) do
    if field.name == name then return field end
  end
end

--- The path as a template, or as its segments, with an empty string in each of `holes`, where a value may have to be
--- encoded.
local function plan_path(row, plan)
  local template, plain = template_of(row.path), true
  for _, hole in ipairs(template) do
    local field = field_named(row, hole.name)
    plain = plain and not (field and not (field.rule and field.rule.plain))
  end
  if plain then
    plan.path = template
    return
  end
  plan.segments, plan.holes = {}, {}
  for segment in row.path:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    plan.segments[#plan.segments + 1] = name and "" or segment
    if name then plan.holes[#plan.holes + 1] = { at = #plan.segments, name = name } end
  end
end

--- The body as the text of a JSON object with holes, or as its members, where one may be absent or have to be escaped.
local function plan_body(row, plan)
  if not row.body then return end
  local members, texts = pairs_of(row.body), {}
  for i, member in ipairs(members) do
    local field = field_named(row, member.name)
    if not (field and field.required and field.rule and field.rule.plain) then
      plan.members = members
      return
    end
    texts[i] = ('%s:"{%s}"'):format(cjson.encode(member.member), member.name)
  end
  plan.body = template_of("{" .. table.concat(texts, ",") .. "}")
end

-- Rows taken apart, once each.
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, row)
  local plan = { reply = pairs_of(row.reply), more = pairs_of(row.more) }
  plan_path(row, plan)
  plan_body(row, plan)
  plans[row] = plan
  return plan
end })

local function segments_of(plan, params, settings)
  local path = { unpack(plan.segments) }
  for i = 1, #plan.holes do
    local hole = plan.holes[i]
    path[hole.at] = params[hole.name] or settings[hole.name]
  end
  return path
end

local function encoded(members, params)
  local object = {}
  for _, member in ipairs(members) do object[member.member] = params[member.name] end
  return cjson.encode(object)
end

--- Builds the request of one attempt, unsigned.
---@param row kms.Operation
---@param params table as taken
---@param settings table `scheme`, `host`, `headers`, and what the path names
---@return table request with its target where that needs no encoding
function operation.build_request(row, params, settings)
  local plan = PLANS[row]
  local target = plan.path and filled(plan.path, params, settings) or nil
  local lent, headers = settings.headers, { nil, nil, nil, nil, nil } -- room for those of the signature
  for i = 1, #lent do
    local header = lent[i]
    headers[i] = { header[1], header[2] }
  end
  return {
    method = row.method,
    scheme = settings.scheme,
    host = settings.host,
    path = target or segments_of(plan, params, settings),
    target = target,
    headers = headers,
    body = plan.body and filled(plan.body, params, settings) or plan.members and encoded(plan.members, params) or nil,
  }
end

--- Reads the result out of the answer's object.
---@param row kms.Operation
---@param object table
---@return table? result, string? problem which member is not what the API promises
function operation.parse_result(row, object)
  local plan = PLANS[row]
  local reply, more, result = plan.reply, plan.more, { request_id = nil, warning = nil } -- room for two
  for i = 1, #reply do
    local pair = reply[i]
    local value = object[pair.member]
    if type(value) ~= "string" then
      return nil, ("the answer's member %q is %s, not a string"):format(
        pair.member, value == nil and "missing" or type(value) == "userdata" and "null" or "a " .. type(value))
    end
    result[pair.name] = value
  end
  for i = 1, #more do
    local pair = more[i]
    local value = object[pair.member]
    if type(value) == "string" then result[pair.name] = value end
  end
  return result
end

return operation
