--- The error bodies of Huawei Cloud. KMS, its gateway, IAM and older services each have a shape of their own.

local json_body = require "kms.util.json_body"

local errors = {}

local MAX_WRAPPERS = 100 -- an object with more objects has none of the known shapes

-- Members of code and message, in order of precedence: KMS and the gateway, IAM and older services, a few others. Each
-- pair is looked for in the member `error`, then in the body itself.
local PAIRS = {
  { "error_code", "error_msg" },
  { "code", "message" },
  { "errorCode", "errorMsg" },
}

local function read_pair(object, names)
  local code = json_body.to_text(object[names[1]])
  return code, code and (json_body.to_text(object[names[2]]) or "no message")
end

--- Lists the objects in other members, sorted by member, so that the same body always gives the same error.
local function list_wrappers(object)
  local names, list = {}, {}
  for name, value in pairs(object) do
    if type(name) == "string" and name ~= "error" and type(value) == "table" then names[#names + 1] = name end
    if #names > MAX_WRAPPERS then return {} end
  end
  table.sort(names)
  for i, name in ipairs(names) do list[i] = object[name] end
  return list
end

--- Finds the first object of a list that has a code.
local function find_pair(list)
  for _, names in ipairs(PAIRS) do
    for _, object in ipairs(list) do
      local code, message = read_pair(object, names)
      if code then return code, message, object end
    end
  end
end

--- Reads code and message of an error body.
---@param object table
---@return string? code nil if the object has none of the known shapes
---@return string? message
---@return table? cause
function errors.parse(object)
  local code, message, source = find_pair(type(object.error) == "table" and { object.error, object } or { object })
  if not code then code, message, source = find_pair(list_wrappers(object)) end
  if not code then return nil end
  -- Only the vendor's STS can decode it, and nothing else says which policy denied the request.
  local encoded = json_body.to_text(source.encoded_authorization_message)
    or json_body.to_text(object.encoded_authorization_message)
  return code, message, encoded and { encoded_authorization_message = encoded } or nil
end

---@class kms.Hint
---@field code string pattern of an error's code
---@field text string? a piece of the error's message, if the code alone does not decide
---@field hint string what to check; `{host}` is the host that was called

---@type kms.Hint[]
errors.hints = {
  { code = "^APIGW?%.0301$", text = "ak not exist",
    hint = "this cloud does not know the access key; check that the key belongs to this cloud and to this site of it" },
  { code = "^APIGW?%.0301$", text = "failed to reach the limit",
    hint = "the access key is locked for five minutes, after five refusals in a row" },
  { code = "^APIGW?%.0301$", text = "decrypt token fail", hint = "the token is damaged, or belongs to another cloud" },
  { code = "^APIGW?%.0301$", text = "verify aksk signature fail",
    hint = "the secret key does not belong to this access key" },
  { code = "^APIGW?%.0307$", hint = "the token has expired, or is for another region than the one called" },
  { code = "^KMS%.0303$", hint = "the token has expired" },
  { code = "^KMS%.0305$", hint = "project_id is not a project of the region called" },
  { code = "^KMS%.0321$", hint = "project_id is not a project of the region called, or not of this account" },
}

return errors
