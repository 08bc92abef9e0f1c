--- Draws what is random: faults and durations. Each follows from the seed in its setting.

local latency = require "kms.emulator.latency"
local random = require "kms.emulator.random"
local random_faults = require "kms.emulator.random_faults"

local chance = {}
chance.__index = chance

-- The settings that have a seed.
local SETTINGS = { random_faults = true, latency = true }

---@param settings kms.EmulatorSettings
function chance.new(settings)
  local self = setmetatable({ settings = settings, generators = {} }, chance)
  for name in pairs(SETTINGS) do self:restart(name) end
  return self
end

--- Starts the numbers of a setting again, from its seed. Does nothing for a setting without one.
---@param name string
function chance:restart(name)
  if SETTINGS[name] then self.generators[name] = random.new(self.settings[name].seed or 0) end
end

--- Draws the fault of a request.
---@return kms.EmulatorFault?
function chance:draw_fault()
  return random_faults.draw(self.settings.random_faults, self.generators.random_faults)
end

--- Draws the duration of a response.
---@return number seconds
function chance:draw_latency() return latency.draw(self.settings.latency, self.generators.latency) end

return chance
