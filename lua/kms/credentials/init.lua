--- Where credentials come from: the sources, each an object that is asked once an attempt for one snapshot.
-- Making one does nothing but check its options; what it needs is read or asked for when a call needs credentials.

local lazy = require "kms.util.lazy"
local chain = lazy "kms.credentials.chain"
local validate = require "kms.util.validate"
local container = lazy "kms.credentials.container"
local env = require "kms.util.env"
local file = lazy "kms.credentials.profile"
local iam = lazy "kms.huawei.iam"
local metadata = lazy "kms.credentials.metadata"
local oidc = lazy "kms.credentials.oidc"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local credentials = {}

---@class kms.Credentials a snapshot: never changed once it is handed out
---@field access_key string?
---@field secret_key string?
---@field security_token string? with temporary keys (Huawei Cloud)
---@field token string? instead of the keys: a ready X-Auth-Token (Huawei Cloud)
---@field expires number? Unix time in seconds
---@field warning string? what its user should see to: a file that others can read

---@class kms.CredentialsField : kms.Field
---@field variables string[] environment variables, the first that is set counts
---@field optional boolean?
---@field exclusive boolean? stands alone, in place of the keys

local function text(name, required) return { name = name, type = "string", required = required } end

-- A source that is made without a cloud: whether the cloud knows these fields is for `check_fields` to say.
local STATIC = { text "access_key", text "secret_key", text "security_token", text "token" }
local FILE = { text "path", text "profile" }
local METADATA = { text "endpoint" }
local CONTAINER = { text "uri", text "token_file" }
local IAM_TOKEN = { text("user", true), text("password", true), text("domain", true), text "project", text "endpoint",
  text "shared" }
local OIDC = { text "idp_id", text "id_token_file", text "endpoint",
  { name = "duration", type = "number", positive = true } }

--- Raises at the caller of a constructor, two levels up.
local function checked(name, fields, options)
  options = options == nil and {} or options
  local problem = validate.arguments(fields, options, "option")
  if problem then error(validate.argument_error(1, name, problem), 3) end
  return options
end

--- Looks for misuse in a table of keys.
local function check_table(fields, given)
  local problem = validate.arguments(fields, given, "credentials field")
  if problem then return problem end
  for _, field in ipairs(fields) do
    if field.exclusive and given[field.name] and next(given, next(given)) then
      return ("credentials field '%s' stands alone: no other may be given"):format(field.name)
    end
  end
  local absent = Credentials.missing_fields(fields, given)
  if absent then return ("credentials field '%s' is missing"):format(absent[1].name) end
end

local function static(given)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  local found = {} -- by cloud: the same table each time
  return provider.new("static", function(context)
    local err
    if not found[context.fields] then found[context.fields], err = Credentials.new(context.fields, copy) end
    return found[context.fields], err
  end, { check_fields = function(fields) return check_table(fields, copy) end, is_immediate = true })
end

--- Credentials that the caller holds.
---@param given kms.Credentials
---@return kms.CredentialProvider
function credentials.static(given)
  local problem = validate.arguments(STATIC, given, "credentials field")
  if problem then error(validate.argument_error(1, "static", problem), 2) end
  return static(given)
end

--- The credentials in the environment. Some of them without the rest are a mistake, and no reason to look elsewhere.
local function from_environment(context)
  local given, set = {}, nil
  for _, field in ipairs(context.fields) do
    local value, variable = env.read(field.variables or {})
    given[field.name], set = value, set or variable
  end
  local absent = Credentials.missing_fields(context.fields, given)
  if not absent then return Credentials.new(context.fields, given) end
  local hints = {}
  for i, field in ipairs(absent) do
    hints[i] = ("no %s: give the option credentials.%s or set %s"):format(
      field.name, field.name, table.concat(field.variables, " or "))
  end
  local message = table.concat(hints, "; ")
  if not set then return Credentials.error("missing", message) end
  return Credentials.error("invalid", ("%s is set, but %s"):format(set, message))
end

--- Credentials from environment variables, read at each call.
---@return kms.CredentialProvider
function credentials.environment()
  return provider.new("environment", from_environment)
end

--- A profile of the cloud's own file: `~/.huaweicloud/credentials`, `~/.ncloud/configure`. Read at each call.
---@param options { path: string?, profile: string? }? a path is taken as it is, "~" included
---@return kms.CredentialProvider
function credentials.file(options)
  return file.new(checked("file", FILE, options))
