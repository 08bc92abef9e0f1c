--- Draws how long a response takes, by the setting `latency`. Virtual time in the process, real time in the server.

local random = require "kms.emulator.random"
local schema = require "kms.emulator.schema"
local validate = require "kms.util.validate"

local latency = {}

-- Longer durations are the purpose of the fault "delay".
local MAX_SECONDS = 3600

local function seconds(name)
  local rule = {
    text = ("a number of seconds from 0 to %d"):format(MAX_SECONDS),
    test = function(value) return value >= 0 and value <= MAX_SECONDS end,
  }
  return { name = name, type = "number", required = true, rule = rule }
end

-- The normal distribution by Box and Muller. A logarithm of 0 is not possible.
local function draw_normal(generator)
  local first, second = random.next(generator), random.next(generator)
  return math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
end

-- The 99th percentile of the standard normal distribution.
local P99 = 2.3263478740408408

-- By distribution: the fields that describe it, and a function that draws a duration.
local DISTRIBUTIONS = {
  fixed = {
    fields = { seconds "seconds" },
    draw = function(setting) return setting.seconds end,
  },
  uniform = {
    fields = { seconds "min", seconds "max" },
    draw = function(setting, generator) return setting.min + (setting.max - setting.min) * random.next(generator) end,
  },
  exponential = {
    fields = { seconds "mean" },
    draw = function(setting, generator) return -setting.mean * math.log(1 - random.next(generator)) end,
  },
  -- A long tail, as networks have. The two fields are what monitoring shows.
  lognormal = {
    fields = { seconds "median", seconds "p99" },
    draw = function(setting, generator)
      if setting.median == 0 then return 0 end
      return setting.median * math.exp(math.log(setting.p99 / setting.median) / P99 * draw_normal(generator))
    end,
  },
}

local NAMES = { "fixed", "uniform", "exponential", "lognormal" }
local DISTRIBUTION = schema.choice("distribution", NAMES, true)
local SEED = schema.whole_number("seed", 0, 2 ^ 31 - 1)

--- Finds the first problem of the setting.
---@param setting any
---@return string? problem
function latency.find_problem(setting)
  if type(setting) ~= "table" then return validate.arguments({}, setting, "field") end
  local problem = schema.find_problem({ DISTRIBUTION }, { distribution = setting.distribution }, "field")
  if problem then return problem end
  local fields = { DISTRIBUTION, SEED }
  for _, field in ipairs(DISTRIBUTIONS[setting.distribution].fields) do fields[#fields + 1] = field end
  problem = schema.find_problem(fields, setting, "field")
  if problem then return problem end
  if setting.min and setting.max < setting.min then return "max must not be below min" end
  if setting.median and setting.p99 < setting.median then return "p99 must not be below median" end
end

--- Draws the duration of a response.
---@param setting kms.EmulatorLatency
---@param generator { value: number }
---@return number seconds
function latency.draw(setting, generator)
  return math.min(DISTRIBUTIONS[setting.distribution].draw(setting, generator), MAX_SECONDS)
end

return latency
