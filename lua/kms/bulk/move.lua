--- What a run knows about huawei.update_primary_region: how to plan it, verify it and take it back.

local validate = require "kms.util.validate"

-- No public operation returns the region where a key is primary. A region accepts the move of a key to itself if the
-- key is primary there already; otherwise it refuses it with KMS.0106. Both are inferences: nothing is certain by them.
local move = { is_inferred = true }

local PAGE_SIZE = 100 -- the documented maximum of list_support_regions

--- Reads the regions that take part in multi-region keys.
---@param requester kms.bulk.Requester
---@return string[]? regions nil: not known
---@return kms.Error? err
local function read_regions(requester)
  local page, err = requester:read("list_support_regions", { limit = PAGE_SIZE })
  if not page then return nil, err end
  return page.regions and page.regions[1] and page.regions or nil
end

local function contains(list, value)
  for _, member in ipairs(list) do
    if member == value then return true end
  end
  return false
end

--- Describes a target region that cannot be one.
local function describe_target(target, regions)
  return ("region %s does not take part in multi-region keys; those that do: %s"):format(target,
    table.concat(regions, ", "))
end

--- Finds items with a target that cannot be one, if there are several targets. The first item shows whether a single
--- target can be one.
---@return kms.Error? err the endpoint cannot be used at all
local function check_targets(steps, requester, problems)
  local targets = {}
  for _, step in ipairs(steps) do targets[step.params.primary_region] = true end
  targets[requester.target.region] = nil -- it is refused anyway
  local first = next(targets)
  if not first or not next(targets, first) then return nil end
  local regions, err = read_regions(requester)
  if err and (err.kind ~= "service" or err.status == 401) then return err end
  if not regions then return nil end -- the caller may have no permission to read them
  for _, step in ipairs(steps) do
    local target = step.params.primary_region
    if not contains(regions, target) then
      problems[#problems + 1] = { line = step.line, message = describe_target(target, regions) }
    end
  end
end

--- Finds keys that should move to the region that is called, or to one that cannot be their primary region.
---@param steps kms.bulk.Step[]
---@param requester kms.bulk.Requester
---@param may_read boolean
---@return { line: integer, message: string }[]? problems
---@return kms.Error? err
function move.plan(steps, requester, may_read)
  local region, problems = requester.target.region, {}
  for _, step in ipairs(steps) do
    step.before = region
    if step.params.primary_region == region then
      problems[#problems + 1] = { line = step.line,
        message = ("primary_region must differ from the region of the client, %s"):format(validate.quote(region)) }
    end
  end
  local err = may_read and check_targets(steps, requester, problems)
  if err then return nil, err end
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
  local regions, target = read_regions(requester), step.params.primary_region
  if not regions or contains(regions, target) then return nil end
  return describe_target(target, regions)
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
