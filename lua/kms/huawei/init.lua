--- Huawei Cloud KMS: endpoints, credentials, operations, and the shapes of its answers.

local lazy = require "kms.util.lazy"
local endpoints = require "kms.util.endpoint"
local validate = require "kms.util.validate"
local clock_skew = require "kms.call.clock_skew"
local credentials = require "kms.huawei.credentials"
local parse_error = require "kms.huawei.errors"
local project = lazy "kms.huawei.project"
local regions = require "kms.huawei.regions"
local sign = require "kms.sign"

local huawei = { name = "huawei", parse_error = parse_error }

-- UpdatePrimaryRegion, table 1: ^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$ (a-z, not only a-f).
local KEY_ID_PATTERN = "^[0-9a-z]+()" .. ("%-[0-9a-z]+()"):rep(3) .. "%-[0-9a-z]+$"

local KEY_ID = {
  text = "36 characters, lower-case letters and digits in groups of 8-4-4-4-12",
  plain = true,
  test = function(value)
    local first, second, third, fourth = value:match(KEY_ID_PATTERN)
    return first == 9 and second == 14 and third == 19 and fourth == 24 and #value == 36
  end,
}

local PROJECT_ID = {
  text = '32 letters and digits, or "auto"',
  plain = true,
  test = function(value) return value == "auto" or #value == 32 and value:find "^[0-9A-Za-z]+$" end,
}

local ALGORITHM = {
  text = '"SDK-HMAC-SHA256" or "SDK-HMAC-SM3"',
  test = function(value) return value == "SDK-HMAC-SHA256" or value == "SDK-HMAC-SM3" end,
}

---@class kms.HuaweiOptions
---@field region string? the region whose endpoint is called: where the key is primary now.
---  Variable HUAWEICLOUD_SDK_REGION
---@field project_id string? the project of that region, or "auto": looked up in IAM by the region's name.
---  Variable HUAWEICLOUD_SDK_PROJECT_ID
---@field credentials kms.Credentials|kms.CredentialProvider|nil keys, a token, or a function that returns one of these.
---  Variables HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN
---@field endpoint string? `https://host[:port]` in place of the region's own.
---  Variable HUAWEICLOUD_SDK_REGION_KMS_<REGION>
---@field algorithm "SDK-HMAC-SHA256"|"SDK-HMAC-SM3"|nil of the signature, the former when not given
---@field lock_guard boolean|{ shared: string }|nil keeps credentials that were refused from being sent again; true when
---  not given. `shared` names a lua_shared_dict, for a guard that all NGINX workers share
---@field timeout number? seconds for a whole call, 30 when not given
---@field retry kms.RetryOptions|boolean|nil whether and how a failed attempt is made again; on when not given
---@field on_retry (fun(info: { attempt: integer, wait: number, error: kms.Error }))? called before each wait
---@field transport table|userdata|nil a transport, or a table of options for the default one (see kms.transport.curl)

---@type kms.Field[]
huawei.options = {
  { name = "region", type = "string", rule = regions.RULE, variables = { "HUAWEICLOUD_SDK_REGION" } },
  { name = "project_id", type = "string", rule = PROJECT_ID, variables = { "HUAWEICLOUD_SDK_PROJECT_ID" } },
  { name = "endpoint", type = "string", rule = endpoints.RULE },
  { name = "algorithm", type = "string", rule = ALGORITHM },
}

-- Five refused authentications in a row lock an access key for five minutes (API Request Signing Guide).
huawei.lock_guard = true

huawei.credentials, huawei.profile, huawei.metadata = credentials.fields, credentials.profile, credentials.metadata
huawei.iam = lazy "kms.huawei.iam"

---@type kms.Operation[]
huawei.operations = {
  {
    name = "update_primary_region",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    fields = {
      { name = "key_id", type = "string", required = true, rule = KEY_ID },
      { name = "primary_region", type = "string", required = true, rule = regions.RULE },
    },
    body = { key_id = "key_id", primary_region = "primary_region" },
    reply = { key_id = "key_id", primary_region = "primary_region" },
  },
}

