--- NAVER Cloud KMS 2.0: tokens for the cryptographic operations of a key.

local fields = require "kms.ncloud.fields"
local rules = require "kms.ncloud.rules"

local access_token_hours = { name = "access_token_hours", wire = "accessTokenHours", type = "integer|string",
  place = "body", rule = rules.HOURS, default = 72, about = 'lifetime of the access token in hours; "UL": no limit' }
local refresh_token_hours = { name = "refresh_token_hours", wire = "refreshTokenHours", type = "integer|string",
  place = "body", rule = rules.HOURS, default = 2160, about = 'lifetime of the refresh token in hours; "UL": no limit' }

local access_token = { name = "access_token", wire = "accessToken", type = "string", required = true, secret = true,
  about = "authenticates cryptographic operations" }
local refresh_token = { name = "refresh_token", wire = "refreshToken", type = "string", required = true, secret = true,
  about = "authenticates renew_token_set and create_access_token" }

local READ_GENERATOR = { { code = "", hint = "to verify, read the token generator's id with get_token_generator" } }
local NO_LIST = { { code = "", hint = "tokens cannot be listed; those that exist are valid until they expire" } }
local ENDS_TOKENS = "All tokens of the key become invalid, for good."

---@type kms.Operation[]
return {
  {
    name = "get_token_generator",
    official = "Get Token Generator",
    about = "Reads the token generator of a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}/token-generator",
    read_only = true,
    params = { fields.key_tag },
    result = {
      { name = "token_generator_id", wire = "tokenGeneratorId", type = "string", about = "id of the token generator" },
      { name = "status", type = "string", values = { "ACTIVE", "INACTIVE" }, about = "status of the token generator" },
      { name = "enabled_date", wire = "enabledDate", type = "time", unit = "ms", about = "when it became active" },
      { name = "disabled_date", wire = "disabledDate", type = "time", unit = "ms", about = "when it became inactive" },
      { name = "issued_token_count", wire = "issuedTokenCount", type = "integer", about = "number of issued tokens" },
    },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-get-token-gen" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "create_token_generator",
    official = "Create Token Generator",
    about = "Creates the token generator of a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/token-generator",
    verification = READ_GENERATOR,
    params = { fields.key_tag },
    result = {},
    notes = {
      "Unverified: the whole operation; it follows the pages of its sister operations.", fields.UNDOCUMENTED_REPEAT,
    },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-create-token-gen" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "update_token_generator",
    official = "Update Token Generator",
    about = "Replaces the token generator of a key.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/token-generator",
    verification = READ_GENERATOR,
    params = { fields.key_tag },
    result = {},
    notes = { ENDS_TOKENS, "A repeat replaces the generator again, and also ends the tokens issued in between." },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-update-token-gen" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "delete_token_generator",
    official = "Delete Token Generator",
    about = "Deletes the token generator of a key.",
    method = "DELETE",
    path = "/kms/v1/keys/{key_tag}/token-generator",
    repeatable = true,
    verification = READ_GENERATOR,
    params = { fields.key_tag },
    result = {},
    notes = { ENDS_TOKENS, fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-delete-token-gen" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "create_token_set",
    official = "Create Token Set",
    about = "Creates an access token and a refresh token for a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/token-set",
    verification = NO_LIST,
    params = { fields.key_tag, access_token_hours, refresh_token_hours },
    result = { access_token, refresh_token },
    notes = { "The tokens have all rights of the caller on the key. A single token cannot be revoked." },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-token-set" },
    example = { key_tag = fields.ROTATED_TAG, access_token_hours = 24 },
  },
  {
    name = "renew_token_set",
    official = "Renew Token Set",
    about = "Creates a further access token and refresh token for a key.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/token-set",
    auth = "refresh_token",
    verification = NO_LIST,
    params = { fields.key_tag, access_token_hours, refresh_token_hours },
    result = { access_token, refresh_token },
    notes = {
      "The tokens that exist stay valid.",
      "Unverified: the members of the response; they are those of create_token_set.",
    },
    sources = { "https://api.ncloud-docs.com/docs/ko/security-kms2-token-renew" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "create_access_token",
    official = "Create Access Token",
    about = "Creates a further access token for a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/access-token",
    auth = "refresh_token",
    verification = NO_LIST,
    params = { fields.key_tag, access_token_hours },
    result = { access_token },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-token-access-token" },
    example = { key_tag = fields.ROTATED_TAG, access_token_hours = 24 },
  },
}
