--- The settings that `cloud:settings` changes: how IAM, the metadata services and the clocks behave.
--- types/kms/emulator.lua describes them.

local schema = require "kms.emulator.schema"

local settings = {}

local HOUR = 3600

local function duration(name, default)
  local rule = { text = "0 or more", test = function(value) return value >= 0 end }
  return { name = name, type = "number", rule = rule, default = default }
end

local function boolean(name) return { name = name, type = "boolean", default = true } end

local METADATA_V2 = schema.choice("metadata_v2", { "optional", "required", "unavailable" })
METADATA_V2.default = "optional"

-- Seen in the official SDKs: they take these statuses as "the service has no session tokens".
local METADATA_V2_STATUS = { [404] = true, [405] = true, [503] = true }

local FIELDS = {
  METADATA_V2,
  { name = "metadata_v2_status", type = "number", default = 404,
    rule = { text = "404, 405 or 503", test = function(value) return METADATA_V2_STATUS[value] end } },
  duration("metadata_token_lifetime", 6 * HOUR),
  boolean "agency",
  boolean "server_role",
  -- Documented: "Obtaining a User Token Through Password Authentication", constraints.
  duration("token_lifetime", 24 * HOUR),
  duration("key_lifetime", 6 * HOUR), -- not documented
  { name = "clock_offset", type = "number", default = 0 },
}

--- Returns the settings of a new emulator.
---@return kms.EmulatorSettings
function settings.new()
  local values = {}
  for _, field in ipairs(FIELDS) do values[field.name] = field.default end
  return values
end

--- Finds the first problem of changes to the settings.
---@param changes any
---@return string? problem
function settings.find_problem(changes) return schema.find_problem(FIELDS, changes, "setting") end

return settings
