--- What a run knows about huawei.update_primary_region: how to plan it, verify it and take it back.

local validate = require "kms.util.validate"

-- No public operation returns the region where a key is primary. A region accepts the move of a key to itself if the
-- key is primary there already; otherwise it refuses it with KMS.0106. Both are inferences: nothing is certain by them.
local move = { is_inferred = true }

local PAGE_SIZE = 100 -- the documented maximum of list_support_regions

--- Finds keys that should move to the region that is called.
---@param steps kms.bulk.Step[]
---@param requester kms.bulk.Requester
---@return { line: integer, message: string }[] problems
function move.plan(steps, requester)
  local region, problems = requester.target.region, {}
  for _, step in ipairs(steps) do
    step.before = region
    if step.params.primary_region == region then
      problems[#problems + 1] = { line = step.line,
        message = ("primary_region must differ from the region of the client, %s"):format(validate.quote(region)) }
    end
  end
  return problems
end

--- Whether a failure may mean that the key is primary in the target region already.
---@param err kms.Error
---@return boolean
function move.may_be_done(err) return err.code == "KMS.0106" end

--- Returns what to check after a failure that concerns this key only. Inferred: no page explains the code for moves.
---@param step kms.bulk.Step
---@param err kms.Error
---@return string?
function move.find_hint(step, err)
  if err.code ~= "KMS.0308" then return nil end
  return ("the key may be no multi-region key, or have no replica in %s"):format(step.params.primary_region)
end

--- Makes the same call at the target region.
---@param step kms.bulk.Step
---@param requester kms.bulk.Requester
---@return boolean? is_as_wanted nil: not known
---@return kms.Error? err
---@return string? request_id
function move.verify(step, requester)
  local region = step.params.primary_region
  local result, err = requester:read("update_primary_region", step.params, region)
  if result then return true, nil, result.request_id end
  if err.code == "KMS.0106" then return false, nil, err.request_id end
  return nil, err
end

--- Explains a failure that concerns all keys with this target region.
---@param step kms.bulk.Step
---@param err kms.Error
---@param requester kms.bulk.Requester
---@return string? reason
function move.explain(step, err, requester)
  if err.code ~= "KMS.0308" then return nil end
  local page = requester:read("list_support_regions", { limit = PAGE_SIZE })
  local regions = page and page.regions or {}
  for _, region in ipairs(regions) do
    if region == step.params.primary_region then return nil end
  end
  return regions[1] and ("region %s does not take part in multi-region keys; those that do: %s"):format(
    step.params.primary_region, table.concat(regions, ", "))
end

--- Returns the item that takes a step back, and the region that it must be sent to.
---@param step kms.bulk.Step
---@return table? params nil if the previous region is not known
---@return string? region
function move.invert(step)
  if not step.before then return nil end
  return { key_id = step.key, primary_region = step.before }, step.params.primary_region
end

return move
