--- Decodes the JSON object in a response body.

local find, byte = string.find, string.byte

local json_body = {}

-- The module reads the locale's decimal point whenever a decoder is created.
local function new_decoder()
  local cjson = require "cjson.safe".new()
  cjson.decode_invalid_numbers(false) -- NaN, Infinity and hexadecimal numbers are not JSON
  return cjson.decode
end

local decode = new_decoder()

local BRACE = ("{"):byte()

--- Converts an array to an object with a list. The array is the list itself, or it consists of pages: objects that have
--- the list. The other members are those of the last page.
local function join_pages(array, list_name)
  local list, object = {}, {}
  for _, page in ipairs(array) do
    local items = type(page) == "table" and page[list_name]
    if type(items) ~= "table" then return { [list_name] = array } end
    for _, item in ipairs(items) do list[#list + 1] = item end
    object = page
  end
  object[list_name] = list
  return object
end

--- Decodes a body that must be one JSON object, with nothing after it.
---@param body string
---@param list_name string? the body may be an array too: a list that becomes this member of an object, or pages of it
---@return table? object, string? code, string? message code and message of a protocol error
function json_body.decode(body, list_name)
  if body == "" then return nil, "empty", "the response has no body" end
  local value = decode(body)
  if value == nil then
    -- The program may have changed the locale since the decoder was created.
    decode = new_decoder()
    value = decode(body)
  end
  -- The decoder stops at a NUL.
  if value == nil or find(body, "\0", 1, true) then return nil, "not_json", "the response body is not JSON" end
  if byte(body) ~= BRACE and not body:find "^[ \t\r\n]*{" then -- JSON that begins with a brace is an object
    if list_name and body:find "^[ \t\r\n]*%[" then return join_pages(value, list_name) end
    return nil, "not_object", "the response body is not a JSON object"
  end
  return value
end

--- Converts an error code or message to text. Some services send numeric codes.
---@param value any
---@return string? text nil for anything but a number or a string that is not empty. It is foreign text: an error may
---  show it only after redact.line
function json_body.to_text(value)
  if value == nil then return nil end
  local value_type = type(value)
  if value_type == "string" and value ~= "" then return value end
  if value_type == "number" then return ("%.14g"):format(value) end
end

return json_body
