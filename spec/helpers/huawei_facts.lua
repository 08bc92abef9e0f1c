--- What the documentation says about the operations of Huawei Cloud KMS on the wire: requests and responses that follow
--- from spec/fixtures/huawei_operations.json, and the params and results that belong to them. Nothing here is derived
--- from the entries of the library.
---
--- A field of the fixture has the name in the library, `wire` if it has another one on the wire, its type there, and a
--- sample. `form` says what the value on the wire stands for: "number" and "boolean" in a string, "milliseconds" in a
--- string, "seconds" in a number, "json" for an object in a string.

local cjson = require "cjson.safe"

local facts = {}

local function read_fixture()
  local file = assert(io.open "spec/fixtures/huawei_operations.json")
  local list = assert(cjson.decode((file:read "*a")))
  file:close()
  return list
end

local OPERATIONS = read_fixture()

--- Lists the operations, or those of a group.
---@param group string?
---@return table[]
function facts.list(group)
  local list = {}
  for _, operation in ipairs(OPERATIONS) do
    if not group or operation.group == group then list[#list + 1] = operation end
  end
  assert(#list > 0, "no operations in group " .. tostring(group))
  return list
end

---@param name string
---@return table operation
function facts.find(name)
  for _, operation in ipairs(OPERATIONS) do
    if operation.name == name then return operation end
  end
  error("no operation " .. name)
end

local function convert_leaf(field)
  local form, sample = field.form, field.sample
  if form == "number" then return tonumber(sample) end
  if form == "milliseconds" then return tonumber(sample) / 1000 end
  if form == "boolean" then return sample == "true" end
  if form == "json" then return cjson.decode(sample) end
  return sample
end

--- Builds an object of fields: with the values of the library if `convert`, else with those of the wire.
---@param fields table[]?
---@param convert boolean
---@param only_required boolean?
---@return table
local function build_object(fields, convert, only_required)
  local object = {}
  for _, field in ipairs(fields or {}) do
    if field.required or not only_required then
      local value
      if field.fields then
        value = build_object(field.fields, convert, only_required)
        if field.type == "list" then value = { value } end
      elseif convert then
        value = convert_leaf(field)
      else
        value = field.sample
      end
      object[convert and field.name or field.wire or field.name] = value
    end
  end
  return object
end

--- Builds the params of a call.
---@param operation table
---@param only_required boolean? without the optional ones
---@return table
function facts.params(operation, only_required)
  local params = {}
  for _, place in ipairs { "in_path", "query", "body" } do
    for name, value in pairs(build_object(operation[place], true, only_required)) do params[name] = value end
  end
  return params
end

local function to_text(value)
  return type(value) == "number" and ("%.0f"):format(value) or tostring(value)
end

local function percent_encode(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Builds the request of a call.
---@param operation table
---@param project_id string
---@param only_required boolean? without the optional params
---@return { method: string, path: string, query: table<string, string>, body: table? }
function facts.request(operation, project_id, only_required)
  local segments = build_object(operation.in_path, false)
  segments.project_id = project_id
  local query, body = {}, build_object(operation.body, false, only_required)
  for name, value in pairs(build_object(operation.query, false, only_required)) do query[name] = to_text(value) end
  return {
    method = operation.method,
    path = (operation.path:gsub("{([%w_]+)}", function(name) return percent_encode(segments[name]) end)),
    query = query,
    body = operation.body and body or nil,
  }
end

--- Returns the HTTP status of a success. Where none is documented, any 2xx will do.
---@param operation table
---@return integer
function facts.status(operation) return operation.success and operation.success[1] or 200 end

--- Builds the body of a success.
---@param operation table
---@return string
function facts.response(operation)
  if not operation.response then return "" end
  return cjson.encode(build_object(operation.response, false))
end

--- Builds the result of a success. An object that is alone in the response is an envelope; it is not in the result.
---@param operation table
---@return table
function facts.result(operation)
  local fields = operation.response
  if fields and #fields == 1 and fields[1].type == "object" then fields = fields[1].fields end
  return build_object(fields, true)
end

return facts
