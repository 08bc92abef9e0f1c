---@meta kms.credentials

--- Credential providers. See docs/credentials.md.
---@class kms.credentials
local credentials = {}

--- Keys or a token at one moment.
---@class kms.Credentials
---@field access_key string?
---@field secret_key string?
---@field security_token string? Huawei Cloud, with temporary keys
---@field token string? Huawei Cloud: a ready X-Auth-Token, in place of keys
---@field ocapi_token string? NAVER Cloud: a token of one key, in place of keys
---@field expires number? Unix time in seconds
---@field warning string? appears in results and errors

--- What a provider learns about the call that needs credentials.
---@class kms.CredentialsContext
---@field provider "huawei"|"ncloud"
---@field region string? the client's region (Huawei Cloud)
---@field deadline number? on the scale of `clock()`
---@field clock fun(self: kms.CredentialsContext): number returns monotonic time in seconds
---@field now fun(self: kms.CredentialsContext): number returns Unix time in seconds
---@field cloud_time fun(self: kms.CredentialsContext): number returns Unix time corrected by the clock offset
---@field send fun(self: kms.CredentialsContext, request: kms.transport.Request): kms.transport.Response?, kms.Error?
---@field sleep fun(self: kms.CredentialsContext, seconds: number)

--- Returns credentials. Objects of your own need `name` and `get`.
---@class kms.CredentialProvider
---@field name string
---@field get fun(self: kms.CredentialProvider, context: kms.CredentialsContext): kms.Credentials?, any
---@field forget (fun(self: kms.CredentialProvider, refused: kms.Credentials?))? drops what is kept; or only the
---  credentials that the cloud refused

---@alias kms.CredentialsOption
---| kms.CredentialProvider
---| kms.Credentials
---| fun(context: kms.CredentialsContext): kms.Credentials?, any

--- A provider of fixed credentials: the same as the table itself.
---@param fields kms.Credentials
---@return kms.CredentialProvider
function credentials.static(fields) end

--- Reads environment variables at each call.
---@return kms.CredentialProvider
function credentials.environment() end

---@class kms.FileOptions
---@field path string? default: ~/.huaweicloud/credentials or ~/.ncloud/configure
---@field profile string? section of the file; default: basic (Huawei Cloud) or DEFAULT (NAVER Cloud)

--- Reads a section of a profile file at each call.
---@param options kms.FileOptions?
---@return kms.CredentialProvider
function credentials.file(options) end

--- The first provider of a list that has credentials.
---@param providers kms.CredentialsOption[]
---@return kms.CredentialProvider
function credentials.chain(providers) end

---@class kms.MetadataOptions
---@field endpoint string? default http://169.254.169.254

--- The metadata service of the server that the program runs on.
---@param options kms.MetadataOptions?
---@return kms.CredentialProvider
function credentials.metadata(options) end

---@class kms.ContainerOptions
---@field uri string? variable HC_CONTAINER_CREDENTIALS_FULL_URI
---@field token_file string? variable HC_CONTAINER_AUTHORIZATION_TOKEN_FILE

--- CCE pod identity (Huawei Cloud).
---@param options kms.ContainerOptions?
---@return kms.CredentialProvider
function credentials.container(options) end

---@class kms.IamTokenOptions
---@field user string name of the IAM user
---@field password string
---@field domain string name of the account
---@field project string? id or name; default: the client's region
---@field endpoint string? of IAM
---@field shared string? NGINX: name of a lua_shared_dict that holds the token for all workers

--- A token for a user and a password (Huawei Cloud IAM).
---@param options kms.IamTokenOptions
---@return kms.CredentialProvider
function credentials.iam_token(options) end

---@class kms.OidcOptions
---@field idp_id string? variable HUAWEICLOUD_SDK_IDP_ID
---@field id_token_file string? variable HUAWEICLOUD_SDK_ID_TOKEN_FILE
---@field endpoint string? of IAM
---@field duration number? seconds, 900 to 86400; default 21600

--- Temporary keys for an OpenID Connect token (Huawei Cloud IAM).
---@param options kms.OidcOptions?
---@return kms.CredentialProvider
function credentials.oidc(options) end

--- The provider that an option stands for; nil is the environment, then the profile file.
---@param option kms.CredentialsOption?
---@return kms.CredentialProvider
function credentials.provider(option) end

return credentials
