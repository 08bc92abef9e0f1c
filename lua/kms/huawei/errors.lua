--- The error bodies of Huawei Cloud. KMS, its gateway, IAM and older services each have a shape of their own.

local iterate = require "kms.util.iterate"
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
  for name, value in iterate.members(object) do
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
---@field hint string what to check; `{host}` is the host that was called, `{region}` its region

-- Hints for codes of KMS, in the library's own words. The codes come from the only complete table that is public,
-- "Error codes" of a cloud that runs the same service (opentelekomcloud-docs/key-management-service).
local NO_PERMISSION = "the user lacks a permission for this operation or for this key"
local SERVICE_FAULT = "a fault of the service; quote the request id to the vendor's support"
local RENEW_TOKEN = "get a new token; a token belongs to one region and expires after 24 hours"

---@type { [1]: string, [2]: string }[]
local KMS_HINTS = {
  { "KMS.0100", SERVICE_FAULT },
  { "KMS.0101", SERVICE_FAULT },
  { "KMS.0102", SERVICE_FAULT },
  { "KMS.0103", SERVICE_FAULT },
  { "KMS.0104", SERVICE_FAULT },
  { "KMS.0105", SERVICE_FAULT },
  -- An inference: the published text of this code speaks of a "replica service" only.
  { "KMS.0106", "the key is probably a replica in {region}; send changes to its primary region" },
  { "KMS.0204", "the service misses a member of the request" },
  { "KMS.0205", "an id of a key has 36 characters, lower-case letters and digits in groups of 8-4-4-4-12" },
  { "KMS.0206", "sequence has 36 characters" },
  { "KMS.0207", "{region} has no such key in this project; keys belong to a region" },
  { "KMS.0209", "enable the key with enable_key first" },
  { "KMS.0210", "cancel the deletion with cancel_key_deletion first" },
  { "KMS.0211", "default keys, whose names end in /default, cannot be changed" },
  { "KMS.0215", "the endpoint does not serve this path and method; check the option endpoint" },
  { "KMS.0301", RENEW_TOKEN },
  { "KMS.0302", RENEW_TOKEN },
  { "KMS.0303", "the token has expired" },
  { "KMS.0305", "project_id is not a project of the region called" },
  { "KMS.0306", NO_PERMISSION },
  { "KMS.0307", NO_PERMISSION },
  { "KMS.0310", "only a key that is pending import takes key material; list_key_detail returns the state" },
  { "KMS.0312", "a key with imported key material has no automatic rotation" },
  { "KMS.0313", "the rotation of this key is disabled already" },
  { "KMS.0314", "the account must complete its real-name authentication" },
  { "KMS.0320", "the resource is frozen; check the bills of the account" },
  { "KMS.0321", "project_id is not a project of the region called, or not of this account" },
  { "KMS.0322", "the user lacks a permission for this partition" },
  { "KMS.0325", "the key is asymmetric; list_key_detail returns its key_spec" },
  { "KMS.0326", NO_PERMISSION },
  { "KMS.0327", "an administrator must grant the user the permissions of KMS" },
  { "KMS.0328", "KMS is frozen for this account; check the bills of the account" },
  { "KMS.0330", NO_PERMISSION },
  { "KMS.0331", "the key is symmetric; list_key_detail returns its key_spec" },
  { "KMS.0332", "the key's key_spec does not fit signing_algorithm; list_key_detail returns it" },
  { "KMS.0334", "the key_usage of this key is ENCRYPT_DECRYPT" },
  { "KMS.0335", "the key_usage of this key is SIGN_VERIFY" },
  { "KMS.0341", "an HMAC key cannot do this" },
  { "KMS.0409", "delete tags of the key first; a key has at most 20" },
  { "KMS.0416", "the key has no such tag" },
  { "KMS.0418", 'leave out limit and offset when action is "count"' },
  { "KMS.1101", 'key_alias has 1 to 255 characters, English letters, digits, ":", "/", "_" or "-", and does not end '
    .. "in /default" },
  { "KMS.1104", "another key has this name" },
  { "KMS.1105", "the quota of keys is used up; show_user_quotas returns it" },
  { "KMS.1201", "the key is not disabled; it may be enabled already" },
  { "KMS.1301", "the key is not enabled; it may be disabled already" },
  { "KMS.1401", "pending_days is 7 to 1096" },
  { "KMS.1402", "the deletion was scheduled before; list_key_detail returns its date" },
  { "KMS.1404", "key material can only be imported in the region where the key was created" },
  { "KMS.1501", "no deletion of this key is scheduled" },
  { "KMS.1601", "limit is out of the range that the service accepts" },
  { "KMS.1602", "marker is 0 or greater" },
  { "KMS.1603", "offset is 0 or greater" },
  { "KMS.1801", "random_data_length is 512 here" },
  { "KMS.2001", "datakey_length is 512 here" },
  { "KMS.2101", "plain_text is the data key followed by its digest, both hexadecimal" },
  { "KMS.2102", "datakey_plain_length is 64 here" },
  { "KMS.2103", "plain_text must end with the digest of the data key" },
  { "KMS.2104", "datakey_plain_length is the length of the data key in bytes, without its digest" },
  { "KMS.2202", "datakey_cipher_length is 64 here" },
  { "KMS.2401", "operations needs an operation besides create-grant" },
  { "KMS.2404", "the key has too many grants; revoke some with cancel_grant" },
  { "KMS.2405", "the quota of grants is used up; show_user_quotas returns it" },
  { "KMS.2502", "the grant belongs to another key" },
  { "KMS.2601", "the token of the import has expired; call create_parameters_for_import again" },
  { "KMS.2605", "the token of the import is not valid; call create_parameters_for_import again" },
  { "KMS.2606", "import the same key material as before" },
  { "KMS.2901", "the rotation of this key is enabled already" },
  { "KMS.3001", "rotation_interval is 30 to 365" },
  { "KMS.3801", "the key could not be synchronized between regions; try again later" },
  { "KMS.3802", "the region where the key was created could not be reached" },
  { "KMS.3803", "the synchronization is off in the region where the key was created" },
}

---@type kms.Hint[]
errors.hints = {
  { code = "^APIGW?%.0101$", hint = "{host} has no such path; check the option endpoint" },
  { code = "^APIGW?%.0201$",
    hint = "the gateway does not accept the request, or does not reach the service; the status says which" },
  { code = "^APIGW?%.0202$", hint = "the gateway does not reach the service; try again later" },
  { code = "^APIGW?%.0203$", hint = "the service was too slow for the gateway" },
  { code = "^APIGW?%.0301$", text = "ak not exist",
    hint = "this cloud does not know the access key; check that the key belongs to this cloud and to this site of it" },
  { code = "^APIGW?%.0301$", text = "failed to reach the limit",
    hint = "the access key is locked for five minutes, after five refusals in a row" },
  { code = "^APIGW?%.0301$", text = "decrypt token fail", hint = "the token is damaged, or belongs to another cloud" },
  { code = "^APIGW?%.0301$", text = "verify aksk signature fail",
    hint = "the secret key does not belong to this access key" },
  { code = "^APIGW?%.0307$", hint = "the token has expired, or is for another region than the one called" },
  { code = "^APIGW?%.0308$", hint = "too many requests; call less often" },
}
for _, row in ipairs(KMS_HINTS) do
  table.insert(errors.hints, { code = "^" .. row[1]:gsub("%.", "%%.") .. "$", hint = row[2] })
end

return errors
