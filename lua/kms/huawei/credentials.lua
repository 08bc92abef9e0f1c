--- Credentials of Huawei Cloud: their fields, and where credential providers find them.

local Credentials = require "kms.credentials.value"
local lazy = require "kms.util.lazy"

local iam = lazy "kms.huawei.iam"
local service = lazy "kms.credentials.service"

local credentials = {}

---@type kms.CredentialsField[]
credentials.fields = {
  { name = "token", type = "string", rule = Credentials.VISIBLE_ASCII, exclusive = true },
  { name = "access_key", type = "string", rule = Credentials.ACCESS_KEY, variables = { "HUAWEICLOUD_SDK_AK" } },
  { name = "secret_key", type = "string", rule = Credentials.VISIBLE_ASCII, variables = { "HUAWEICLOUD_SDK_SK" } },
  { name = "security_token", type = "string", rule = Credentials.VISIBLE_ASCII, optional = true,
    variables = { "HUAWEICLOUD_SDK_SECURITY_TOKEN" },
    wrong_variables = { "HUAWEICLOUD_SDK_SECURITYTOKEN", "HUAWEICLOUD_SDK_TOKEN", "HUAWEICLOUD_SDK_SESSION_TOKEN",
      "HUAWEICLOUD_SDK_STS_TOKEN" } },
}

-- The profile file of the official SDKs.
---@type kms.ProfileFormat
credentials.profile = {
  path = "/.huaweicloud/credentials", path_variables = { "HUAWEICLOUD_SDK_CREDENTIALS_FILE" },
  default_name = "basic", name_variables = {},
  keys = { access_key = "ak", secret_key = "sk", security_token = "security_token" },
  other_token_keys = { id_token_file = true },
}

--- Reads the temporary keys of the server's agency.
local function read_agency(session)
  local response, err, request = session:get("/openstack/latest/securitykey", "this server has no agency")
  if not response then return nil, err end
  local object
  object, err = service.decode(request, response)
  if not object then return nil, err end
  return iam.parse_keys(session.context, request, response, object)
end

---@type kms.MetadataFormat
credentials.metadata = {
  endpoint_variables = {},
  renewal_margin = 40 * 60,
  session_token = { path = "/meta-data/latest/api/token", lifetime_header = "X-Metadata-Token-Ttl-Seconds",
    header = "X-Metadata-Token", is_required = true },
  no_identity_text = "Please configure Cloud Service Agency first",
  read = read_agency,
}

return credentials
