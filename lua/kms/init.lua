--- The face of lua-kms: two clouds, two operations, each as a client's method and as a plain function.

local validate = require "kms.util.validate"
local client = require "kms.client"
local credentials = require "kms.credentials"
local Error = require "kms.error"
local lazy = require "kms.util.lazy"

local parallel = lazy "kms.parallel"

local kms = { _NAME = "kms", _VERSION = "0.1.0" }

---@class kms.Cloud
---@field new fun(options: table?): table
---@field metatable table of its clients
---@field default table? the client made from the environment by the plain functions: once, so that connections are kept

---@type table<string, kms.Cloud>
local clouds = {}

--- A cloud, made when it is first asked for: few programs call both.
---@param name "huawei"|"ncloud"
---@return kms.Cloud
local function cloud(name)
  if not clouds[name] then
    local new, metatable = client.new_constructor(require("kms." .. name))
    clouds[name] = { new = new, metatable = metatable }
  end
  return clouds[name]
end

-- In NGINX at once; see kms.util.lazy.
if rawget(_G, "ngx") then
  cloud "huawei"
  cloud "ncloud"
end

--- The client that a plain function works with.
---@param given any
---@param its kms.Cloud
---@return table? client, string? problem misuse of the argument
local function client_for(given, its)
  if given == nil then
    its.default = its.default or its.new()
    return its.default
  end
  if getmetatable(given) ~= its.metatable then
    return nil, ("%s client expected, got %s"):format(its.metatable.__name, type(given))
  end
  return given
end

---@class kms.CallOptions
---@field timeout number? seconds for this call, in place of the client's

---@class kms.Huawei
---@field update_primary_region fun(self, params: kms.UpdatePrimaryRegion, options: kms.CallOptions?):
---  kms.PrimaryRegion?, kms.Error?
---@field close fun(self) closes kept connections
---@field reset fun(self) lifts the lock guard: credentials that were refused may be tried again

---@class kms.Ncloud
---@field rename_key fun(self, params: kms.RenameKey, options: kms.CallOptions?): kms.KeyName?, kms.Error?
---@field get_key fun(self, params: { key_tag: string }, options: kms.CallOptions?): kms.Key?, kms.Error?
---  reads a key's name and state: what to ask after an uncertain rename
---@field close fun(self) closes kept connections
---@field reset fun(self) lifts the lock guard, where there is one

---@class kms.UpdatePrimaryRegion
---@field key_id string 36 characters, as in 0d0466b0-e727-4d9c-b35d-f84bb474a37f
---@field primary_region string code of the new primary region

---@class kms.PrimaryRegion
---@field key_id string as the cloud answers it
---@field primary_region string
---@field request_id string?
---@field warning string? what the user of the credentials should see to: a file that others can read

---@class kms.RenameKey
---@field key_tag string
---@field key_name string 3 to 15 letters, digits, "-" or "_", beginning with a letter

---@class kms.Key : kms.KeyName
---@field status string? "ENABLE", "DISABLE" or "REVOKE" (its deletion is planned)
---@field key_type string?
---@field protection_type string?
---@field base_url string? the endpoint that serves the key
---@field nrn string?

---@class kms.KeyName
---@field key_tag string
---@field key_name string
---@field request_id string?
---@field warning string? as in kms.PrimaryRegion

--- A client of Huawei Cloud KMS. Does nothing but check its options' names and types: what is not given is read from
--- the environment at the first call.
---@param options kms.HuaweiOptions?
---@return kms.Huawei
function kms.huawei(options)
  return cloud("huawei").new(options)
end

--- A client of NAVER Cloud KMS 2.0; as `kms.huawei`.
---@param options kms.NcloudOptions?
---@return kms.Ncloud
function kms.ncloud(options)
  return cloud("ncloud").new(options)
end

--- Moves the primary region of a multi-region key; the region that was primary becomes a replica.
--- Send it to the region where the key is primary now.
--- Source: Huawei Cloud KMS API reference, "Changing the Primary Region for a Key".
---@param params kms.UpdatePrimaryRegion
---@param given kms.Huawei? a client; without one, a client made from the environment at the first call and kept
---@param options kms.CallOptions?
---@return kms.PrimaryRegion? result
---@return kms.Error? err
function kms.update_primary_region(params, given, options)
  local huawei_or_default, problem = client_for(given, cloud "huawei")
  if problem then error(validate.argument_error(2, "update_primary_region", problem), 2) end
  problem = client.validate_options(options)
  if problem then error(validate.argument_error(3, "update_primary_region", problem), 2) end
  return huawei_or_default:update_primary_region(params, options)
end

--- Changes a key's name. The tag stays as it is.
--- Source: NAVER Cloud KMS API 2.0, "Update Key Name".
---@param params kms.RenameKey
---@param given kms.Ncloud? a client; without one, a client made from the environment at the first call and kept
---@param options kms.CallOptions?
---@return kms.KeyName? result
---@return kms.Error? err
function kms.rename_key(params, given, options)
  local ncloud_or_default, problem = client_for(given, cloud "ncloud")
  if problem then error(validate.argument_error(2, "rename_key", problem), 2) end
  problem = client.validate_options(options)
  if problem then error(validate.argument_error(3, "rename_key", problem), 2) end
  return ncloud_or_default:rename_key(params, options)
end

--- Where credentials come from, each a constructor of a source for the option `credentials`; see kms.credentials.
---@class kms.CredentialProviders
---@field static fun(given: kms.Credentials): kms.CredentialProvider
---@field environment fun(): kms.CredentialProvider
---@field file fun(options: { path: string?, profile: string? }?): kms.CredentialProvider
---@field chain fun(members: kms.CredentialsOption[]): kms.CredentialProvider
---@field metadata fun(options: { endpoint: string? }?): kms.CredentialProvider
---@field container fun(options: { uri: string?, token_file: string? }?): kms.CredentialProvider
---@field iam_token fun(options: kms.IamTokenOptions): kms.CredentialProvider
---@field oidc fun(options: { idp_id: string?, id_token_file: string?, endpoint: string?, duration: number? }?):
---  kms.CredentialProvider
kms.credentials = credentials

--- Many calls at once.
---
---     for i, moved, err in kms.parallel { concurrency = 64 }:map(key_ids, function(key_id)
---       return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
---     end) do … end
---
---@param options kms.ParallelOptions?
---@return kms.Parallel
function kms.parallel(options)
  local made, problem = parallel.new(options)
  if not made then error(validate.argument_error(1, "parallel", problem), 2) end
  return made
end

--- Whether a value is an error value of this module.
---@param value any
---@return boolean
kms.is_error = Error.is

return kms
