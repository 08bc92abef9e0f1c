--- Credentials of NAVER Cloud: their fields, and where credential providers find them.

local ascii = require "kms.util.ascii"
local Credentials = require "kms.credentials.value"
local json_body = require "kms.util.json_body"
local lazy = require "kms.util.lazy"

local service = lazy "kms.credentials.service"

local credentials = {}

-- The first variable of a pair wins, as in the official clients for Go and JavaScript.
---@type kms.CredentialsField[]
credentials.fields = {
  -- A token of one key, which some operations accept in place of an account's keys (Create Token Set).
  { name = "ocapi_token", type = "string", rule = Credentials.VISIBLE_ASCII, exclusive = true },
  { name = "access_key", type = "string", rule = Credentials.ACCESS_KEY,
    variables = { "NCLOUD_ACCESS_KEY_ID", "NCLOUD_ACCESS_KEY" } },
  { name = "secret_key", type = "string", rule = Credentials.VISIBLE_ASCII,
    variables = { "NCLOUD_SECRET_ACCESS_KEY", "NCLOUD_SECRET_KEY" } },
}

-- The file of the official SDKs and of the CLI. The variable is that of ncp-iam-authenticator.
---@type kms.ProfileFormat
credentials.profile = {
  path = "/.ncloud/configure", path_variables = {},
  default_name = "DEFAULT", name_variables = { "NCLOUD_PROFILE" }, has_global_keys = true,
  keys = { access_key = "ncloud_access_key_id", secret_key = "ncloud_secret_access_key" },
}

local ROLES = "/latest/meta-data/iam/security-credentials/"
local NO_ROLE = "this server has no role"

--- Reads the id of the server's role, and then the keys of the role.
local function read_role(session)
  local response, err, request = session:get(ROLES, NO_ROLE)
  if not response then return nil, err end
  local role = ascii.trim(ascii.trim(response.body):match "^[^\r\n]*")
  if role == "" then return Credentials.error("missing", NO_ROLE) end
  if not role:find "^[0-9A-Za-z._-]+$" then
    return service.create_malformed_error(request, response,
      service.append_excerpt(request, response, "malformed id of a role"))
  end
  response, err, request = session:get(ROLES .. role, NO_ROLE)
  if not response then return nil, err end
  local object
  object, err = service.decode(request, response)
  if not object then return nil, err end
  if type(object.Code) == "string" and ascii.lower(object.Code) ~= "success" then
    return service.create_response_error(request, response, object.Code, json_body.to_text(object.Message))
  end
  return service.parse_credentials(session.context, request, response, { access_key = object.AccessKeyId,
    secret_key = object.SecretAccessKey, expires = object.Expiration })
end

---@type kms.MetadataFormat
credentials.metadata = {
  -- The official SDKs use either name.
  endpoint_variables = { "NCLOUD_METADATA_API_ENDPOINT", "NCLOUD_METADATA_ENDPOINT" },
  renewal_margin = 15 * 60,
  -- NAVER Cloud does not document session tokens. They are created only when the service requires one.
  session_token = { path = "/latest/api/token", lifetime_header = "X-NCP-METADATA-TOKEN-TTL-SECONDS",
    header = "X-NCP-METADATA-TOKEN" },
  read = read_role,
}

return credentials
