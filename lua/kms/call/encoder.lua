--- Builds the request of an operation from validated params.

local ascii = require "kms.util.ascii"
local compile = require "kms.util.compile"
local iterate = require "kms.util.iterate"
local json_text = require "kms.util.json_text"
local lazy = require "kms.util.lazy"
local scalar = require "kms.call.scalar"
local sign = require "kms.sign"

local json_writer = lazy.read "kms.util.json_writer"

local quote, to_json, to_text = json_text.quote, scalar.to_json, scalar.to_text
local concat, find, type = table.concat, string.find, type

local encoder = {}

-- Unreserved characters (RFC 3986, section 2.3). A dot at the start is left to kms.sign, which refuses "." and "..".
local SAFE_SEGMENT = "^[A-Za-z0-9_~-][A-Za-z0-9_.~-]*$"

--- Encodes a value as one segment of a path.
---@return string? text, kms.Error? err
local function encode_segment(param, value)
  local text = to_text(param, value)
  if find(text, SAFE_SEGMENT) then return text end
  local target, err = sign.target { text }
  return target and target:sub(2), err
end

--- Compiles a text with placeholders, `{name}`, to a function that fills them from params, or else from settings. Code
--- that joins all parts at once creates no strings that only the next part needs.
---@param text string
---@param encoded table<string, kms.OperationParam> the params to encode as segments of a path
---@return fun(params: table, settings: table): string?, kms.Error? fill
local function compile_template(text, encoded)
  local lines, parts, from = { "local encode_segment, encoded = ... return function(params, settings)" }, {}, 1
  for first, name, after in text:gmatch "(){([%w_]+)}()" do
    parts[#parts + 1] = ("%q"):format(text:sub(from, first - 1))
    if encoded[name] then
      lines[#lines + 1] = ("local v%d, err = encode_segment(encoded[%q], params[%q])"):format(#parts, name, name)
      lines[#lines + 1] = ("if not v%d then return nil, err end"):format(#parts)
      parts[#parts + 1] = "v" .. #parts
    else
      parts[#parts + 1] = ("(params[%q] or settings[%q])"):format(name, name)
    end
    from = after
  end
  parts[#parts + 1] = ("%q"):format(text:sub(from))
  lines[#lines + 1] = ("return %s end"):format(concat(parts, " .. "))
  return compile(concat(lines, "\n"))(encode_segment, encoded)
end

local function is_plain(param)
  return param.type == "string" and param.rule ~= nil and param.rule.plain == true
end

--- Prepares the path. Settings are always plain.
local function prepare_path(plan, entry)
  local encoded = {}
  for _, param in ipairs(entry.params) do
    if not is_plain(param) then encoded[param.name] = param end
  end
  plan.fill_path = compile_template(entry.path, encoded)
end

local encode_value

local function encode_list(item, list)
  local parts = {}
  for i = 1, #list do parts[i] = encode_value(item, list[i]) end
  return "[" .. concat(parts, ",") .. "]"
end

local function encode_object(fields, object)
  local parts = {}
  for i = 1, #fields do
    local field = fields[i]
    local value = object[field.name]
    if value ~= nil then parts[#parts + 1] = quote(field.wire or field.name) .. ":" .. encode_value(field, value) end
  end
  return "{" .. concat(parts, ",") .. "}"
end

--- Writes a validated value as JSON.
---@param field kms.OperationParam
---@param value any
---@return string
function encode_value(field, value)
  local field_type = field.type
  if field_type == "object" then
    local text = field.fields and encode_object(field.fields, value) or value
    return field.json and quote(text) or text
  end
  if type(value) == "table" then return encode_list(field.items, value) end
  if type(value) == "string" then return quote(value) end
  return to_json(field, value)
end

--- Writes the members that never change, sorted by name.
---@return string[] "name":value
local function encode_fixed(fixed)
  local names, texts = {}, {}
  for name in iterate.members(fixed or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do texts[i] = json_writer.write({ [name] = fixed[name] }):sub(2, -2) end
  return texts
end

--- Prepares the body. If every member is required and no value needs escaping, it is a template of the JSON text.
--- Otherwise it is encoded per request from `members`: params, each with the text before its value, and `fixed`.
local function prepare_body(plan, entry)
  local members, texts, is_template = {}, encode_fixed(entry.fixed), true
  local fixed = texts[1] and concat(texts, ",")
  for _, param in ipairs(entry.params) do
    if param.place == "body" then
      local prefix = quote(param.wire or param.name) .. ":"
      members[#members + 1] = { param = param, name = param.name, prefix = prefix }
      texts[#texts + 1] = ('%s"{%s}"'):format(prefix, param.name)
      is_template = is_template and param.required and is_plain(param)
    end
  end
  if not texts[1] then return end
  if is_template then
    plan.fill_body = compile_template("{" .. concat(texts, ",") .. "}", {})
  else
    plan.members, plan.fixed = members, fixed
  end
end

--- Prepares the query: its params in the order in which Huawei Cloud signs them, so that the target can be signed as it
--- is.
local function prepare_query(plan, entry)
  local query = {}
  for _, param in ipairs(entry.params) do
    if param.place == "query" then query[#query + 1] = { name = param.wire or param.name, param = param } end
  end
  table.sort(query, function(a, b) return ascii.is_before(a.name, b.name) end)
  plan.query = query[1] and query
end

-- What is prepared once per operation.
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, entry)
  local plan = { idempotent = entry.read_only or entry.repeatable or false }
  prepare_path(plan, entry)
  prepare_query(plan, entry)
  prepare_body(plan, entry)
  plans[entry] = plan
  return plan
end })

--- Adds the query to a path: name and text of each param that has a value.
---@return string? target, kms.Error? err
local function add_query(path, fields, params)
  local query = {}
  for i = 1, #fields do
    local field = fields[i]
    local value = params[field.param.name]
    if value ~= nil then query[#query + 1] = { field.name, to_text(field.param, value) } end
  end
  if not query[1] then return path end
  local target, err = sign.target("/", query)
  return target and path .. target:sub(2), err
end

local function encode_members(plan, params)
  local members, parts = plan.members, { plan.fixed }
  for i = 1, #members do
    local member = members[i]
    local value = params[member.name]
    if value ~= nil then parts[#parts + 1] = member.prefix .. encode_value(member.param, value) end
  end
  return "{" .. concat(parts, ",") .. "}"
end

--- Builds the request of one attempt, unsigned.
---@param entry kms.Operation
---@param params table from kms.call.params
---@param settings table `scheme`, `host`, `headers`, and values of the path's placeholders
---@param request table? to build it in; every field gets a value, or nil
---@return table? request, kms.Error? err
function encoder.build_request(entry, params, settings, request)
  local plan = PLANS[entry]
  local fill_body = plan.fill_body
  local target, err = plan.fill_path(params, settings)
  if target and plan.query then target, err = add_query(target, plan.query, params) end
  if not target then return nil, err end
  request = request or {}
  request.method, request.scheme, request.host, request.target = entry.method, settings.scheme, settings.host, target
  request.headers = settings.headers -- the list is that of all requests
  request.body = fill_body and fill_body(params, settings) or plan.members and encode_members(plan, params) or nil
  request.idempotent, request.timeout = plan.idempotent, nil
  return request
end

return encoder
