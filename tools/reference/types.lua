--- Generates the LuaCATS annotations of a cloud's operations.

local text = require "tools.reference.text"

local types = {}

local BASIC = { string = "string", integer = "integer", number = "number", boolean = "boolean", time = "number" }

-- Fields that every result has.
local COMMON = {
  "---@field request_id string? the cloud's id of the request",
  "---@field warning string? something to repair that did not make the call fail",
}

local describe_type

--- Adds the class of an object and of the objects in it.
---@param classes string[][] lines of each class
---@param class string
---@param fields kms.OperationField[]
---@param more string[]? further lines
local function add_class(classes, class, fields, more)
  local lines = { "---@class " .. class }
  classes[#classes + 1] = lines
  for _, field in ipairs(fields) do
    local inner = class .. "." .. text.to_camel_case(field.name)
    local kind = describe_type(classes, field, inner)
    if not field.required then kind = kind .. (kind:find "|" and "|nil" or "?") end
    local line = ("---@field %s %s"):format(field.name, kind)
    lines[#lines + 1] = line .. " " .. types.describe(field)
  end
  for _, line in ipairs(more or {}) do lines[#lines + 1] = line end
end

--- Returns the type of a field, and adds the classes that it needs.
function describe_type(classes, field, class)
  local parts = {}
  for kind in field.type:gmatch "[^|]+" do
    if kind == "list" then
      local item = field.items and describe_type(classes, field.items, class) or "any"
      parts[#parts + 1] = (item:find "|" and "(" .. item .. ")" or item) .. "[]"
    elseif kind == "object" and field.fields then
      add_class(classes, class, field.fields)
      parts[#parts + 1] = class
    else
      parts[#parts + 1] = BASIC[kind] or "table<string, any>"
    end
  end
  return table.concat(parts, "|")
end

--- Describes a field on one line: meaning, documented values, range and default.
---@param field kms.OperationParam|kms.ResultField
---@return string
function types.describe(field)
  local parts = { field.about }
  if field.type == "time" then parts[#parts + 1] = "Unix time in seconds" end
  if field.values then
    local values = {}
    for i, value in ipairs(field.values) do values[i] = text.to_lua(value) end
    parts[#parts + 1] = text.join_words(values)
  end
  if field.rule then parts[#parts + 1] = field.rule.text end
  if field.min and field.max then parts[#parts + 1] = ("%d to %d"):format(field.min, field.max) end
  if field.min and not field.max then parts[#parts + 1] = ("at least %d"):format(field.min) end
  if field.max and not field.min then parts[#parts + 1] = ("at most %d"):format(field.max) end
  if field.default ~= nil then parts[#parts + 1] = "default " .. text.to_lua(field.default) end
  if field.secret then parts[#parts + 1] = "secret" end
  return table.concat(parts, "; ")
end

local function add_lines(lines, more)
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

--- Returns "?" if a call needs no params.
local function optional_mark(entry)
  for _, param in ipairs(entry.params) do
    if param.required then return "" end
  end
  return "?"
end

local function add_method(lines, owner, entry, prefix)
  local classes = {}
  add_class(classes, prefix .. "Params", entry.params)
  add_class(classes, prefix .. "Result", entry.result, COMMON)
  for _, class in ipairs(classes) do
    add_lines(lines, class)
    lines[#lines + 1] = ""
  end
  add_lines(lines, text.wrap(entry.about, 120, "--- ", "--- "))
  add_lines(lines, {
    ("---@param params %sParams%s"):format(prefix, optional_mark(entry)),
    "---@param options kms.CallOptions?",
    ("---@return %sResult? result"):format(prefix),
    "---@return kms.Error? err",
    ("function %s:%s(params, options) end"):format(owner, entry.name),
    "",
  })
end

--- Returns the type of one item of a paged operation.
local function item_type(entry, prefix)
  for _, field in ipairs(entry.result) do
    if field.name == entry.paging.items then
      return (describe_type({}, field, prefix .. "Result." .. text.to_camel_case(field.name)):gsub("%[%]$", ""))
    end
  end
end

local OVERLOAD = '---@overload fun(self: kms.%s, operation: "%s", params%s: %s, options: kms.CallOptions?): '
  .. "(fun(): integer?, %s?, kms.Error?)"

local function add_each(lines, owner, cloud, entries)
  local names, overloads = {}, {}
  for _, entry in ipairs(entries) do
    if entry.paging then
      names[#names + 1] = ('"%s"'):format(entry.name)
      local prefix = ("kms.%s.%s"):format(cloud, text.to_camel_case(entry.name))
      overloads[#overloads + 1] = OVERLOAD:format(owner, entry.name, optional_mark(entry), prefix .. "Params",
        item_type(entry, prefix))
    end
  end
  if not names[1] then return end
  add_lines(lines, text.wrap("Iterates over the items of all pages of an operation: `for number, item, err in "
    .. "client:each(\"list_keys\") do`. Gets a page when its first item is needed. If a page cannot be had, the "
    .. "last step has the number of the missing item, nil and the error.", 120, "--- ", "--- "))
  add_lines(lines, overloads)
  add_lines(lines, {
    "---@param operation " .. table.concat(names, "|"),
    "---@param params table?",
    "---@param options kms.CallOptions?",
    "---@return fun(): integer?, any, kms.Error? iterator",
    ("function %s:each(operation, params, options) end"):format(owner),
    "",
  })
end

--- Generates the annotations of a cloud's operations.
---@param cloud string "huawei" or "ncloud"
---@param entries kms.Operation[]
---@return string
function types.generate(cloud, entries)
  local owner = text.to_camel_case(cloud)
  local lines = {
    "---@meta kms.operations." .. cloud,
    "",
    ("-- Generated from lua/kms/%s/operations by `make reference`. Changes belong there."):format(cloud),
    "",
    "---@class kms." .. owner,
    "local " .. owner .. " = {}",
    "",
  }
  for _, entry in ipairs(entries) do
    add_method(lines, owner, entry, ("kms.%s.%s"):format(cloud, text.to_camel_case(entry.name)))
  end
  add_each(lines, owner, cloud, entries)
  lines[#lines + 1] = "return " .. owner
  return table.concat(lines, "\n") .. "\n"
end

return types
