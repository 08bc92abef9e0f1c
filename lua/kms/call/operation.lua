--- Interprets the entry of an operation: validates params, builds the request, and reads the result from a JSON object.

local cjson = require "cjson.safe".new()
local Error = require "kms.error"
local sign = require "kms.sign"
local validate = require "kms.util.validate"

local operation = {}

local function wire_name(field) return field.wire or field.name end

--- Copies the params after validating them against their rules, so later changes by the caller do not affect this call.
---@param entry kms.Operation
---@param params table
---@return table? values, kms.Error? err kind "invalid"
---@return string? problem argument error
function operation.validate_params(entry, params)
  local fields, values = entry.params, {}
  local problem = validate.arguments(fields, params, "field")
  if problem then return nil, nil, problem end
  for i = 1, #fields do
    local field = fields[i]
    local name, rule = field.name, field.rule
    local value = params[name]
    if rule and value ~= nil and not rule.test(value) then
      return nil, Error.new { kind = "invalid", code = name, message = validate.value(name, value, rule) }
    end
    values[name] = value
  end
  return values
end

local unpack = rawget(table, "unpack") or _G.unpack

--- Parses a text with placeholders, `{name}`. Returns a list of the placeholders, each with the text after it; the list
--- itself has the text before the first one.
local function parse_template(text)
  local template, from = {}, 1
  local piece = template
  for first, name, after in text:gmatch "(){([%w_]+)}()" do
    piece.text = text:sub(from, first - 1)
    piece, from = { name = name }, after
    template[#template + 1] = piece
  end
  piece.text = text:sub(from)
  return template
end

local function fill_template(template, params, settings)
  local text = template.text
  for i = 1, #template do
    local placeholder = template[i]
    local name = placeholder.name
    text = text .. (params[name] or settings[name]) .. placeholder.text
  end
  return text
end

local function find_param(entry, name)
  for _, param in ipairs(entry.params) do
    if param.name == name then return param end
  end
end

local function is_plain(param)
  return param.rule ~= nil and param.rule.plain == true
end

--- Prepares the path. If no value needs encoding, it is a template of the request target. Otherwise it is a list of
--- segments, and `placeholders` has the positions to fill. Settings are always plain.
local function prepare_path(plan, entry)
  local template, is_target = parse_template(entry.path), true
  for _, placeholder in ipairs(template) do
    local param = find_param(entry, placeholder.name)
    is_target = is_target and (not param or is_plain(param))
  end
  if is_target then
    plan.target = template
    return
  end
  plan.segments, plan.placeholders = {}, {}
  for segment in entry.path:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    plan.segments[#plan.segments + 1] = name and "" or segment
    if name then plan.placeholders[#plan.placeholders + 1] = { index = #plan.segments, name = name } end
  end
end

--- Prepares the body. If every member is required and no value needs escaping, it is a template of the JSON text.
--- Otherwise it is encoded per request from `members`.
local function prepare_body(plan, entry)
  local members, texts, is_template = {}, {}, true
  for _, param in ipairs(entry.params) do
    if param.place == "body" then
      members[#members + 1] = param
      texts[#texts + 1] = ('%s:"{%s}"'):format(cjson.encode(wire_name(param)), param.name)
      is_template = is_template and param.required and is_plain(param)
    end
  end
  if not members[1] then return end
  if is_template then
    plan.body = parse_template("{" .. table.concat(texts, ",") .. "}")
  else
    plan.members = members
  end
end

-- What is prepared once per operation.
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, entry)
  local plan = {}
  prepare_path(plan, entry)
  prepare_body(plan, entry)
  plans[entry] = plan
  return plan
end })

local function fill_segments(plan, params, settings)
  local segments = { unpack(plan.segments) }
  for i = 1, #plan.placeholders do
    local placeholder = plan.placeholders[i]
    segments[placeholder.index] = params[placeholder.name] or settings[placeholder.name]
  end
  return segments
end

local function encode_members(members, params)
  local object = {}
  for _, param in ipairs(members) do object[wire_name(param)] = params[param.name] end
  return cjson.encode(object)
end

--- Builds the request of one attempt, unsigned.
---@param entry kms.Operation
---@param params table from validate_params
---@param settings table `scheme`, `host`, `headers`, and values of the path's placeholders
---@return table? request, kms.Error? err
function operation.build_request(entry, params, settings)
  local plan = PLANS[entry]
  local path, target, err
  if plan.target then
    target = fill_template(plan.target, params, settings)
    path = target
  else
    path = fill_segments(plan, params, settings)
    target, err = sign.target(path)
    if not target then return nil, err end
  end
  local common, headers = settings.headers, { nil, nil, nil, nil, nil } -- room for those of the signature
  for i = 1, #common do
    local header = common[i]
    headers[i] = { header[1], header[2] }
  end
  return {
    method = entry.method,
    scheme = settings.scheme,
    host = settings.host,
    path = path,
    target = target,
    headers = headers,
    body = plan.body and fill_template(plan.body, params, settings)
      or plan.members and encode_members(plan.members, params) or nil,
    timeout = nil,
  }
end

local function describe_type(value)
  if value == nil then return "missing" end
  return type(value) == "userdata" and "null" or "a " .. type(value)
end

--- Finds the value of the param that names the key concerned.
---@param entry kms.Operation
---@param params table
---@return string?
function operation.find_key(entry, params)
  for _, param in ipairs(entry.params) do
    if param.is_key and type(params[param.name]) == "string" then return params[param.name] end
  end
end

local function describe_mismatch(field, value, expected)
  return ("member %q of the response must be the %s of the request, %s; it is %s"):format(wire_name(field), field.name,
    validate.quote(expected), validate.quote(value))
end

--- Reads the result from a response's object.
---@param entry kms.Operation
---@param object table
---@param params table of the request
---@return table? result, string? code, string? message code and message of a protocol error
function operation.parse_result(entry, object, params)
  local fields, result = entry.result, { request_id = nil, warning = nil } -- room for two
  for i = 1, #fields do
    local field = fields[i]
    local value = object[wire_name(field)]
    if type(value) == "string" then
      local name = field.name
      if field.is_echo and value ~= params[name] then
        return nil, "mismatch", describe_mismatch(field, value, params[name])
      end
      result[name] = value
    elseif field.required then
      return nil, "wrong_type",
        ("member %q of the response must be a string; it is %s"):format(wire_name(field), describe_type(value))
    end
  end
  return result
end

return operation
