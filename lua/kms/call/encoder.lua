--- Builds the request of an operation from validated params.

local json_text = require "kms.util.json_text"
local scalar = require "kms.call.scalar"
local sign = require "kms.sign"

local quote, to_json, to_text = json_text.quote, scalar.to_json, scalar.to_text
local concat, type = table.concat, type
local load_text = _VERSION == "Lua 5.1" and _G.loadstring or load
local unpack = rawget(table, "unpack") or _G.unpack

local encoder = {}

--- Compiles a text with placeholders, `{name}`, to a function that fills them from params, or else from settings. Code
--- that joins all parts at once creates no strings that only the next part needs.
---@return fun(params: table, settings: table): string fill
---@return string[] names
local function compile_template(text)
  local parts, names, from = {}, {}, 1
  for first, name, after in text:gmatch "(){([%w_]+)}()" do
    parts[#parts + 1] = ("%q"):format(text:sub(from, first - 1))
    parts[#parts + 1] = ("(params[%q] or settings[%q])"):format(name, name)
    names[#names + 1], from = name, after
  end
  parts[#parts + 1] = ("%q"):format(text:sub(from))
  return assert(load_text("local params, settings = ... return " .. concat(parts, " .. "))), names
end

local function find_param(entry, name)
  for _, param in ipairs(entry.params) do
    if param.name == name then return param end
  end
end

local function is_plain(param)
  return param.type == "string" and param.rule ~= nil and param.rule.plain == true
end

--- Prepares the path. If no value needs encoding, it is a template of text. Otherwise it is a list of segments, and
--- `placeholders` has the positions to fill. Settings are always plain.
local function prepare_path(plan, entry)
  local fill, names = compile_template(entry.path)
  local is_text = true
  for _, name in ipairs(names) do
    local param = find_param(entry, name)
    is_text = is_text and (not param or is_plain(param))
  end
  if is_text then
    plan.fill_path = fill
    return
  end
  plan.segments, plan.placeholders = {}, {}
  for segment in entry.path:gmatch "[^/]+" do
    local name = segment:match "^{(.*)}$"
    plan.segments[#plan.segments + 1] = name and "" or segment
    if name then
      plan.placeholders[#plan.placeholders + 1] = {
        index = #plan.segments, name = name, param = find_param(entry, name),
      }
    end
  end
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
  for name in pairs(fixed or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do texts[i] = json_text.write({ [name] = fixed[name] }):sub(2, -2) end
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
    plan.fill_body = compile_template("{" .. concat(texts, ",") .. "}")
  else
    plan.members, plan.fixed = members, fixed
  end
end

local function prepare_query(plan, entry)
  local query = {}
  for _, param in ipairs(entry.params) do
    if param.place == "query" then query[#query + 1] = param end
  end
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

local function fill_segments(plan, params, settings)
  local segments = { unpack(plan.segments) }
  for i = 1, #plan.placeholders do
    local placeholder = plan.placeholders[i]
    local name, param = placeholder.name, placeholder.param
    segments[placeholder.index] = param and to_text(param, params[name]) or settings[name]
  end
  return segments
end

--- Lists the query: name and text of each param that has a value, in the order of the entry.
local function list_query(fields, params)
  local query = {}
  for i = 1, #fields do
    local field = fields[i]
    local value = params[field.name]
    if value ~= nil then query[#query + 1] = { field.wire or field.name, to_text(field, value) } end
  end
  return query[1] and query
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
---@return table? request, kms.Error? err
function encoder.build_request(entry, params, settings)
  local plan = PLANS[entry]
  local query, fill_path, fill_body = plan.query and list_query(plan.query, params), plan.fill_path, plan.fill_body
  local path = fill_path and fill_path(params, settings) or fill_segments(plan, params, settings)
  local target, err = path
  if query or not fill_path then
    target, err = sign.target(path, query)
    if not target then return nil, err end
  end
  -- The list is new, because headers are added to it; with room for those. Its items are shared by all requests.
  local common, headers = settings.headers, { nil, nil, nil, nil, nil }
  for i = 1, #common do headers[i] = common[i] end
  local request = {
    method = entry.method,
    scheme = settings.scheme,
    host = settings.host,
    target = target,
    headers = headers,
    body = fill_body and fill_body(params, settings) or plan.members and encode_members(plan, params) or nil,
    idempotent = plan.idempotent,
    timeout = nil,
  }
  if query then request.path, request.query = path, query end -- the signature may need another order
  return request
end

return encoder
