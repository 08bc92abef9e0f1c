--- Prints the result of an operation as its options ask: for people, as JSON, or as JSON lines.

local json = require "kms.cli.json"
local layout = require "kms.cli.layout"

local result = {}

local REQUEST_ID = { name = "request_id", type = "string" }

local function find_field(fields, name)
  for _, field in ipairs(fields) do
    if field.name == name then return field end
  end
end

--- Finds the field with the items of a list: that of the pages, or the only list of objects.
---@param entry kms.Operation
---@return kms.OperationField?
function result.find_items(entry)
  local name = entry.paging and entry.paging.items
  if name then return find_field(entry.result, name) end
  local found
  for _, field in ipairs(entry.result) do
    if field.type == "list" and field.items and field.items.fields then
      if found then return nil end
      found = field
    end
  end
  return found
end

local function layout_items(items, field, width)
  if field.items.fields then return layout.table(items, field.items.fields, width) end
  local lines = {}
  for i, item in ipairs(items) do lines[i] = layout.format(item, field.items) .. "\n" end
  return table.concat(lines), {}
end

--- Prints a list of items.
---@param context kms.cli.Context
---@param items any[]
---@param field kms.OperationField of the list
function result.print_items(context, items, field)
  local out, options = context.out, context.options
  if options.json then
    out:write(json.document(items, field))
  elseif options.jsonl then
    for _, item in ipairs(items) do out:write(json.line(item, field.items)) end
  elseif items[1] then
    local text, hidden = layout_items(items, field, context.style.width)
    out:write(text)
    if hidden[1] then context:note("Not shown: %s. Add --json for all.", table.concat(hidden, ", ")) end
  else
    context:note "Nothing found."
  end
end

local function print_members(context, entry, object)
  local list = {}
  for _, field in ipairs(entry.result) do
    local value = object[field.name]
    if value ~= nil then list[#list + 1] = { field.name, layout.format(value, field) } end
  end
  if not list[1] then list[1] = { "request_id", tostring(object.request_id) } end
  context.out:write(layout.pairs(list))
end

--- Prints a result.
---@param context kms.cli.Context
---@param entry kms.Operation
---@param object table
function result.print(context, entry, object)
  local options, items = context.options, result.find_items(entry)
  local fields = {}
  for i, field in ipairs(entry.result) do fields[i] = field end
  fields[#fields + 1] = REQUEST_ID
  if options.json then
    context.out:write(json.document(object, { type = "object", fields = fields }))
  elseif items then
    result.print_items(context, object[items.name] or {}, items)
  elseif options.jsonl then
    context.out:write(json.line(object, { type = "object", fields = fields }))
  else
    print_members(context, entry, object)
  end
end

return result
