--- Constructors of credential providers, and the conversion of a client's option `credentials` to a provider.
-- A constructor checks its options only. A provider reads files and sends requests when a call needs credentials.

local lazy = require "kms.util.lazy"
local provider = require "kms.credentials.provider"
local static = require "kms.credentials.static"
local validate = require "kms.util.validate"

local chain = lazy "kms.credentials.chain"
local container = lazy "kms.credentials.container"
local custom = lazy "kms.credentials.custom"
local environment = lazy "kms.credentials.environment"
local iam_token = lazy "kms.credentials.iam_token"
local metadata = lazy "kms.credentials.metadata"
local oidc = lazy "kms.credentials.oidc"
local profile = lazy "kms.credentials.profile"

local credentials = {}

local function text(name, is_required) return { name = name, type = "string", required = is_required } end

-- The fields of all clouds, for providers that are created without one. `check_fields` knows those of one cloud.
local STATIC = { text "access_key", text "secret_key", text "security_token", text "token",
  text "ocapi_token" }
local FILE = { text "path", text "profile" }
local METADATA = { text "endpoint" }
local CONTAINER = { text "uri", text "token_file" }
local IAM_TOKEN = { text("user", true), text("password", true), text("domain", true), text "project", text "endpoint",
  text "shared" }
local OIDC = { text "idp_id", text "id_token_file", text "endpoint",
  { name = "duration", type = "number", positive = true } }

--- Checks the options of a constructor. Raises at the caller of the constructor.
---@return table options
local function check_options(name, fields, options)
  options = options == nil and {} or options
  local problem = validate.arguments(fields, options, "option")
  if problem then error(validate.argument_error(1, name, problem), 3) end
  return options
end

--- Creates a provider of keys or a token that the caller has.
---@param values kms.Credentials
---@return kms.credentials.Provider
function credentials.static(values)
  local problem = validate.arguments(STATIC, values, "credentials field")
  if problem then error(validate.argument_error(1, "static", problem), 2) end
  return static.new(values)
end

--- Creates a provider of the credentials in environment variables.
---@return kms.credentials.Provider
function credentials.environment()
  return environment.new()
end

--- Creates a provider of a profile in the cloud's own file: `~/.huaweicloud/credentials`, `~/.ncloud/configure`.
---@param options kms.FileOptions? "~" in a path is not expanded
---@return kms.credentials.Provider
function credentials.file(options)
  return profile.new(check_options("file", FILE, options))
end

--- Creates a provider of the agency or role of the server that this program runs on.
---@param options kms.MetadataOptions?
---@return kms.credentials.Provider
function credentials.metadata(options)
  return metadata.new(check_options("metadata", METADATA, options))
end

--- Creates a provider of the identity of the pod that this program runs in (Huawei Cloud CCE).
---@param options kms.ContainerOptions?
---@return kms.credentials.Provider
function credentials.container(options)
  return container.new(check_options("container", CONTAINER, options))
end

--- Creates a provider of tokens for a user and a password (Huawei Cloud IAM).
---@param options kms.IamTokenOptions
---@return kms.credentials.Provider
function credentials.iam_token(options)
  options = check_options("iam_token", IAM_TOKEN, options)
  local dictionary
  if options.shared then
    local ngx = rawget(_G, "ngx")
    dictionary = ngx and ngx.shared and ngx.shared[options.shared]
    if not dictionary then
      local problem = ngx and ngx.shared and "there is no lua_shared_dict " .. validate.quote(options.shared)
        or "only NGINX has shared dictionaries"
      error(validate.argument_error(1, "iam_token", "option 'shared': " .. problem), 2)
    end
  end
  return iam_token.new(options, dictionary)
end

--- Creates a provider of temporary keys for an OpenID Connect token (Huawei Cloud IAM).
---@param options kms.OidcOptions?
---@return kms.credentials.Provider
function credentials.oidc(options)
  options = check_options("oidc", OIDC, options)
  local duration = options.duration
  if duration and (duration % 1 ~= 0 or duration < 900 or duration > 86400) then
    local problem = "option 'duration': a whole number, 900 to 86400, expected, got " .. tostring(duration)
    error(validate.argument_error(1, "oidc", problem), 2)
  end
  return oidc.new(options)
end

--- Returns whether a value is a caller's own provider: a table with a name and a method `get`.
local function is_custom(value)
  return type(value) == "table" and type(value.get) == "function" and type(value.name) == "string"
end

--- Returns whether an option can return credentials of its own, or is a table of keys.
local function is_dynamic(option)
  return type(option) == "function" or provider.is_provider(option) or is_custom(option)
end

---@param option kms.CredentialsOption
---@return kms.credentials.Provider
local function to_provider(option)
  if provider.is_provider(option) then return option end
  if type(option) == "function" then return custom.from_function(option) end
  if is_custom(option) then return custom.from_object(option) end
  return static.new(option)
end

--- Checks one member of a chain for argument errors.
---@return string? problem
local function check_member(member)
  if is_dynamic(member) then return nil end
  if type(member) ~= "table" then return "table or function expected, got " .. type(member) end
  return validate.arguments(STATIC, member, "credentials field")
end

--- Checks the members of a chain for argument errors.
---@return string? problem
local function check_members(members)
  if type(members) ~= "table" then return "table expected, got " .. (members == nil and "no value" or type(members)) end
  local count = 0
  for index, member in pairs(members) do
    local problem = check_member(member)
    if problem then return ("provider %s: %s"):format(validate.quote(index), problem) end
    count = count + 1
  end
  if count == 0 or count ~= #members then return "list of providers expected" end
end

--- Creates a provider of the credentials of the first member that has some.
---@param members kms.CredentialsOption[]
---@return kms.credentials.Provider
function credentials.chain(members)
  local problem = check_members(members)
  if problem then error(validate.argument_error(1, "chain", problem), 2) end
  local providers = {}
  for i, member in ipairs(members) do providers[i] = to_provider(member) end
  return chain.new(providers)
end

--- Checks the option of a client for argument errors.
---@param fields kms.CredentialsField[] those of the cloud
---@param option kms.CredentialsOption
---@return string? problem
function credentials.check_option(fields, option)
  if provider.is_provider(option) then return option.check_fields and option.check_fields(fields) end
  if is_dynamic(option) then return nil end
  return static.check(fields, option)
end

--- Returns the provider for the option of a client. Without an option it reads the environment, then the file.
---@param option kms.CredentialsOption?
---@return kms.credentials.Provider
function credentials.provider(option)
  if option == nil then return chain.new { credentials.environment(), credentials.file() } end
  return to_provider(option)
end

return credentials
