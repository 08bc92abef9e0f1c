--- The settings that `cloud:settings` changes: how KMS, IAM, the metadata services and the clocks behave.
--- types/kms/emulator.lua describes them.

local latency = require "kms.emulator.latency"
local random_faults = require "kms.emulator.random_faults"
local schema = require "kms.emulator.schema"

local settings = {}

local HOUR = 3600
local MAX_SECONDS = 2 ^ 31 -- 68 years
local MAX_COUNT = 2 ^ 31 - 1

--- The rule of an offset of a clock. Dates in headers have years of four digits.
---@type kms.Rule
settings.OFFSET = {
  text = ("a number of seconds from -%d to %d"):format(MAX_SECONDS, MAX_SECONDS),
  test = function(value) return schema.is_finite(value) and math.abs(value) <= MAX_SECONDS end,
}

local function duration(name, default)
  local rule = {
    text = ("a number of seconds from 0 to %d"):format(MAX_SECONDS),
    test = function(value) return value >= 0 and value <= MAX_SECONDS end,
  }
  return { name = name, type = "number", rule = rule, default = default }
end

local function boolean(name) return { name = name, type = "boolean", default = true } end

local function choice(name, words)
  local field = schema.choice(name, words)
  field.default = words[1]
  return field
end

local function count(name, default)
  local field = schema.whole_number(name, 0, MAX_COUNT)
  field.default = default
  return field
end

-- Seen in the official SDKs: they take these statuses as "the service has no session tokens".
local METADATA_V2_STATUS = { [404] = true, [405] = true, [503] = true }

local FIELDS = {
  choice("metadata_v2", { "optional", "required", "unavailable" }),
  { name = "metadata_v2_status", type = "number", default = 404,
    rule = { text = "404, 405 or 503", test = function(value) return METADATA_V2_STATUS[value] end } },
  duration("metadata_token_lifetime", 6 * HOUR),
  boolean "agency",
  boolean "server_role",
  -- Documented: "Obtaining a User Token Through Password Authentication", constraints.
  duration("token_lifetime", 24 * HOUR),
  duration("key_lifetime", 6 * HOUR), -- not documented
  -- Inferred from the text of KMS.0106, "readonly api allowed".
  choice("inferred_replica_changes", { "refused", "accepted" }),
  choice("inferred_replica_key_ids", { "same", "new" }), -- inferred
  -- Seen: the official SDKs read an array, the vendor's Terraform provider an object.
  choice("alias_list", { "array", "object" }),
  -- Documented: the largest numbers that "Querying the Quota" returns.
  count("key_quota", 100), count("grant_quota", 100),
  { name = "clock_offset", type = "number", default = 0, rule = settings.OFFSET },
  { name = "random_faults", type = "table", default = { rate = 0 } },
  { name = "latency", type = "table", default = { distribution = "fixed", seconds = 0 },
    find_problem = latency.find_problem },
  -- 0: no quota. kms.emulator.quotas names the documented numbers.
  count("huawei_quota", 0), count("ncloud_quota", 0),
  duration("consistency_delay", 0),
  count("request_log", 0),
  -- Documented for version 3 of NAVER's API, which serves the same keys: letter case does not count.
  choice("inferred_key_name_case", { "ignored", "distinguished" }),
  -- Inferred. Documented for version 3: a key is not renamed to its present name.
  choice("inferred_present_key_name", { "accepted", "refused" }),
  -- Inferred. Documented for version 3: status 400 for a key of another zone.
  choice("inferred_other_zone", { "NOT_FOUND", "INVALID_REQUEST" }),
  -- Both are documented: the sample has "keyList" and the totals inside `data`, the table of fields "KeyList" and the
  -- totals beside `data`.
  choice("key_list", { "sample", "table" }),
}

--- Returns the settings of a new emulator.
---@return kms.EmulatorSettings
function settings.new()
  local values = {}
  for _, field in ipairs(FIELDS) do values[field.name] = schema.deep_copy(field.default) end
  return values
end

--- Finds the first problem of changes to the settings.
---@param changes any
---@param find_fault_problem fun(fault: any): string? finds the problem of a fault
---@return string? problem
function settings.find_problem(changes, find_fault_problem)
  local problem = schema.find_problem(FIELDS, changes, "setting")
  if problem or not changes.random_faults then return problem end
  problem = random_faults.find_problem(changes.random_faults, find_fault_problem)
  return problem and "setting 'random_faults': " .. problem
end

return settings
