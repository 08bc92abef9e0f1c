--- Counts requests per second and refuses those above a quota: the settings `huawei_quota` and `ncloud_quota`.

local quotas = {}
quotas.__index = quotas

-- Documented for Huawei Cloud: a quota per user for the operations on the life cycle of keys; 20 calls per second.
-- Inferred: these are the operations.
local HUAWEI_OPERATIONS = {
  create_key = true, enable_key = true, disable_key = true, delete_key = true, cancel_key_deletion = true,
  update_key_alias = true, update_key_description = true, replicate_key = true, update_primary_region = true,
}

-- Documented for NAVER Cloud: 300 calls of "Encrypt" per second and key. Inferred: the other cryptographic operations
-- count too.
local NCLOUD_OPERATIONS = {
  encrypt = true, decrypt = true, re_encrypt = true, create_custom_key = true, sign = true, verify = true,
}

-- By cloud: the setting with the quota, the operations that count, and a function that names the counter of a call.
local RULES = {
  huawei = {
    setting = "huawei_quota", operations = HUAWEI_OPERATIONS,
    name_counter = function(call) return call.account.access_key or call.account.owner end,
  },
  ncloud = {
    setting = "ncloud_quota", operations = NCLOUD_OPERATIONS,
    name_counter = function(call) return call.params.key_tag end,
  },
}

---@param settings kms.EmulatorSettings
function quotas.new(settings) return setmetatable({ settings = settings, counters = {} }, quotas) end

--- Counts a request that was admitted. Inferred: the seconds are those of the clock.
---@param provider string
---@param call kms.EmulatorCall
---@return integer? quota that the request exceeds
function quotas:find_exceeded(provider, call)
  local rule = RULES[provider]
  local quota = rule and self.settings[rule.setting] or 0
  if quota == 0 or not call.account or not rule.operations[call.operation.name] then return nil end
  local second, name = math.floor(call.now), provider .. " " .. rule.name_counter(call)
  local counter = self.counters[name]
  if not counter or counter.second ~= second then
    counter = { second = second, count = 0 }
    self.counters[name] = counter
  end
  counter.count = counter.count + 1
  return counter.count > quota and quota or nil
end

return quotas