end

--- The agency or role of the server that this program runs on, from the metadata service.
---@param options { endpoint: string? }?
---@return kms.CredentialProvider
function credentials.metadata(options)
  return metadata.new(checked("metadata", METADATA, options))
end

--- The identity of the pod that this program runs in (Huawei Cloud CCE).
---@param options { uri: string?, token_file: string? }? in place of HC_CONTAINER_CREDENTIALS_FULL_URI and
---  HC_CONTAINER_AUTHORIZATION_TOKEN_FILE
---@return kms.CredentialProvider
function credentials.container(options)
  return container.new(checked("container", CONTAINER, options))
end

---@class kms.IamTokenOptions
---@field user string name of the IAM user
---@field password string
---@field domain string name of the account that the user belongs to
---@field project string? id or name; the client's region when not given
---@field endpoint string? of IAM, in place of HUAWEICLOUD_SDK_IAM_ENDPOINT and the region's own
---@field shared string? name of a lua_shared_dict: the token is shared among NGINX workers

--- A token for a user and a password (Huawei Cloud IAM).
---@param options kms.IamTokenOptions
---@return kms.CredentialProvider
function credentials.iam_token(options)
  options = checked("iam_token", IAM_TOKEN, options)
  local dictionary
  if options.shared then
    local ngx = rawget(_G, "ngx")
    dictionary = ngx and ngx.shared and ngx.shared[options.shared]
    if not dictionary then
      local problem = ngx and ngx.shared and "there is no lua_shared_dict " .. validate.quote(options.shared)
        or "there are shared dictionaries in NGINX only"
      error(validate.argument_error(1, "iam_token", "option 'shared': " .. problem), 2)
    end
  end
  return iam.new(options, dictionary)
end

--- Temporary keys for an OpenID Connect token (Huawei Cloud IAM).
---@param options { idp_id: string?, id_token_file: string?, endpoint: string?, duration: number? }? in place of
---  HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE; duration in seconds, 900 to 86400
---@return kms.CredentialProvider
function credentials.oidc(options)
  return oidc.new(checked("oidc", OIDC, options))
end

---@alias kms.CredentialsOption kms.CredentialProvider|kms.Credentials|
---  fun(context: kms.CredentialsContext): kms.Credentials?, any

--- The source that a value stands for.
---@param value kms.CredentialsOption
local function adopt(value)
  if provider.is(value) then return value end
  if type(value) == "function" then return provider.from_function(value) end
  if provider.is_custom(value) then return provider.from_object(value) end
  return static(value)
end

--- What is wrong with one member of a chain.
local function member_problem(member)
  if type(member) == "function" or provider.is(member) or provider.is_custom(member) then return nil end
  if type(member) ~= "table" then return "table or function expected, got " .. type(member) end
  return validate.arguments(STATIC, member, "credentials field")
end

--- What is wrong with the members of a chain.
local function members_problem(members)
  if type(members) ~= "table" then return "table expected, got " .. (members == nil and "no value" or type(members)) end
  local count = 0
  for at, member in pairs(members) do
    local problem = member_problem(member)
    if problem then return ("source %s: %s"):format(validate.quote(at), problem) end
    count = count + 1
  end
  if count == 0 or count ~= #members then return "a list of sources expected" end
end

--- The first of several sources that has credentials.
---@param members kms.CredentialsOption[]
---@return kms.CredentialProvider
function credentials.chain(members)
  local problem = members_problem(members)
  if problem then error(validate.argument_error(1, "chain", problem), 2) end
  local adopted = {}
  for i, member in ipairs(members) do adopted[i] = adopt(member) end
  return chain.new(adopted)
end

--- Looks for misuse in a value given as an option: a table of keys, or a source.
---@param fields kms.CredentialsField[]
---@param given kms.CredentialsOption
---@return string? problem
function credentials.check_option(fields, given)
  if provider.is(given) then return given.check_fields and given.check_fields(fields) end
  if type(given) == "function" or provider.is_custom(given) then return nil end
  return check_table(fields, given)
end

--- The source that an option stands for: nil is the environment, then the file.
---@param option kms.CredentialsOption?
---@return kms.CredentialProvider
function credentials.provider(option)
  if option == nil then return chain.new { credentials.environment(), credentials.file() } end
  return adopt(option)
end

return credentials
