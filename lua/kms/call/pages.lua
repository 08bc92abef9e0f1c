--- Iterates over the items of a paged operation, and gets each page when its first item is needed.

local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local validate = require "kms.util.validate"

local pages = {}

--- Copies a value of the caller at every depth. It was validated, so it does not contain itself.
local function copy_value(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, inner in iterate.members(value) do copy[name] = copy_value(inner) end
  return copy
end

--- Returns the value at a path such as "page_info.next_marker".
local function get_field(result, path)
  for name in path:gmatch "[^.]+" do
    if type(result) ~= "table" then return nil end
    result = result[name]
  end
  return result
end

local function find_default(entry, name)
  for _, param in ipairs(entry.params) do
    if param.name == name then return param.default end
  end
end

--- Returns whether two values are the same at every depth.
local function is_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for name, value in iterate.members(a) do
    if not is_same(value, b[name]) then return false end
  end
  for name in iterate.members(b) do
    if a[name] == nil then return false end
  end
  return true
end

---@class kms.Pages one iteration
---@field provider string
---@field entry kms.Operation
---@field params table of the next page
---@field call fun(params: table): table?, kms.Error?
---@field seen table<any, boolean> markers that were sent
---@field items table[] of the page before
---@field has_more boolean
---@field err kms.Error? that ends the iteration after the items of the page

---@param self kms.Pages
---@return kms.Error
local function create_repeat_error(self)
  local entry = self.entry
  return Error.new { kind = "protocol", code = "repeated_page", provider = self.provider, operation = entry.name,
    attempts = 1, retryable = false,
    message = ("the response repeats a page; %s was %s"):format(entry.paging.param,
      validate.quote(self.params[entry.paging.param])) }
end

-- The functions below set the params of the page after a result. They return false after the last page, and an error
-- if the server would make the iteration endless.

local function advance_marker(self, result)
  local paging, params = self.entry.paging, self.params
  local marker = get_field(result, paging.next)
  if marker == nil or marker == "" or paging.more and tostring(result[paging.more]) == "false" then return false end
  if self.seen[marker] then return false, create_repeat_error(self) end
  self.seen[marker] = true
  params[paging.param] = marker
  -- Some operations take a marker together with a limit only.
  if paging.limit and params[paging.limit] == nil then params[paging.limit] = find_default(self.entry, paging.limit) end
  return true
end

local function is_last_by_offset(self, result, offset, count)
  local paging = self.entry.paging
  local total = paging.total and get_field(result, paging.total)
  if type(total) == "number" then return offset >= total end
  local limit = tonumber(self.params[paging.limit] or find_default(self.entry, paging.limit))
  return limit ~= nil and count < limit
end

local function advance_offset(self, result, items)
  local paging, params = self.entry.paging, self.params
  local offset = (tonumber(params[paging.param]) or 0) + #items
  if is_last_by_offset(self, result, offset, #items) then return false end
  params[paging.param] = offset
  return true
end

local function advance_number(self, result)
  local paging, params = self.entry.paging, self.params
  local number = tonumber(params[paging.param]) or paging.first or 1
  local last = get_field(result, paging.pages)
  if type(last) == "number" and number >= last then return false end
  params[paging.param] = number + 1
  return true
end

--- Advances to the page after `result`.
---@return boolean has_more, kms.Error? err
local function advance(self, result, items)
  local paging = self.entry.paging
  if paging.next then return advance_marker(self, result) end
  if not items[1] then return false end
  local advance_count = paging.pages and advance_number or advance_offset
  return advance_count(self, result, items)
end

--- Gets the next page.
---@return table[]? items, kms.Error? err
local function get_page(self)
  local result, err = self.call(self.params)
  if not result then return nil, err end
  local items = get_field(result, self.entry.paging.items) or {}
  if items[1] ~= nil and is_same(items, self.items) then return nil, create_repeat_error(self) end
  self.has_more, self.err = advance(self, result, items)
  self.items = items
  return items
end

--- Creates an iterator over the items of all pages: `for number, item, err in iterator do`. If a page cannot be had,
--- the last step returns the number of the item that is missing, nil, and the error.
---@param provider string for errors
---@param entry kms.Operation with `paging`
---@param params table? that were validated
---@param call fun(params: table): table?, kms.Error? gets one page
---@return fun(): integer?, any, kms.Error?
function pages.iterate(provider, entry, params, call)
  local self = { provider = provider, entry = entry, params = copy_value(params or {}), call = call, seen = {},
    items = {}, has_more = true, err = nil }
  local items, position, number = {}, 0, 0
  return function()
    position = position + 1
    while items[position] == nil do
      local err = self.err
      self.err = nil
      if not err then
        if not self.has_more then return nil end
        items, err = get_page(self)
      end
      if err then
        items, self.has_more, self.err = {}, false, nil
        return number + 1, nil, err
      end
      position = 1
    end
    number = number + 1
    return number, items[position]
  end
end

return pages
