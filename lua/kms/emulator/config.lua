--- Validates the options of an emulator and adds the defaults. types/kms/emulator.lua describes them.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"
local fixtures = require "kms.emulator.fixtures"
local schema = require "kms.emulator.schema"

local config = {}

local required, optional, whole_number = schema.required, schema.optional, schema.whole_number

local PROVIDER = schema.choice("provider", { "huawei", "ncloud" }, true)
local HOST_PROVIDER = schema.choice("provider", { "huawei", "ncloud", "iam", "metadata" }, true)
local STATE = schema.choice("state", { "enabled", "disabled", "pending_deletion" })
local ZONE = schema.choice("zone", { "global", "kr", "jp", "gov" })

local ALIASES = optional("aliases", "table")
ALIASES.rule = {
  text = "a list of strings",
  test = function(list)
    for i, alias in pairs(list) do
      if type(i) ~= "number" or type(alias) ~= "string" then return false end
    end
    return true
  end,
}

local OPTIONS = {
  optional("accounts", "table"), optional("keys", "table"), optional("settings", "table"), optional("seed", "table"),
  optional("state", "table"), optional("clock", "function"), optional("hosts", "table"),
}

-- A seed is data, so JSON can hold it.
local SEED = { optional("accounts", "table"), optional("keys", "table"), optional("settings", "table") }

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
      schema.choice("key_spec", {
        "AES_256", "SM4", "RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "SECP256K1", "SM2", "ED25519",
        "HMAC_256", "HMAC_384", "HMAC_512", "HMAC_SM3",
      }),
      schema.choice("key_usage", { "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC" }), optional "key_alias",
      schema.choice("origin", { "kms", "external" }), optional "key_description", optional "enterprise_project_id",
      optional("tags", "table"), ALIASES, whole_number("rotation_interval", 30, 365),
    },
    ncloud = {
      PROVIDER, required "key_tag", required "key_name", ZONE, STATE, optional "owner",
      schema.choice("key_type", { "AES256", "RSA2048", "ECDSA" }),
      schema.choice("protection_type", { "BASIC", "COMMON_HSM" }), optional "memo",
      optional("is_convergent", "boolean"), optional("is_auto_rotation", "boolean"),
      whole_number("rotation_period", 1, 730), whole_number("version_count", 1, 100),
      optional("has_token_generator", "boolean"),
    },
  },
  hosts = {
    huawei = { HOST_PROVIDER, required "region" }, ncloud = { HOST_PROVIDER, ZONE },
    iam = { HOST_PROVIDER }, metadata = { HOST_PROVIDER },
  },
}

-- The fields of the tables within an entry. With `is_list`, the fields of each member of the table.
local NESTED = {
  tokens = { is_list = true, required "token", required "region", optional("expires", "number") },
  tags = { is_list = true, required "key", optional "value" },
  more_projects = { is_list = true, required "name", required "id" },
  user = { required "name", required "password", required "domain" },
  idp = { required "id", required "id_token", optional("expires", "number") },
}

local DEFAULTS = {
  accounts = {
    huawei = { owner = "demo", projects = {}, tokens = {} },
    ncloud = { owner = "demo" },
  },
  keys = {
    huawei = { owner = "demo", replicas = {} }, -- kms.emulator.huawei.state
    ncloud = {}, -- kms.emulator.ncloud.state
  },
}

local function find_nested_problem(name, value)
  local fields = NESTED[name]
  if not fields then return nil end
  for _, member in ipairs(fields.is_list and value or { value }) do
    local problem = schema.find_problem(fields, member, "field")
    if problem then return problem end
  end
end

local function find_entry_problem(option, entry)
  if type(entry) ~= "table" then return validate.arguments({}, entry, "field") end
  local provider = option == "hosts" and HOST_PROVIDER or PROVIDER
  local problem = schema.find_problem({ provider }, { provider = entry.provider }, "field")
    or schema.find_problem(ENTRIES[option][entry.provider], entry, "field")
  if problem then return problem end
  for name, value in pairs(entry) do
    problem = find_nested_problem(name, value)
    if problem then return problem end
  end
end

-- What must be unique: a field, and for a name, whose letter case does not count, a function that returns its scope.
local UNIQUE = {
  accounts = { { "access_key" } },
  keys = {
    { "key_id" }, { "key_tag" },
    { "key_name", function(key) return ("%s %s"):format(key.owner or "demo", key.zone or "global") end },
  },
  hosts = {},
}

-- Finds an entry with a value that another entry has.
local function find_repetition(option, entries)
  local seen = {}
  for _, entry in ipairs(entries) do
    for _, unique in ipairs(UNIQUE[option]) do
      local field, get_scope = unique[1], unique[2]
      local value = entry[field]
      local name = value and ("%s %s %s %s"):format(entry.provider, field, get_scope and get_scope(entry) or "",
        get_scope and ascii.lower(value) or value)
      if name and seen[name] then return ("%s %s is there twice"):format(field, validate.quote(value)) end
      if name then seen[name] = true end
    end
  end
end

local function find_entries_problem(options)
  for _, option in ipairs { "accounts", "keys", "hosts" } do
    for key, entry in pairs(options[option] or {}) do
      local problem = find_entry_problem(option, entry)
      if problem then return ("option '%s', entry %s: %s"):format(option, validate.quote(key), problem) end
    end
    local problem = find_repetition(option, options[option] or {})
    if problem then return ("option '%s': %s"):format(option, problem) end
  end
end

--- Finds the first problem of the options, those in `settings` and `state` excepted.
---@param options any
---@return string? problem
function config.find_problem(options)
  local problem = validate.arguments(OPTIONS, options, "option") or find_entries_problem(options)
  if problem or not options.seed then return problem end
  problem = validate.arguments(SEED, options.seed, "field") or find_entries_problem(options.seed)
  return problem and "option 'seed': " .. problem
end

--- Returns a copy of the options, in which the seed replaces options that are not there.
---@param options kms.EmulatorOptions?
---@return kms.EmulatorOptions
function config.resolve(options)
  local resolved = schema.deep_copy(options or {})
  for name, value in pairs(resolved.seed or {}) do
    if resolved[name] == nil then resolved[name] = value end
  end
  resolved.seed = nil
  return resolved
end

--- Copies the accounts or keys of one provider and adds the defaults.
---@param options kms.EmulatorOptions
---@param option "accounts"|"keys"
---@param provider string
---@return table[]
function config.build_entries(options, option, provider)
  local entries = {}
  for _, source in ipairs(options[option] or fixtures[option]) do
    if source.provider == provider then
      local entry = schema.deep_copy(DEFAULTS[option][provider])
      for name, value in pairs(source) do entry[name] = schema.deep_copy(value) end
      entries[#entries + 1] = entry
    end
  end
  return entries
end

return config
