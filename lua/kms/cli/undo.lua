--- `kms undo`: takes back what a run has changed.

local bulk_options = require "kms.cli.bulk_options"
local exit_status = require "kms.cli.exit_status"
local journal_client = require "kms.cli.journal_client"
local kms = require "kms"
local options = require "kms.cli.options"
local plan = require "kms.cli.plan"
local selection = require "kms.cli.selection"
local session = require "kms.cli.session"

local function to_items(undo)
  local items = {}
  for _, list in ipairs { undo.items, undo.uncertain } do
    for _, params in ipairs(list) do
      items[#items + 1] = { line = #items + 1, label = params.key_id or params.key_tag, params = params }
    end
  end
  return items
end

--- Collects the names that a run may have left each key with: the previous one, and those that it gave.
local function collect_names(status)
  local names = {}
  for _, step in ipairs(status.steps) do
    local own = names[step.key] or {}
    names[step.key], own[step.params.key_name] = own, true
    if step.before then own[step.before] = true end
  end
  return names
end

--- Leaves out the keys that were renamed after the run, because taking it back would overwrite the later change.
---@return kms.cli.Item[]? items
---@return string[]|kms.Error changed the names that these keys have now; or the error
local function drop_renamed(opened, items)
  if opened.operation ~= "rename_key" then return items, {} end
  local keys, err = selection.list_named(opened.client)
  if not keys then return nil, err end
  local allowed, present, kept, changed = collect_names(opened.status), {}, {}, {}
  for _, key in ipairs(keys) do present[key.tag] = key.name end
  for _, item in ipairs(items) do
    local tag = item.params.key_tag
    if not present[tag] or allowed[tag][present[tag]] then
      kept[#kept + 1] = item
    else
      changed[#changed + 1] = present[tag]
    end
  end
  return kept, changed
end

--- Returns the first line of the plan.
local function describe(opened, undo)
  local place, uncertain = opened.undo_title(opened.status, undo.region), #undo.uncertain
  return function(count)
    return ("%d %s taken back: %s%s"):format(count, count == 1 and "change is" or "changes are", place,
      uncertain > 0 and ("; %d of them may not have been made"):format(uncertain) or "")
  end
end

--- Returns the client for a region, and the one that verifies at the region of the run.
local function create_clients(context, opened, undo)
  local client = opened.client
  if not undo.region then return client end
  local project_id = context.options.to_project or "auto"
  local other = client:with { region = undo.region, project_id = project_id, endpoint = false }
  return other, client
end

--- Says which keys are left out.
local function note_changed(context, names)
  local count = #names
  if count == 0 then return end
  context:note("%d %s renamed after this run, and %s left out; present %s: %s", count,
    count == 1 and "key was" or "keys were", count == 1 and "is" or "are", count == 1 and "name" or "names",
    plan.join_names(context, names))
end

local function run_one(context, opened, undo)
  local parsed = context.options
  local items, changed = drop_renamed(opened, to_items(undo))
  if not items then return context:fail(changed) end
  note_changed(context, changed)
  if not items[1] then
    context:note "Nothing is left to take back."
    return exit_status.FAILED
  end
  local bulk = bulk_options.to_bulk(parsed, opened.cloud)
  bulk.client, bulk.verify = create_clients(context, opened, undo)
  bulk.operation, bulk.undoes = undo.operation, undo.undoes
  bulk.journal = not parsed.dry_run and (parsed.undo_journal or bulk_options.new_journal "undo") or nil
  local status = session.run(context, {
    options = bulk, items = items, verb = "Take back", already = opened.already, can_undo = false,
    title = describe(opened, undo), format_step = opened.format_step, unchecked = opened.unchecked,
    journal_name = parsed.undo_journal or "./kms-undo-TIME.jsonl",
  })
  return changed[1] and exit_status.choose(status, exit_status.FAILED) or status
end

local function run(parsed, context)
  local opened, status = journal_client.open(context, parsed.journal)
  if not opened then return status end
  local plans, err = kms.bulk.invert(parsed.journal)
  if not plans then return context:fail(err) end
  if not plans[1] then
    context:note "The run has changed nothing that can be taken back."
    return exit_status.DONE
  end
  if plans[2] and parsed.undo_journal then
    return context:refuse(("the keys are in %d regions, so --undo-journal cannot be used"):format(#plans))
  end
  for _, text in ipairs(journal_client.describe_undos(opened.status.undos)) do context:note("This run was %s", text) end
  for _, undo in ipairs(plans) do
    status = run_one(context, opened, undo)
    if status ~= exit_status.DONE then return status end
  end
  return exit_status.DONE
end

---@type kms.cli.Command
return {
  name = "undo",
  group = "Many keys at once",
  about = "take back what a run has changed",
  description = "Takes back the changes of a run, by its journal: keys move back to their previous region, or get "
    .. "their previous names. Keys whose change is uncertain are taken back too. Keys that were renamed again after "
    .. "the run are named and left out; the exit status is then 2. "
    .. "It is a run of its own, with a journal of its own.",
  arguments = { { name = "JOURNAL", about = "file that the run has written",
    hint = "'kms status' lists the journals of the current folder" } },
  options = {
    bulk_options.without_journal { name = "--undo-journal", value = "FILE",
      about = "journal of taking back; default: kms-undo-TIME.jsonl in the current folder" },
    options.OUTPUT,
    bulk_options.journal_connection(),
    options.MESSAGES,
  },
  examples = {
    { "kms undo kms-move-20261127T221403Z.jsonl --dry-run", "shows what would be taken back" },
    { "kms undo kms-move-20261127T221403Z.jsonl", "takes it back, and asks after the first key" },
  },
  notes = { session.JOURNAL:gsub("COMMAND", "undo"):gsub("%-%-journal", "--undo-journal"), session.EXIT_STATUSES },
  run = run,
}
