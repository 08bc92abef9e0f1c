--- What a run knows about ncloud.rename_key: how to plan it, verify it and take it back.

local rename_plan = require "kms.bulk.rename_plan"

local rename = { verifies_first = true }

local PAGE_SIZE = 200 -- the documented maximum of list_keys

--- Reads the names of all keys.
---@param requester kms.bulk.Requester
---@return table<string, string>? names by tag
---@return kms.Error? err
local function read_names(requester)
  local names, page = {}, 1
  while true do
    local result, err = requester:read("list_keys", { page_no = page, page_size = PAGE_SIZE })
    if not result then return nil, err end
    for _, key in ipairs(result.key_list) do
      if key.key_tag then names[key.key_tag] = key.key_name end
    end
    if #result.key_list == 0 or page >= (result.total_page_no or math.huge) then return names end
    page = page + 1
  end
end

--- Orders the steps, with the names that exist if the run may read.
---@param steps kms.bulk.Step[]
---@param requester kms.bulk.Requester
---@param may_read boolean
---@param bad_keys table<string, true> keys of items that are not valid
---@return { line: integer, message: string }[]? problems
---@return kms.Error? err
function rename.plan(steps, requester, may_read, bad_keys)
  local names, err
  if may_read then
    names, err = read_names(requester)
    if not names then return nil, err end
  end
  return rename_plan.order(steps, names, bad_keys)
end

--- Whether a failure may mean that the key has the name already.
---@param err kms.Error
---@return boolean
function rename.may_be_done(err) return err.status == 409 or err.status == 422 end

--- Reads whether the key has the name that it should have.
---@param step kms.bulk.Step
---@param requester kms.bulk.Requester
---@return boolean? is_as_wanted nil: not known
---@return kms.Error? err
---@return string? request_id
function rename.verify(step, requester)
  local key, err = requester:read("get_key", { key_tag = step.key })
  if not key then return nil, err end
  return key.key_name == step.params.key_name, nil, key.request_id
end

--- Returns the item that takes a step back.
---@param step kms.bulk.Step
---@return table? params nil if the previous name is not known
function rename.invert(step)
  return step.before and { key_tag = step.key, key_name = step.before } or nil
end

return rename
