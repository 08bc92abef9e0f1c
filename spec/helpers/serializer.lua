--- Values as bytes, for specs that talk to each other's Lua: nil, booleans, numbers, strings of any bytes, and tables of these.

local wire = {}

local WRITE = {
  ["nil"] = function() return "z" end,
  boolean = function(value) return value and "t" or "f" end,
  number = function(value) return ("n%.17g;"):format(value) end,
  string = function(value) return ("s%d:%s"):format(#value, value) end,
}

---@return string
function wire.encode(value)
  if type(value) ~= "table" then return WRITE[type(value)](value) end
  local parts = { "{" }
  for key, member in pairs(value) do
    parts[#parts + 1] = wire.encode(key)
    parts[#parts + 1] = wire.encode(member)
  end
  parts[#parts + 1] = "}"
  return table.concat(parts)
end

local READ = {}

local function read(bytes, at)
  return READ[bytes:sub(at, at)](bytes, at + 1)
end

function READ.z(_, at) return nil, at end
function READ.t(_, at) return true, at end
function READ.f(_, at) return false, at end

function READ.n(bytes, at)
  local number, after = bytes:match("^([^;]*);()", at)
  return tonumber(number), after
end

function READ.s(bytes, at)
  local length, first = bytes:match("^(%d+):()", at)
  return bytes:sub(first, first + length - 1), first + length
end

READ["{"] = function(bytes, at)
  local value = {}
  while bytes:sub(at, at) ~= "}" do
    local key, after = read(bytes, at)
    value[key], at = read(bytes, after)
  end
  return value, at + 1
end

function wire.decode(bytes)
  return (read(bytes, 1))
end

return wire
