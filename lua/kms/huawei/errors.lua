--- Reads the error bodies of Huawei Cloud: KMS, its gateway, IAM and older services each have a shape of their own.

local json_body = require "kms.util.json_body"

-- Where code and message stand, in order of precedence: KMS and the gateway, IAM and older services, a few others. Each
-- is looked for in `error`, then in the body itself.
local PAIRS = {
  { "error_code", "error_msg" },
  { "code", "message" },
  { "errorCode", "errorMsg" },
}

local function pair_of(object, names)
  local code = json_body.to_text(object[names[1]])
  return code, code and (json_body.to_text(object[names[2]]) or "no message")
end

--- Other wrappers, by name, so that the same body always gives the same error.
local function wrappers(object)
  local names, list = {}, {}
  for name, value in pairs(object) do
    if type(name) == "string" and name ~= "error" and type(value) == "table" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = object[name] end
  return list
end

--- The first object of a list that tells of a failure.
local function first_pair(list)
  for _, names in ipairs(PAIRS) do
    for _, object in ipairs(list) do
      local code, message = pair_of(object, names)
      if code then return code, message, object end
    end
  end
end

--- Finds the failure that an object tells of.
---@param object table
---@return string? code, string? message, table? cause
return function(object)
  local code, message, where = first_pair(type(object.error) == "table" and { object.error, object } or { object })
  if not code then code, message, where = first_pair(wrappers(object)) end
  if not code then return nil end
  -- Only the vendor's STS can read it, but without it nobody learns which policy said no.
  local encoded = json_body.to_text(where.encoded_authorization_message)
    or json_body.to_text(object.encoded_authorization_message)
  return code, message, encoded and { encoded_authorization_message = encoded } or nil
end
