--- Decodes the JSON object in the body of an error, whose numbers must stay verbatim.

local json_body = require "kms.util.json_body"

local find, byte = string.find, string.byte

local json_numbers = {}

local MAX_ERROR = 32 * 1024 -- bytes of a body whose numbers are compared with their text

local QUOTE, BACKSLASH = ('"'):byte(), ("\\"):byte()

--- Finds the end of a JSON string.
local function find_string_end(text, index)
  local mark
  repeat
    index = find(text, '["\\]', index + 1)
    mark = byte(text, index)
    if mark == BACKSLASH then index = index + 1 end
  until mark == QUOTE
  return index
end

--- Returns whether a Lua number would not keep a JSON number verbatim.
local function is_inexact(number)
  local value = tonumber(number)
  return not value or json_body.to_text(value) ~= number
end

--- Puts quotes around the numbers that a Lua number would not keep verbatim.
---@param body string valid JSON
local function quote_numbers(body)
  local parts, from, first = {}, 1, body:find '["0-9-]'
  while first do
    local last = body:byte(first) == QUOTE and find_string_end(body, first) or body:find("[^0-9.eE+-]", first) - 1
    local token = body:sub(first, last)
    if body:byte(first) ~= QUOTE and is_inexact(token) then token = '"' .. token .. '"' end
    parts[#parts + 1] = body:sub(from, first - 1) .. token
    from, first = last + 1, body:find('["0-9-]', last + 1)
  end
  return table.concat(parts) .. body:sub(from)
end

--- Decodes a body like `json_body.decode`. A number that a Lua number would not keep verbatim becomes a string, except
--- in a body that is larger than any error of a cloud.
---@param body string
---@param object table? what json_body.decode returned for it, if it was called before
---@return table? object, string? code, string? message
function json_numbers.decode(body, object)
  local code, message
  if not object then object, code, message = json_body.decode(body) end
  if not object then return nil, code, message end
  if #body > MAX_ERROR then return object end
  local quoted = quote_numbers(body)
  return quoted == body and object or json_body.decode(quoted)
end

return json_numbers
