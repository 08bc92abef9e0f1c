--- Draws the faults that requests meet at random, by the setting `random_faults`. The same seed and the same requests
--- give the same faults.

local random = require "kms.emulator.random"
local schema = require "kms.emulator.schema"
local validate = require "kms.util.validate"

local random_faults = {}

local RATE = {
  text = "a number from 0 to 1",
  test = function(value) return value >= 0 and value <= 1 end,
}

local FIELDS = {
  { name = "rate", type = "number", required = true, rule = RATE },
  schema.optional("kinds", "table"),
  schema.whole_number("seed", 0, 2 ^ 31 - 1),
  schema.optional("match", "table"),
}

-- What a kind that is named without its fields does.
local DEFAULT_FIELDS = {
  delay = { seconds = 1 },
  status = { status = 500, body = "" },
  append = { text = "\0garbage" },
  drip = { bytes = 16, interval = 0.1 },
  redirect = { location = "https://localhost/" },
}

-- The failures that a client meets in operation.
local DEFAULT_KINDS = {
  "close_before", { kind = "close_before", applied = true }, "close_within", "bad_gateway", "throttled", "delay",
}

-- Returns a complete fault for an entry of `kinds`.
local function complete(entry, match)
  local fault = { match = match }
  local kind = type(entry) == "table" and entry.kind or entry
  for name, value in pairs(DEFAULT_FIELDS[kind] or {}) do fault[name] = value end
  for name, value in pairs(type(entry) == "table" and entry or { kind = entry }) do fault[name] = value end
  return fault
end

--- Finds the first problem of the setting.
---@param setting any
---@param find_fault_problem fun(fault: any): string? finds the problem of a complete fault
---@return string? problem
function random_faults.find_problem(setting, find_fault_problem)
  local problem = schema.find_problem(FIELDS, setting, "field")
  if problem then return problem end
  for i, entry in ipairs(setting.kinds or DEFAULT_KINDS) do
    if type(entry) ~= "string" and type(entry) ~= "table" then
      return ("kinds[%d] must be the name of a kind or a fault; got %s"):format(i, validate.quote(entry))
    end
    problem = find_fault_problem(complete(entry, setting.match))
    if problem then return ("kinds[%d]: %s"):format(i, problem) end
  end
  if setting.kinds and #setting.kinds == 0 then return "kinds must have a member" end
end

--- Returns the fault for a request, or nil. Draws two numbers per request, so that a change of `kinds` does not change
--- which requests meet a fault.
---@param setting kms.EmulatorRandomFaults
---@param generator { value: number }
---@return kms.EmulatorFault?
function random_faults.draw(setting, generator)
  local is_met = random.next(generator) < setting.rate
  local entry = random.choose(generator, setting.kinds or DEFAULT_KINDS)
  return is_met and complete(entry, setting.match) or nil
end

return random_faults
