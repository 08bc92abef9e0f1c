--- What an emulator may be given: checked, and filled up with what was left out.

local validate = require "kms.util.validate"
local fixtures = require "kms.emulator.fixtures"
local fields = require "kms.emulator.schema"

local options = {}

---@class kms.EmulatorAccount
---@field provider "huawei"|"ncloud"
---@field access_key string
---@field secret_key string
---@field owner string? whose keys it sees; "demo" when not given
---@field expires number? Unix time
---@field role string? NAVER: id of the server role that stands for it
---@field security_token string? Huawei, as all that follow: makes it a temporary key
---@field projects table<string, string>? region -> project id
---@field more_projects { name: string, id: string }[]? what IAM lists besides
---@field tokens { token: string, region: string, expires: number? }[]?
---@field user { name: string, password: string, domain: string }? who may sign in at IAM for it
---@field idp { id: string, id_token: string, expires: number? }? likewise, by OpenID Connect
---@field agency boolean? true: the metadata service hands out keys that stand for it
---@field pod_token string? what must be shown to the container endpoint for keys that stand for it

---@class kms.EmulatorOptions
---@field accounts kms.EmulatorAccount[]? in place of the default ones
---@field keys table[]? in place of the default ones. Each has `provider`, `owner`, `state` ("enabled" when not given,
---  "disabled", "pending_deletion"); for Huawei `key_id`, `primary`, `replicas`, `default_master`; for NAVER
---  `key_tag`, `key_name` and `zone` ("global" when not given, "kr", "jp", "gov")
---@field clock (fun(): number)? Unix time; without it time starts as it is now, and only sleep and advance move it
---@field hosts table<string, table>? more hosts, as on the wire -> `{ provider = "huawei", region = … }`,
---  `{ provider = "ncloud", zone = … }`, `{ provider = "iam" }` or `{ provider = "metadata" }`

local required, optional = fields.required, fields.optional

local PROVIDER = fields.choice("provider", { "huawei", "ncloud" }, true)
local SERVICE = fields.choice("provider", { "huawei", "ncloud", "iam", "metadata" }, true)
local STATE = fields.choice("state", { "enabled", "disabled", "pending_deletion" })
local ZONE = fields.choice("zone", { "global", "kr", "jp", "gov" })

local OPTIONS = {
  optional("accounts", "table"), optional("keys", "table"), optional("clock", "function"), optional("hosts", "table"),
}

-- The fields of an entry, by option and provider.
local ENTRIES = {
  accounts = {
    huawei = {
      PROVIDER, required "access_key", required "secret_key", optional "owner", optional "security_token",
      optional("projects", "table"), optional("more_projects", "table"), optional("tokens", "table"),
      optional("expires", "number"), optional("user", "table"), optional("idp", "table"),
      optional("agency", "boolean"), optional "pod_token",
    },
    ncloud = {
      PROVIDER, required "access_key", required "secret_key", optional "owner", optional("expires", "number"),
      optional "role",
    },
  },
  keys = {
    huawei = {
      PROVIDER, required "key_id", required "primary", optional("replicas", "table"),
      optional("default_master", "boolean"), STATE, optional "owner",
    },
    ncloud = { PROVIDER, required "key_tag", required "key_name", ZONE, STATE, optional "owner" },
  },
  hosts = {
    huawei = { SERVICE, required "region" }, ncloud = { SERVICE, ZONE }, iam = { SERVICE }, metadata = { SERVICE },
  },
}

-- The fields of tables within an entry; of `list`, of each member.
local WITHIN = {
  tokens = { list = true, required "token", required "region", optional("expires", "number") },
  more_projects = { list = true, required "name", required "id" },
  user = { required "name", required "password", required "domain" },
  idp = { required "id", required "id_token", optional("expires", "number") },
}

local FILLED = {
  accounts = {
    huawei = { owner = "demo", projects = {}, tokens = {} },
    ncloud = { owner = "demo" },
  },
  keys = {
    huawei = { owner = "demo", state = "enabled", replicas = {} },
    ncloud = { owner = "demo", state = "enabled", zone = "global" },
  },
}

function options.copy(value)
  if type(value) ~= "table" then return value end
  local copied = {}
  for name, member in pairs(value) do copied[name] = options.copy(member) end
  return copied
end

local function within_problem(name, value)
  local row = WITHIN[name]
  if not row then return nil end
  for _, member in ipairs(row.list and value or { value }) do
    local problem = fields.problem(row, member, "field")
    if problem then return problem end
  end
end

local function entry_problem(option, entry)
  if type(entry) ~= "table" then return validate.arguments({}, entry, "field") end
  local provider = option == "hosts" and SERVICE or PROVIDER
  local problem = fields.problem({ provider }, { provider = entry.provider }, "field")
    or fields.problem(ENTRIES[option][entry.provider], entry, "field")
  if problem then return problem end
  for name, value in pairs(entry) do
    problem = within_problem(name, value)
    if problem then return problem end
  end
end

--- What is wrong with the options.
---@return string? problem
function options.problem(given)
  local problem = validate.arguments(OPTIONS, given, "option")
  if problem then return problem end
  for option in pairs(ENTRIES) do
    for at, entry in pairs(given[option] or {}) do
      problem = entry_problem(option, entry)
      if problem then return ("option '%s', entry %s: %s"):format(option, validate.quote(at), problem) end
    end
  end
end

--- The accounts or keys of one provider, in fresh copies with every field in place.
---@param given kms.EmulatorOptions
---@param option "accounts"|"keys"
---@param provider string
---@return table[]
function options.entries(given, option, provider)
  local entries = {}
  for _, row in ipairs(given[option] or fixtures[option]) do
    if row.provider == provider then
      local entry = options.copy(FILLED[option][provider])
      for name, value in pairs(row) do entry[name] = options.copy(value) end
      entries[#entries + 1] = entry
    end
  end
  return entries
end

return options
