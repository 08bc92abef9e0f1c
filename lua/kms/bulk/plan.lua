--- Makes the plan of a run: validates all items before the first request, and orders the steps.

local validate = require "kms.util.validate"

local plan = {}

---@class kms.bulk.Plan
---@field steps kms.bulk.Step[]
---@field item_count integer
---@field duplicates integer[] lines that repeat an earlier item and were left out
---@field bad_keys table<string, true> keys of items that are not valid

local function find_key_param(entry)
  for _, param in ipairs(entry.params) do
    if param.is_key then return param.name end
  end
end

--- Iterates over items with their numbers, and what is wrong with them as far as the caller knows.
local function each_item(items)
  if type(items) == "function" then
    local count = 0
    return function()
      local item, line, problem = items()
      count = count + 1
      return item, line or count, problem
    end
  end
  local i = 0
  return function()
    i = i + 1
    return items[i], i
  end
end

local function merge_params(item, common, key_name)
  local params = {}
  for name, value in pairs(common or {}) do params[name] = value end
  if type(item) ~= "table" then
    params[key_name] = item
    return params
  end
  for name, value in pairs(item) do params[name] = value end
  return params
end

local function is_equal(params, others)
  for name, value in pairs(params) do
    if others[name] ~= value then return false end
  end
  return true
end

--- Collects the steps of all items.
---@param source { client: table, entry: kms.Operation, items: any, params: table? }
---@return kms.bulk.Plan plan
---@return { line: integer, message: string }[] problems
function plan.collect(source)
  local client, entry = source.client, source.entry
  local key_name, by_key, problems = find_key_param(entry), {}, {}
  local self = { steps = {}, duplicates = {}, bad_keys = {}, item_count = 0 }
  for item, line, problem in each_item(source.items) do
    local params = merge_params(item, source.params, key_name)
    local key = params[key_name]
    if not problem then
      local ok, err = client:validate(entry.name, params)
      problem = not ok and err.message or nil
    end
    local other = not problem and by_key[key]
    if problem then
      problems[#problems + 1] = { line = line, message = problem }
      if key ~= nil then self.bad_keys[key] = true end
    elseif not other then
      local step = { n = #self.steps + 1, line = line, key = key, params = params }
      self.steps[step.n], by_key[key] = step, step
    elseif is_equal(params, other.params) then
      self.duplicates[#self.duplicates + 1] = line
    else
      problems[#problems + 1] = { line = line,
        message = ("key %s is also in line %d, with another value"):format(validate.quote(key), other.line) }
    end
  end
  self.item_count = #self.steps
  return self, problems
end

--- Links the steps that wait for each other.
---@param steps kms.bulk.Step[]
function plan.link(steps)
  for _, step in ipairs(steps) do
    if step.after then steps[step.after].next = step end
  end
end

--- Converts a step to a record of a journal.
---@param step kms.bulk.Step
---@return table
function plan.to_record(step)
  return { type = "item", n = step.n, line = step.line, key = step.key, after = step.after,
    temporary = step.is_temporary, before = step.before, params = step.params }
end

return plan