--- The variable that overrides a region's endpoint, as the official SDKs spell it.
local function endpoint_variable(region)
  return "HUAWEICLOUD_SDK_REGION_KMS_" .. region:upper():gsub("-", "_")
end

--- Settings with a project in them.
local function with_project(settings, project_id)
  local complete = {}
  for name, value in pairs(settings) do complete[name] = value end
  complete.project_id = project_id
  complete.headers = { { "Content-Type", "application/json" }, { "X-Project-Id", project_id } }
  return complete
end

--- Settings whose project is looked up at the first call under an access key or a token.
local function with_lookup(settings)
  local by_id, find = {}, project.new_finder(settings.region, settings.algorithm)
  function settings.complete(given, context, offset)
    local id, err, response = find(context, given, offset)
    if not id then
      return nil, err, response and clock_skew.detect(response, err.message, context:now(), offset)
    end
    by_id[id] = by_id[id] or with_project(settings, id)
    return by_id[id]
  end
  return settings
end

--- The options that are missing. Where an endpoint and a project are given, the region need not be.
---@param values table
---@return string[] names
function huawei.list_missing_options(values)
  local names = {}
  local needs_region = not values.endpoint or values.project_id == "auto"
  if needs_region and not values.region then names[1] = "region" end
  if not values.project_id then names[#names + 1] = "project_id" end
  return names
end

--- Where to send, and what every request of a client carries.
---@param values table the options' values: `region`, `project_id`, `endpoint`, `algorithm`
---@param variable fun(names: string[]): string?
---@return table? settings, string? field, string? problem
function huawei.resolve_settings(values, variable)
  local endpoint, region = values.endpoint, values.region
  if not endpoint then
    local name = endpoint_variable(region)
    endpoint = variable { name }
    -- Several may stand there, separated by commas; the first is the main one.
    endpoint = endpoint and endpoint:match "^%s*([^,%s]*)"
    local problem = endpoint and validate.value(name, endpoint, endpoints.RULE)
    if problem then return nil, "endpoint", problem end
  end
  endpoint = endpoint or "https://" .. regions.kms_host(region)
  local scheme, host = endpoints.parse(endpoint)
  local settings = {
    scheme = scheme,
    host = host,
    region = region,
    algorithm = values.algorithm,
    hint = region and not regions.is_known(region) and not values.endpoint
      and ("region %s is not one of the %d known ones"):format(validate.quote(region), #regions.codes) or nil,
  }
  if values.project_id ~= "auto" then return with_project(settings, values.project_id) end
  return with_lookup(settings)
end

--- The headers that show who is calling.
---@return table<string, string>? headers, kms.Error? err
function huawei.authenticate(request, given, now, settings)
  if given.token then return { ["X-Auth-Token"] = given.token } end
  return sign.huawei(request, given, now, settings.algorithm)
end

--- What was signed, to hold against what the gateway says it signed.
function huawei.compute_stages(request, given, now, settings)
  return sign.huawei_stages(request, given, now, settings.algorithm)
end

-- What a refusal means for whoever called: a pattern of its code, a piece of its text where that decides.
huawei.hints = {
  { code = "^APIGW?%.0301$", text = "ak not exist",
    hint = "no such access key: is it one of this cloud, and of this site of it?" },
  { code = "^APIGW?%.0301$", text = "failed to reach the limit",
    hint = "the access key is locked for five minutes, after five refusals in a row" },
  { code = "^APIGW?%.0301$", text = "decrypt token fail", hint = "the token is damaged, or of another cloud" },
  { code = "^APIGW?%.0301$", text = "verify aksk signature fail",
    hint = "the secret key is not that of this access key" },
  { code = "^APIGW?%.0307$", hint = "the token has expired, or is of another region than the one called" },
  { code = "^KMS%.0303$", hint = "the token has expired" },
  { code = "^KMS%.0305$", hint = "project_id is not a project of the region called" },
  { code = "^KMS%.0321$", hint = "project_id is not a project of the region called, or not of this account" },
}

--- The part of a good answer that holds the result.
function huawei.extract_result(object)
  return object
end

return huawei
