--- Reads the result of an operation from the object in a response.
---
--- A page may have 1,000 keys with 20 members each, so objects are read by functions that are compiled once per entry.
--- A loop over the fields takes about twice as long.

local compile = require "kms.util.compile"
local json_body = require "kms.util.json_body"
local lazy = require "kms.util.lazy"
local scalar = require "kms.call.scalar"

local list_reader = lazy.read "kms.call.list_reader"
local result_failure = lazy.read "kms.call.result_failure"

local concat, type = table.concat, type

local result_reader = {}

local get_reader

-- How a local is converted, with "@" for its number. A string is not passed to a function, nor is a frequent value or
-- an empty text.
local TEMPLATE = "if v@ ~= nil then v@ = readers[@](v@) end"
local TEMPLATES = {
  string = 'if type(v@) ~= "string" and v@ ~= nil then v@ = readers[@](v@) end',
  time = 'if v@ == "" then v@ = nil elseif v@ ~= nil then v@ = readers[@](v@) end',
}
for _, name in ipairs { "integer", "boolean" } do
  TEMPLATES[name] = ("if v@ ~= nil then frequent = %ss[v@] if frequent ~= nil then v@ = frequent "
    .. "else v@ = readers[@](v@) end end"):format(name)
end

-- What the code gets besides its own arguments.
local PRELUDE = "local type, integers, booleans, readers, fields, failures = ...\n"

--- Writes Lua code that reads the members of `object` into the locals v1, v2 …, and the constructor of a table with
--- them. A string, the most frequent type, is not passed to a function.
---@param fields kms.OperationField[]
---@param readers function[] receives the readers of the fields
---@return string[] lines, string constructor
local function generate(fields, readers)
  local lines, members = { "local frequent" }, {}
  for i, field in ipairs(fields) do
    readers[i] = get_reader(field)
    lines[#lines + 1] = ("local v%d = object[%q]"):format(i, field.wire or field.name)
    for _, wire in ipairs(field.also or {}) do
      lines[#lines + 1] = ("if v%d == nil then v%d = object[%q] end"):format(i, i, wire)
    end
    lines[#lines + 1] = (TEMPLATES[field.type] or TEMPLATE):gsub("@", tostring(i))
    members[i] = ("[%q] = v%d"):format(field.name, i)
  end
  return lines, concat(members, ", ")
end

local function compile_reader(lines, ...)
  local integers, booleans = scalar.get_frequent { type = "integer" }, scalar.get_frequent { type = "boolean" }
  return compile(PRELUDE .. concat(lines, "\n"))(type, integers, booleans, ...)
end

--- Creates the reader of an object with known fields.
local function new_object_reader(fields)
  local readers = {}
  local lines, members = generate(fields, readers)
  table.insert(lines, 1, "return function(object)\nif type(object) ~= 'table' then return nil end")
  lines[#lines + 1] = ("return { %s }\nend"):format(members)
  return compile_reader(lines, readers)
end

---@param field kms.OperationField
---@return fun(value: any): any
function get_reader(field)
  if field.type == "list" and field.items.type == "string" then return list_reader.new_of_strings() end
  if field.type == "list" then return list_reader.new(get_reader(field.items)) end
  if field.type == "string|list" then return list_reader.new_of_string_or(get_reader(field.items)) end
  if field.type == "object" then return field.fields and new_object_reader(field.fields) or list_reader.read_object end
  return scalar.get_reader(field)
end

--- Compiles the reader of a result.
---@param fields kms.ResultField[]
---@return fun(object: table, params: table, request_id: string?): table?, string?, string?
local function new_result_reader(fields)
  local readers = {}
  local lines, members = generate(fields, readers)
  table.insert(lines, 1, "return function(object, params, request_id)")
  for i, field in ipairs(fields) do
    if field.required then
      lines[#lines + 1] = ("if v%d == nil then return failures.fail_type(fields[%d], object) end"):format(i, i)
    end
    if field.is_echo then
      lines[#lines + 1] = ("if v%d ~= nil and v%d ~= params[%q] then"):format(i, i, field.name)
      lines[#lines + 1] = ("local code, message = failures.check_echo(fields[%d], v%d, params[%q])"):format(
        i, i, field.name)
      lines[#lines + 1] = "if code then return nil, code, message end end"
    end
  end
  -- `warning` reserves room, because the call may set it.
  lines[#lines + 1] = ("return { request_id = request_id, warning = nil, %s }\nend"):format(members)
  return compile_reader(lines, readers, fields, result_failure)
end

local function has_secret(fields)
  for _, field in ipairs(fields) do
    local inner = field.fields or field.items and field.items.fields
    if field.secret or inner and has_secret(inner) then return true end
  end
  return false
end

---@class kms.ResultPlan what is prepared once per operation
---@field read fun(object: table, params: table, request_id: string?): table?, string?, string?
---@field envelope string? member of the object that holds the result
---@field list string? member that a response which is an array stands for
---@field is_optional boolean a response without a body is a result
---@field has_secret boolean a response must not be shown

---@param entry kms.Operation
---@return kms.ResultPlan
local function prepare(entry)
  local plan = { read = new_result_reader(entry.result), envelope = entry.envelope, list = nil, is_optional = true,
    has_secret = has_secret(entry.result) }
  for _, field in ipairs(entry.result) do
    if field.required then plan.is_optional = false end
    if entry.list == field.name then plan.list = field.wire or field.name end
  end
  return plan
end

---@type table<kms.Operation, kms.ResultPlan>
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, entry)
  plans[entry] = prepare(entry)
  return plans[entry]
end })

--- Finds the id that the cloud gave a request.
---@param response table
---@param object table? the object in its body
---@return string?
function result_reader.find_request_id(response, object)
  local id = response.headers["x-request-id"]
  if id == nil and (not object or object.request_id == nil) then return nil end
  if type(id) == "string" and id ~= "" then return id end
  return json_body.to_text(id) or object and json_body.to_text(object.request_id) or nil
end

--- Returns the member that a response which is an array stands for.
---@param entry kms.Operation
---@return string?
function result_reader.get_list(entry)
  return PLANS[entry].list
end

--- Returns whether a response without a body is a result.
---@param entry kms.Operation
---@return boolean
function result_reader.is_optional(entry)
  return PLANS[entry].is_optional
end

--- Returns whether the result has a field that no error may show.
---@param entry kms.Operation
---@return boolean
function result_reader.has_secret(entry)
  return PLANS[entry].has_secret
end

--- Reads the result from a response's object.
---@param entry kms.Operation
---@param object table
---@param params table of the request
---@param request_id string?
---@return table? result, string? code, string? message code and message of a protocol error
function result_reader.read(entry, object, params, request_id)
  local plan = PLANS[entry]
  local envelope, list_name = plan.envelope, plan.list
  if envelope and type(object[envelope]) == "table" then object = object[envelope] end
  if list_name then
    local list = object[list_name]
    local first = type(list) == "table" and list[1]
    if type(first) == "table" and type(first[list_name]) == "table" then
      object = list_reader.join_pages(list, list_name)
    end
  end
  return plan.read(object, params, request_id)
end

return result_reader
