--- How IAM, the metadata services and the clocks behave, for tests that want it otherwise: what `cloud:settings` takes.

local fields = require "kms.emulator.schema"

local switches = {}

---@class kms.EmulatorSettings
---@field metadata_v2 "optional"|"required"|"unavailable" session tokens of both metadata services
---@field metadata_v2_status integer 404, 405 or 503: what asking for a session token is answered when "unavailable"
---@field metadata_token_lifetime number longest life of a session token in seconds, whatever is asked for
---@field agency boolean whether an agency is set up for the Huawei server
---@field server_role boolean whether the NAVER server has a role
---@field token_lifetime number seconds that a token of IAM lasts
---@field key_lifetime number seconds that keys of the metadata services and of the container endpoint last
---@field clock_offset number seconds by which the clouds' clocks are ahead of the caller's, `cloud:now()`

local HOUR = 3600

local function seconds(name, default)
  local rule = { text = "0 or more", test = function(value) return value >= 0 end }
  return { name = name, type = "number", rule = rule, default = default }
end

local function boolean(name) return { name = name, type = "boolean", default = true } end

local V2 = fields.choice("metadata_v2", { "optional", "required", "unavailable" })
V2.default = "optional"

-- What the SDKs take for an answer of a service without session tokens.
local V2_STATUS = { [404] = true, [405] = true, [503] = true }

local ROWS = {
  V2,
  { name = "metadata_v2_status", type = "number", default = 404,
    rule = { text = "404, 405 or 503", test = function(value) return V2_STATUS[value] end } },
  seconds("metadata_token_lifetime", 6 * HOUR),
  boolean "agency",
  boolean "server_role",
  -- "Obtaining a User Token Through Password Authentication", constraints.
  seconds("token_lifetime", 24 * HOUR),
  seconds("key_lifetime", 6 * HOUR), -- not documented
  { name = "clock_offset", type = "number", default = 0 },
}

--- The settings of a new emulator.
---@return kms.EmulatorSettings
function switches.new()
  local settings = {}
  for _, row in ipairs(ROWS) do settings[row.name] = row.default end
  return settings
end

--- What is wrong with changes to them.
---@return string? problem
function switches.problem(changes) return fields.problem(ROWS, changes, "setting") end

return switches
