--- Huawei Cloud KMS: endpoints, credentials, operations, and the shapes of its answers.

local check = require "kms.check"
local credentials = require "kms.credentials"
local reply = require "kms.reply"
local sign = require "kms.sign"

local huawei = { name = "huawei" }

-- "Regions and endpoints" of the vendor; the same list stands in all official SDKs. Other codes are accepted too:
-- new regions come faster than releases.
local REGIONS = {
  "cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12", "cn-east-2", "cn-east-3",
  "cn-east-4", "cn-east-5", "cn-south-1", "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3",
  "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "af-south-1", "af-north-1",
  "la-south-2", "la-north-2", "sa-brazil-1", "na-mexico-1", "tr-west-1", "ae-ad-1", "me-east-1", "my-kualalumpur-1",
  "ru-moscow-1", "eu-west-101",
}

-- Every region's host is kms.<region>.myhuaweicloud.com, but for these.
local HOSTS = { ["eu-west-101"] = "kms.eu-west-101.myhuaweicloud.eu" }

huawei.regions = REGIONS

local KNOWN = {}
for _, region in ipairs(REGIONS) do KNOWN[region] = true end

-- UpdatePrimaryRegion, table 1: ^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$ (a-z, not only a-f).
local ALPHANUMERIC = "[0-9a-z]"
local KEY_ID_PATTERN = "^" .. ALPHANUMERIC:rep(8) .. ("%-" .. ALPHANUMERIC:rep(4)):rep(3) .. "%-"
  .. ALPHANUMERIC:rep(12) .. "$"

local KEY_ID = {
  text = "36 characters, lower-case letters and digits in groups of 8-4-4-4-12",
  test = function(value) return value:find(KEY_ID_PATTERN) end,
}

-- A region's code stands in a host name: one DNS label (RFC 1035, section 2.3.1).
local REGION = {
  text = 'a region code such as "cn-north-4": lower-case letters and digits in groups joined by "-"',
  test = function(value)
    return #value <= 63 and value:find "^[a-z][a-z0-9]*%-[a-z0-9-]*[a-z0-9]$" and not value:find("--", 1, true)
  end,
}

local PROJECT_ID = {
  text = "32 letters and digits",
  test = function(value) return #value == 32 and value:find "^[0-9A-Za-z]+$" end,
}

local ENDPOINT = { text = "https://host[:port], without a path", test = check.endpoint }

---@class kms.HuaweiOptions
---@field region string? the region whose endpoint is called: where the key is primary now.
---  Variable HUAWEICLOUD_SDK_REGION
---@field project_id string? the project of that region. Variable HUAWEICLOUD_SDK_PROJECT_ID
---@field credentials kms.Credentials|kms.CredentialsSource|nil keys, a token, or a function that returns one of these.
---  Variables HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN
---@field endpoint string? `https://host[:port]` in place of the region's own.
---  Variable HUAWEICLOUD_SDK_REGION_KMS_<REGION>
---@field timeout number? seconds for a whole call, 30 when not given
---@field transport table|userdata|nil a transport, or a table of options for the default one (see kms.transport.curl)

---@type kms.Field[]
huawei.options = {
  { name = "region", type = "string", rule = REGION, variables = { "HUAWEICLOUD_SDK_REGION" } },
  { name = "project_id", type = "string", rule = PROJECT_ID, variables = { "HUAWEICLOUD_SDK_PROJECT_ID" } },
  { name = "endpoint", type = "string", rule = ENDPOINT },
}

---@type kms.CredentialsField[]
huawei.credentials = {
  { name = "token", type = "string", rule = credentials.rules.header_safe, instead = true },
  { name = "access_key", type = "string", rule = credentials.rules.header_safe, variables = { "HUAWEICLOUD_SDK_AK" } },
  { name = "secret_key", type = "string", rule = credentials.rules.secret, variables = { "HUAWEICLOUD_SDK_SK" } },
  { name = "security_token", type = "string", rule = credentials.rules.header_safe, optional = true,
    variables = { "HUAWEICLOUD_SDK_SECURITY_TOKEN" } },
}

