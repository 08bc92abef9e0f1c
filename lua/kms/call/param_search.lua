--- Finds in the params of a call what an error needs: the key concerned, and the secrets.

local iterate = require "kms.util.iterate"

local param_search = {}

--- Finds the value of the param that names the key concerned.
---@param entry kms.Operation
---@param values table
---@return string?
function param_search.find_key(entry, values)
  for _, param in ipairs(entry.params) do
    if param.is_key and type(values[param.name]) == "string" then return values[param.name] end
  end
end

--- Adds the strings in a value to a list.
local function add_strings(list, value)
  if type(value) == "string" then list[#list + 1] = value end
  if type(value) ~= "table" then return end
  for _, inner in iterate.members(value) do add_strings(list, inner) end
end

local function add_secrets(list, fields, values)
  for _, field in ipairs(fields) do
    local value = values[field.name]
    if value ~= nil and field.secret then
      add_strings(list, value)
    elseif type(value) == "table" and field.fields then
      add_secrets(list, field.fields, value)
    elseif type(value) == "table" and field.items and field.items.fields then
      for _, item in ipairs(value) do add_secrets(list, field.items.fields, item) end
    end
  end
end

--- Collects the secrets in the params, for redaction.
---@param entry kms.Operation
---@param values from kms.call.params
---@return string[]
function param_search.collect_secrets(entry, values)
  local list = {}
  add_secrets(list, entry.params, values)
  return list
end

return param_search
