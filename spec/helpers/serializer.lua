--- Encodes Lua values as bytes: nil, booleans, numbers, strings of any bytes, and tables of these.
-- JSON cannot carry bytes that are not UTF-8, nor tables with other keys than strings.

local serializer = {}

local ENCODERS = {
  ["nil"] = function() return "z" end,
  boolean = function(value) return value and "t" or "f" end,
  number = function(value) return ("n%.17g;"):format(value) end,
  string = function(value) return "s" .. #value .. ":" .. value end, -- the format of Lua 5.1 and 5.2 stops at a NUL byte
}

---@return string
function serializer.encode(value)
  if type(value) ~= "table" then return ENCODERS[type(value)](value) end
  local parts = { "{" }
  for key, member in pairs(value) do
    parts[#parts + 1] = serializer.encode(key)
    parts[#parts + 1] = serializer.encode(member)
  end
  parts[#parts + 1] = "}"
  return table.concat(parts)
end

-- By the first byte: takes the bytes and the position after it, returns the value and the position after the value.
local DECODERS = {}

local function decode_at(bytes, at)
  return DECODERS[bytes:sub(at, at)](bytes, at + 1)
end

function DECODERS.z(_, at) return nil, at end
function DECODERS.t(_, at) return true, at end
function DECODERS.f(_, at) return false, at end

function DECODERS.n(bytes, at)
  local number, after = bytes:match("^([^;]*);()", at)
  return tonumber(number), after
end

function DECODERS.s(bytes, at)
  local length, first = bytes:match("^(%d+):()", at)
  return bytes:sub(first, first + length - 1), first + length
end

DECODERS["{"] = function(bytes, at)
  local value = {}
  while bytes:sub(at, at) ~= "}" do
    local key, after = decode_at(bytes, at)
    value[key], at = decode_at(bytes, after)
  end
  return value, at + 1
end

---@param bytes string
---@return any
function serializer.decode(bytes)
  return (decode_at(bytes, 1))
end

return serializer