---@type kms.Operation[]
huawei.operations = {
  {
    name = "update_primary_region",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    fields = {
      { name = "key_id", type = "string", required = true, rule = KEY_ID },
      { name = "primary_region", type = "string", required = true, rule = REGION },
    },
    body = { key_id = "key_id", primary_region = "primary_region" },
    reply = { key_id = "key_id", primary_region = "primary_region" },
  },
}

--- The variable that overrides a region's endpoint, as the official SDKs spell it.
local function endpoint_variable(region)
  return "HUAWEICLOUD_SDK_REGION_KMS_" .. region:upper():gsub("-", "_")
end

--- Where to send, and what every request of a client carries.
---@param values table the options' values: `region`, `project_id`, `endpoint`
---@param variable fun(names: string[]): string?
---@return table? settings, string? field, string? problem
function huawei.settings(values, variable)
  local endpoint, region = values.endpoint, values.region
  if not endpoint and region then
    local name = endpoint_variable(region)
    endpoint = variable { name }
    -- Several may stand there, separated by commas; the first is the main one.
    endpoint = endpoint and endpoint:match "^%s*([^,%s]*)"
    local problem = endpoint and check.value(name, endpoint, ENDPOINT)
    if problem then return nil, "endpoint", problem end
  end
  endpoint = endpoint or region and "https://" .. (HOSTS[region] or "kms." .. region .. ".myhuaweicloud.com")
  if not endpoint then return nil, "region" end
  if not values.project_id then return nil, "project_id" end
  local scheme, host = check.endpoint(endpoint)
  return {
    scheme = scheme,
    host = host,
    project_id = values.project_id,
    headers = { { "Content-Type", "application/json" }, { "X-Project-Id", values.project_id } },
    hint = region and not KNOWN[region] and not values.endpoint
      and ("region %s is not one of the %d known ones"):format(check.show(region), #REGIONS) or nil,
  }
end

--- The headers that show who is calling.
---@return table<string, string>? headers, kms.Error? err
function huawei.authenticate(request, given, now)
  if given.token then return { ["X-Auth-Token"] = given.token } end
  return sign.huawei(request, given, now)
end

-- Where code and message stand, in order of precedence: KMS and the gateway, IAM and older services, a few others.
local PAIRS = {
  { "error_code", "error_msg" },
  { "code", "message" },
  { "errorCode", "errorMsg" },
}

local function pair_of(object)
  for _, names in ipairs(PAIRS) do
    local code = reply.text(object[names[1]])
    if code then return code, reply.text(object[names[2]]) or "no message" end
  end
end

--- The objects that may tell of a failure: `error`, the body itself, then any other wrapper, by name, so that the same
--- body always gives the same error.
local function candidates(object)
  local names = {}
  for name, value in pairs(object) do
    if type(name) == "string" and name ~= "error" and type(value) == "table" then names[#names + 1] = name end
  end
  table.sort(names)
  local list = { object }
  for _, name in ipairs(names) do list[#list + 1] = object[name] end
  if type(object.error) == "table" then table.insert(list, 1, object.error) end
  return list
end

--- Finds the failure that an answer's object tells of.
---@param object table
---@return string? code, string? message, table? cause
function huawei.failure(object)
  for _, candidate in ipairs(candidates(object)) do
    local code, message = pair_of(candidate)
    if code then
      -- Only the vendor's STS can read it, but without it nobody learns which policy said no.
      local encoded = reply.text(candidate.encoded_authorization_message)
        or reply.text(object.encoded_authorization_message)
      return code, message, encoded and { encoded_authorization_message = encoded } or nil
    end
  end
end

--- The part of a good answer that holds the result.
function huawei.result(object)
  return object
end

return huawei
