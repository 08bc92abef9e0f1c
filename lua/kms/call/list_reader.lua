--- Reads the lists in responses, and objects whose members are not known.

local iterate = require "kms.util.iterate"
local scalar = require "kms.call.scalar"

local next, type = next, type

local list_reader = {}

--- Returns a copy of a value without the nulls of cjson, which are userdata.
local function copy_without_nulls(value)
  if type(value) ~= "table" then return type(value) ~= "userdata" and value or nil end
  local copy = {}
  for name, inner in iterate.members(value) do copy[name] = copy_without_nulls(inner) end
  return copy
end

--- Reads an object with members of the service's own.
function list_reader.read_object(value)
  return type(value) == "table" and copy_without_nulls(value) or nil
end

--- Creates the reader of a list of strings.
---@return fun(value: any): string[]?
function list_reader.new_of_strings()
  local read_string = scalar.get_reader { type = "string" }
  return function(value)
    if type(value) ~= "table" or #value == 0 and next(value) ~= nil then return nil end
    local list, count = {}, 0
    for i = 1, #value do
      local item = value[i]
      if type(item) ~= "string" then item = read_string(item) end
      if item ~= nil then
        count = count + 1
        list[count] = item
      end
    end
    return list
  end
end

--- Creates the reader of a list. Items that have no meaning are left out.
---@param read_item fun(value: any): any
---@return fun(value: any): any[]?
function list_reader.new(read_item)
  return function(value)
    if type(value) ~= "table" then return nil end
    local list, count = {}, 0
    for i = 1, #value do
      local item = read_item(value[i])
      if item ~= nil then
        count = count + 1
        list[count] = item
      end
    end
    if count == 0 and next(value) ~= nil and #value == 0 then return nil end -- an object
    return list
  end
end

--- Creates the reader of a string or a list.
---@param read_item fun(value: any): any
---@return fun(value: any): string|any[]|nil
function list_reader.new_of_string_or(read_item)
  local read_text, read_list = scalar.get_reader { type = "string" }, list_reader.new(read_item)
  return function(value)
    if type(value) == "table" then return read_list(value) end
    return read_text(value)
  end
end

--- Joins the pages of a response that is an array of pages: the lists of all, and what else the last page has.
---@param pages table[]
---@param list_name string
---@return table object
function list_reader.join_pages(pages, list_name)
  local joined, list = {}, {}
  for _, page in ipairs(pages) do
    for name, value in iterate.members(type(page) == "table" and page or {}) do joined[name] = value end
    for _, item in ipairs(type(page) == "table" and type(page[list_name]) == "table" and page[list_name] or {}) do
      list[#list + 1] = item
    end
  end
  joined[list_name] = list
  return joined
end

return list_reader
