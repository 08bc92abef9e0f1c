--- Sums up what happened to the items of a run.

local summary = {}

local MAX_KEYS = 3 -- example keys per failure; of doubts, all keys are named

--- Counts the outcomes of items.
---@param steps kms.bulk.Step[]
---@return kms.bulk.Counts
function summary.count(steps)
  local counts = { total = 0, done = 0, already = 0, inferred = 0, failed = 0, uncertain = 0, not_tried = 0 }
  for _, step in ipairs(steps) do summary.add(counts, step, 1) end
  return counts
end

--- Adds a step to counts, or takes it out with -1.
---@param counts kms.bulk.Counts
---@param step kms.bulk.Step
---@param sign integer
function summary.add(counts, step, sign)
  if step.is_temporary then return end
  local outcome = step.outcome or (step.is_begun or step.is_doubtful) and "uncertain" or "not_tried"
  counts.total, counts[outcome] = counts.total + sign, counts[outcome] + sign
  if step.inferred and outcome == "already" then counts.inferred = counts.inferred + sign end
end

--- Groups the failures and the doubts by code and message.
---@param steps kms.bulk.Step[]
---@return kms.bulk.Error[] errors the most frequent ones first
---@return string[] uncertain keys
function summary.group_errors(steps)
  local errors, index, uncertain = {}, {}, {}
  for _, step in ipairs(steps) do
    local is_uncertain = step.outcome == "uncertain" or step.outcome == nil and (step.is_begun or step.is_doubtful)
    if is_uncertain then uncertain[#uncertain + 1] = step.key end
    if is_uncertain or step.outcome == "failed" then
      local message = step.message or "the run ended before the response"
      local id = table.concat({ is_uncertain and "uncertain" or "", step.code or "", message }, "\0")
      local group = index[id]
      if not group then
        group = { code = step.code, message = message, hint = step.hint, count = 0, keys = {},
          uncertain = is_uncertain or nil }
        index[id], errors[#errors + 1] = group, group
      end
      group.count = group.count + 1
      if is_uncertain or #group.keys < MAX_KEYS then group.keys[#group.keys + 1] = step.key end
    end
  end
  table.sort(errors, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.message < b.message
  end)
  return errors, uncertain
end

return summary
