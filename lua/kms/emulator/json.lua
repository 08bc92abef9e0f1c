--- Writes and reads the JSON of the emulated services.

local cjson = require "cjson".new()
cjson.decode_invalid_numbers(false)

local json = {}

json.null = cjson.null

local ARRAY = {}

--- Marks a list so that `encode` writes it as an array.
---@param list any[]
---@return any[] list the same table
function json.array(list) return setmetatable(list, ARRAY) end

--- Encodes a value. A list of {name, value} pairs becomes an object with its members in that order. A table marked with
--- `array` becomes an array.
---@param value any
---@return string
function json.encode(value)
  if type(value) ~= "table" then
    -- lua-cjson escapes every slash. The clouds do not, and a canonical request is easier to read without the escapes.
    return (cjson.encode(value):gsub("\\/", "/"))
  end
  local members = {}
  if getmetatable(value) == ARRAY then
    for i, member in ipairs(value) do members[i] = json.encode(member) end
    return "[" .. table.concat(members, ",") .. "]"
  end
  for i, pair in ipairs(value) do members[i] = json.encode(pair[1]) .. ":" .. json.encode(pair[2]) end
  return "{" .. table.concat(members, ",") .. "}"
end

--- Decodes a JSON object.
---@param text string?
---@return table? object nil when the text is not a JSON object
function json.decode_object(text)
  -- lua-cjson stops at a NUL.
  if not text or text:find("\0", 1, true) then return nil end
  local ok, value = pcall(cjson.decode, text)
  -- lua-cjson decodes an array to a table with numbers as keys. [] and {} give equal tables, so both are accepted.
  if ok and type(value) == "table" and value[1] == nil then return value end
end

--- Returns a member of nested objects.
---@param object any
---@param path string member names joined by dots
---@return any value nil when a step of the path is not an object
function json.get(object, path)
  for name in path:gmatch "[^.]+" do
    if type(object) ~= "table" then return nil end
    object = object[name]
  end
  return object
end

return json
