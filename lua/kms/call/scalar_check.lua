--- Converts arguments that are strings, numbers, booleans or times, by the type of a param.

local json_text = require "kms.util.json_text"

local MAX_TIME = 253402300799 -- seconds, the end of year 9999

--- Converts an argument to an integer: a whole number, or its decimal digits.
---@param value any
---@return integer? number, string? problem
local function check_integer(value)
  local number = value
  if type(value) == "string" and value:find "^%-?%d+$" then number = tonumber(value) end
  if type(number) ~= "number" then return nil, "whole number expected, got " .. type(value) end
  if not json_text.is_exact_integer(number) then return nil, "whole number expected, got " .. tostring(value) end
  return number
end

local function check_number(value)
  if type(value) ~= "number" then return nil, "number expected, got " .. type(value) end
  if not json_text.is_finite(value) then return nil, "finite number expected, got " .. tostring(value) end
  return value
end

--- One function per type: converts an argument, or returns what is wrong with it.
---@type table<string, fun(value: any): any, string?>
return {
  integer = check_integer,
  number = check_number,

  string = function(value)
    if type(value) ~= "string" then return nil, "string expected, got " .. type(value) end
    return value
  end,

  boolean = function(value)
    if type(value) ~= "boolean" then return nil, "boolean expected, got " .. type(value) end
    return value
  end,

  time = function(value)
    local number, problem = check_number(value)
    if not number then return nil, problem end
    if number < 0 or number > MAX_TIME then return nil, "Unix time in seconds expected, got " .. tostring(value) end
    return number
  end,

  -- A number, or a word in its place.
  ["integer|string"] = function(value)
    if type(value) == "string" and not value:find "^%-?%d+$" then return value end
    local number = check_integer(value)
    if number then return number end
    return nil, "whole number or string expected, got " .. (type(value) == "number" and tostring(value) or type(value))
  end,
}
