--- What the documentation of a cloud says about its operations on the wire: requests and responses that follow from a
--- fixture, and the params and results that belong to them. Nothing here is derived from the entries of the library.
---
--- A field of a fixture has the name in the library, `wire` if it has another one on the wire, its type there, and a
--- sample. `form` says what the value on the wire stands for: "number" and "boolean" in a string, "milliseconds",
--- "seconds", "iso8601" text of a time, "json" for an object in a string. `also_sample` is a value of another documented
--- type, `also_wire` another documented name.

local cjson = require "cjson.safe"

local operation_facts = {}

---@class OperationFacts
---@field operations table[]
local Facts = {}
Facts.__index = Facts

--- Lists the operations, or those of a group.
---@param group string?
---@return table[]
function Facts:list(group)
  local list = {}
  for _, operation in ipairs(self.operations) do
    if not group or operation.group == group then list[#list + 1] = operation end
  end
  assert(#list > 0, "no operations in group " .. tostring(group))
  return list
end

---@param name string
---@return table operation
function Facts:find(name)
  for _, operation in ipairs(self.operations) do
    if operation.name == name then return operation end
  end
  error("no operation " .. name)
end

local function parse_iso8601(text)
  local year, month, day, hour, minute, second = text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)Z$"
  local date = { year = year, month = month, day = day, hour = hour, min = minute, sec = second }
  local noon = os.time { year = year, month = month, day = day, hour = 12 }
  local offset = os.time(os.date("!*t", noon)) - noon -- of the local time
  date.isdst = false
  return os.time(date) - offset
end

local FORMS = {
  number = tonumber,
  milliseconds = function(sample) return tonumber(sample) / 1000 end,
  boolean = function(sample) return sample == "true" end,
  json = cjson.decode,
  iso8601 = parse_iso8601,
}

local function convert(field, sample)
  local form = FORMS[field.form]
  if form then return form(sample) end
  return sample
end

---@class FactsOptions
---@field only_required boolean? leave out optional fields
---@field also boolean? use the other documented names and values

local function choose_sample(field, options)
  if options.also and field.also_sample ~= nil then return field.also_sample end
  return field.sample
end

--- Builds an object of fields: with names and values of the library if `is_library`, else with those of the wire.
---@param fields table[]?
---@param is_library boolean
---@param options FactsOptions
---@return table
local function build_object(fields, is_library, options)
  local object = {}
  for _, field in ipairs(fields or {}) do
    if field.required or not options.only_required then
      local name = is_library and field.name or options.also and field.also_wire or field.wire or field.name
      local value
      if field.fields then
        value = build_object(field.fields, is_library, options)
        if field.type == "list" then value = { value } end
      elseif is_library and field.type == "boolean" then
        value = tostring(choose_sample(field, options)) == "true"
      elseif is_library then
        value = convert(field, choose_sample(field, options))
      else
        value = choose_sample(field, options)
      end
      object[name] = value
    end
  end
  return object
end

--- Builds the params of a call.
---@param operation table
---@param options FactsOptions?
---@return table
function operation_facts.params(operation, options)
  local params = {}
  for _, place in ipairs { "in_path", "query", "body" } do
    for name, value in pairs(build_object(operation[place], true, options or {})) do params[name] = value end
  end
  return params
end

local function to_text(value) return type(value) == "number" and ("%.0f"):format(value) or tostring(value) end

local function percent_encode(value)
  return (to_text(value):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Builds the request of a call.
---@param operation table
---@param settings table<string, string> values of placeholders for which there is no param
---@param options FactsOptions?
---@return { method: string, path: string, query: table<string, string>, body: table? }
function operation_facts.request(operation, settings, options)
  options = options or {}
  local segments = build_object(operation.in_path, false, {})
  for name, value in pairs(settings) do segments[name] = value end
  local query, body = {}, build_object(operation.body, false, options)
  for name, value in pairs(build_object(operation.query, false, options)) do
    query[name] = to_text(value)
  end
  return {
    method = operation.method,
    path = (operation.path:gsub("{([%w_]+)}", function(name) return percent_encode(segments[name]) end)),
    query = query,
    body = operation.body and body or nil,
  }
end

--- Returns what a request has on the wire, without its headers.
---@param request table as a transport gets it
---@return { method: string, path: string, query: table<string, string>, body: table? }
function operation_facts.describe_request(request)
  local path, text = request.target:match "^([^?]*)%??(.*)$"
  local query, body = {}, request.body
  for name, value in text:gmatch "([^&=]+)=([^&]*)" do
    assert(query[name] == nil, name .. " is in the query twice")
    query[name] = value:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
  end
  return { method = request.method, path = path, query = query, body = body and assert(cjson.decode(body)) }
end

--- Builds the members of a success.
---@param operation table
---@param options FactsOptions?
---@return table
function operation_facts.response(operation, options)
  return build_object(operation.response, false, options or {})
end

--- Builds the result of a success.
---@param operation table
---@param options FactsOptions?
---@return table
function operation_facts.result(operation, options)
  return build_object(operation.response, true, options or {})
end

--- Reads a fixture.
---@param path string
---@return OperationFacts
function operation_facts.read(path)
  local file = assert(io.open(path))
  local operations = assert(cjson.decode((file:read "*a")))
  file:close()
  return setmetatable({ operations = operations }, Facts)
end

return operation_facts
