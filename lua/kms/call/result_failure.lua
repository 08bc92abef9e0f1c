--- Describes a response that is not the result of its request.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"

local result_failure = {}

local function describe_type(value)
  if value == nil then return "missing" end
  return type(value) == "userdata" and "null" or "a " .. type(value)
end

local EXPECTED = { integer = "a number", number = "a number", time = "a time", boolean = "a boolean", list = "a list",
  object = "an object", ["string|list"] = "a string or a list", ["integer|string"] = "a number or a string" }

--- Describes a required member that is missing, or of a type that cannot be converted.
---@param field kms.ResultField
---@param object table
---@return nil, string code, string message
function result_failure.fail_type(field, object)
  local wire = field.wire or field.name
  return nil, "wrong_type", ("member %q of the response must be %s; it is %s"):format(wire,
    EXPECTED[field.type] or "a string", describe_type(object[wire]))
end

--- Checks a value that is not equal to the param.
---@param field kms.ResultField
---@param value any
---@param expected any the param
---@return string? code, string? message nil if the value may stand for the param, or the request had no such param
function result_failure.check_echo(field, value, expected)
  if expected == nil then return nil end
  local are_texts = type(value) == "string" and type(expected) == "string"
  if are_texts and field.is_case_insensitive and ascii.lower(value) == ascii.lower(expected) then return nil end
  local name = field.name
  local message = ("member %q of the response must be the %s of the request"):format(field.wire or name, name)
  if not field.secret then
    message = ("%s, %s; it is %s"):format(message, validate.quote(expected), validate.quote(value))
  end
  return "mismatch", message
end

return result_failure
