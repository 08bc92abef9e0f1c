--- Writes the state of an emulator to plain tables that JSON can hold, and restores it.
---
--- A saved state contains the material of all keys, the secret keys of all accounts, and tokens: those of the emulator,
--- none of the program around it.

local config = require "kms.emulator.config"
local json = require "kms.emulator.json"
local schema = require "kms.emulator.schema"
local validate = require "kms.util.validate"

local saved_state = {}

-- The number of the format. A change that older code cannot read needs another number.
local FORMAT = 1

local CLOUDS = { "huawei", "ncloud" }
local PROVIDERS = { "huawei", "ncloud", "iam", "metadata" }

local FORMAT_RULE = {
  text = ("%d, the format of this version"):format(FORMAT),
  test = function(value) return value == FORMAT end,
}

local FIELDS = {
  { name = "format", type = "number", required = true, rule = FORMAT_RULE },
  schema.required("time", "number"),
  schema.required("settings", "table"),
  schema.required("generators", "table"),
  schema.required("issued_count", "number"),
  schema.required("accounts", "table"),
  schema.required("issued_keys", "table"),
  schema.required("tokens", "table"),
  schema.required("locks", "table"),
  schema.required("sessions", "table"),
  schema.required("faults", "table"),
  schema.required("requests", "table"),
  schema.required("huawei", "table"),
  schema.required("ncloud", "table"),
}

-- Finds the problem of a table whose members are tables.
local function find_keys_problem(name, keys)
  if type(keys) ~= "table" then return ("field '%s.keys': table expected, got %s"):format(name, type(keys)) end
  for id, key in pairs(keys) do
    if type(key) ~= "table" then
      return ("field '%s.keys', entry %s: table expected, got %s"):format(name, validate.quote(id), type(key))
    end
  end
end

local function find_count_problem(name, count)
  local total, by_operation = json.get(count, "total"), json.get(count, "by_operation")
  if type(total) ~= "number" then
    return ("field 'requests.%s.total': number expected, got %s"):format(name, type(total))
  end
  if type(by_operation) ~= "table" then
    return ("field 'requests.%s.by_operation': table expected, got %s"):format(name, type(by_operation))
  end
end

--- Finds the first problem of a saved state. What `save` wrote has none.
---@param saved any
---@return string? problem
function saved_state.find_problem(saved)
  local problem = schema.find_problem(FIELDS, saved, "field")
    or config.find_problem { accounts = saved.accounts }
    or config.find_problem { accounts = saved.issued_keys }
  for _, name in ipairs(PROVIDERS) do problem = problem or find_count_problem(name, saved.requests[name]) end
  for _, name in ipairs(CLOUDS) do problem = problem or find_keys_problem(name, saved[name].keys) end
  return problem
end

-- Sorts a list by a field, so that equal states are saved as equal lists.
local function sort_by(list, name)
  table.sort(list, function(left, right) return left[name] < right[name] end)
  return list
end

-- The accounts that IAM and the metadata services added to those of the start.
local function list_issued_keys(services)
  local is_initial, issued = {}, {}
  for _, account in ipairs(services.iam.accounts) do is_initial[account] = true end
  for _, account in ipairs(services.metadata.accounts.ncloud) do is_initial[account] = true end
  for _, name in ipairs(CLOUDS) do
    for _, account in pairs(services[name].gateway.accounts) do
      if not is_initial[account] then issued[#issued + 1] = account end
    end
  end
  return sort_by(issued, "access_key")
end

local function list_tokens(gateway)
  local tokens = {}
  for value, token in pairs(gateway.tokens) do
    tokens[#tokens + 1] = { token = value, access_key = token.account.access_key, region = token.region,
      expires = token.expires }
  end
  return sort_by(tokens, "token")
end

--- Returns the state as plain tables that share nothing with the emulator.
---@param cloud kms.Emulator
---@return kms.EmulatorSavedState
function saved_state.build(cloud)
  local services = cloud.services
  local accounts = {}
  for _, name in ipairs(CLOUDS) do
    for _, account in ipairs(services.metadata.accounts[name]) do accounts[#accounts + 1] = account end
  end
  return schema.deep_copy {
    format = FORMAT, time = cloud:now(), settings = cloud.current_settings, generators = cloud.chance.generators,
    issued_count = cloud.issuer.count, accounts = accounts, issued_keys = list_issued_keys(services),
    tokens = list_tokens(services.huawei.gateway), locks = services.huawei.gateway.failures,
    sessions = services.metadata.sessions, faults = cloud.faults.pending, requests = cloud.request_counts,
    huawei = services.huawei.state, ncloud = services.ncloud.state,
  }
end

--- Restores a state in an emulator that was started with its accounts and settings.
---@param cloud kms.Emulator
---@param saved kms.EmulatorSavedState shares its tables with the emulator from now on
function saved_state.apply(cloud, saved)
  local services = cloud.services
  services.huawei.state, services.ncloud.state = saved.huawei, saved.ncloud
  services.metadata.sessions = saved.sessions
  cloud.faults.pending, cloud.request_counts = saved.faults, saved.requests
  cloud.chance.generators, cloud.issuer.count = saved.generators, saved.issued_count
  local gateway = services.huawei.gateway
  for _, account in ipairs(saved.issued_keys) do services[account.provider].gateway:accept_keys(account) end
  gateway.failures, gateway.tokens = saved.locks, {}
  for _, token in ipairs(saved.tokens) do
    local account = gateway.accounts[token.access_key]
    gateway:accept_token(token.token, { account = account, region = token.region, expires = token.expires })
  end
end

return saved_state
