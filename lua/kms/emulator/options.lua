--- What an emulator may be given: checked, and filled up with what was left out.

local check = require "kms.check"
local defaults = require "kms.emulator.defaults"
local fields = require "kms.emulator.fields"

local options = {}

---@class kms.EmulatorOptions
---@field accounts table[]? in place of the default ones. Each has `provider` ("huawei" or "ncloud"), `access_key`,
---  `secret_key`, `owner` (whose keys it sees, "demo" when not given); for Huawei also `projects` (region ->
---  project id), `security_token` (makes it a temporary key), `expires` (Unix time), and `tokens`, a list of
---  `{ token, region, expires }`
---@field keys table[]? in place of the default ones. Each has `provider`, `owner`, `state` ("enabled" when not given,
---  "disabled", "pending_deletion"); for Huawei `key_id`, `primary`, `replicas`, `default_master`; for NAVER
---  `key_tag`, `key_name` and `zone` ("global" when not given, "kr", "jp", "gov")
---@field clock (fun(): number)? Unix time; without it time starts as it is now, and only sleep and advance move it
---@field hosts table<string, table>? more hosts, as on the wire -> `{ provider = "huawei", region = … }` or
---  `{ provider = "ncloud", zone = … }`

local required, optional = fields.required, fields.optional

local PROVIDER = fields.choice("provider", { "huawei", "ncloud" }, true)
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
      optional("projects", "table"), optional("tokens", "table"), optional("expires", "number"),
    },
    ncloud = { PROVIDER, required "access_key", required "secret_key", optional "owner" },
  },
  keys = {
    huawei = {
      PROVIDER, required "key_id", required "primary", optional("replicas", "table"),
      optional("default_master", "boolean"), STATE, optional "owner",
    },
    ncloud = { PROVIDER, required "key_tag", required "key_name", ZONE, STATE, optional "owner" },
  },
  hosts = { huawei = { PROVIDER, required "region" }, ncloud = { PROVIDER, ZONE } },
}

local TOKEN = { required "token", required "region", optional("expires", "number") }

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

local function entry_problem(option, entry)
  if type(entry) ~= "table" then return check.misuse({}, entry, "field") end
  local problem = fields.problem({ PROVIDER }, { provider = entry.provider }, "field")
    or fields.problem(ENTRIES[option][entry.provider], entry, "field")
  for _, token in ipairs(not problem and entry.tokens or {}) do
    problem = problem or fields.problem(TOKEN, token, "field")
  end
  return problem
end

--- What is wrong with the options.
---@return string? problem
function options.problem(given)
  local problem = check.misuse(OPTIONS, given, "option")
  if problem then return problem end
  for option in pairs(ENTRIES) do
    for at, entry in pairs(given[option] or {}) do
      problem = entry_problem(option, entry)
      if problem then return ("option '%s', entry %s: %s"):format(option, check.show(at), problem) end
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
  for _, row in ipairs(given[option] or defaults[option]) do
    if row.provider == provider then
      local entry = options.copy(FILLED[option][provider])
      for name, value in pairs(row) do entry[name] = options.copy(value) end
      entries[#entries + 1] = entry
    end
  end
  return entries
end

return options
