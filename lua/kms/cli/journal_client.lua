--- Opens the journal of a run: what it says, and the client for the region or zone that it names.

local bulk_options = require "kms.cli.bulk_options"
local journal_list = require "kms.cli.journal_list"
local kms = require "kms"

local journal_client = {}

-- How runs are described, by operation.
local TEXTS = {
  ["huawei.update_primary_region"] = {
    already = "already there", can_undo = true, unchecked = require("kms.cli.move").unchecked,
    undo_title = function(status, region) return ("%s -> %s"):format(region, status.region) end,
  },
  ["ncloud.rename_key"] = {
    already = "with this name already", can_undo = true,
    undo_title = function(status) return "previous names at " .. status.host end,
    format_step = require("kms.cli.rename").format_step,
  },
}
local DEFAULT_TEXTS = { already = "as wanted already", can_undo = false }

local ZONES = { "global", "kr", "jp", "gov" }

---@class kms.cli.OpenedJournal
---@field status kms.bulk.Status
---@field cloud "huawei"|"ncloud"
---@field operation string
---@field client kms.Huawei|kms.Ncloud
---@field verifier kms.Huawei? verifies at the target region
---@field title string what the run does, and where
---@field already string
---@field can_undo boolean
---@field unchecked string? what a plan cannot know
---@field undo_title (fun(status: kms.bulk.Status, region: string?): string)?
---@field format_step (fun(step: kms.bulk.Step): string)?

--- Returns the region that all steps have as their target.
local function find_target_region(status)
  local region
  for _, step in ipairs(status.steps) do
    region = region or step.params.primary_region
    if step.params.primary_region ~= region then return nil end
  end
  return region
end

--- Creates the client of the zone that a run called.
local function create_ncloud(context, status)
  local client = context:client "ncloud"
  local target = client:target()
  if context.options.zone or context.options.endpoint or not target or target.host == status.host then return client end
  for _, zone in ipairs(ZONES) do
    local other = client:with { zone = zone }
    target = other:target()
    if target and target.host == status.host then return other end
  end
  return client
end

local function create_client(context, status, cloud)
  if cloud == "ncloud" then return create_ncloud(context, status) end
  return context:client("huawei", { region = status.region,
    project_id = context.options.project_id or status.project_id or "auto" })
end

--- Describes a run by its journal.
---@param status kms.bulk.Status
---@return string
function journal_client.describe(status)
  local region = find_target_region(status)
  if region then return ("%s -> %s"):format(status.region, region) end
  local operation = status.operation == "ncloud.rename_key" and "new names" or status.operation
  return ("%s at %s"):format(operation, status.region or status.host)
end

--- Returns the texts about an operation.
---@param operation string "huawei.update_primary_region"
---@return table
function journal_client.get_texts(operation) return TEXTS[operation] or DEFAULT_TEXTS end

--- Finds the last run that takes this one back, if none of them has ended.
---@param undos kms.bulk.UndoStatus[]
---@return kms.bulk.UndoStatus? undo
---@return integer? count keys that are taken back
function journal_client.find_unfinished_undo(undos)
  local last, count
  for _, undo in ipairs(undos) do
    local counts = undo.counts
    if not counts or counts.done + counts.already == counts.total then return nil end
    last, count = undo, counts.done + counts.already
  end
  if last and last.journal then return last, count end
end

local function describe_undo(undo)
  local counts = undo.counts
  if not counts then
    return ("taken back since %s; its journal cannot be read%s"):format(undo.started,
      undo.journal and ": " .. undo.journal or "")
  end
  return ("taken back since %s: %d of %d keys, see %s"):format(undo.started, counts.done + counts.already, counts.total,
    undo.journal)
end

--- Describes the runs that take this one back, and the command that goes on with the last one.
---@param undos kms.bulk.UndoStatus[]
---@return string[]
function journal_client.describe_undos(undos)
  local texts, unfinished = {}, journal_client.find_unfinished_undo(undos)
  for i, undo in ipairs(undos) do
    texts[i] = describe_undo(undo)
      .. (undo == unfinished and "; go on with: " .. bulk_options.write_command("resume", undo.journal, {}) or "")
  end
  return texts
end

--- Opens a journal.
---@param context kms.cli.Context
---@param path string
---@return kms.cli.OpenedJournal? opened
---@return integer? exit_status
function journal_client.open(context, path)
  local problem = journal_list.find_problem(path)
  if problem then return nil, context:refuse(problem) end
  local status, err = kms.bulk.read(path)
  if not status then return nil, context:fail(err) end
  local cloud, operation = status.operation:match "^(%w+)%.(.+)$"
  if cloud ~= "huawei" and cloud ~= "ncloud" then
    return nil, context:refuse(("journal %s is of an unknown operation, %s"):format(path, status.operation))
  end
  local opened = { status = status, cloud = cloud, operation = operation, title = journal_client.describe(status) }
  for name, value in pairs(journal_client.get_texts(status.operation)) do opened[name] = value end
  opened.client = create_client(context, status, cloud)
  local region, project_id = find_target_region(status), context.options.to_project
  if region and project_id then
    opened.verifier = opened.client:with { region = region, project_id = project_id, endpoint = false }
  end
  return opened
end

return journal_client
