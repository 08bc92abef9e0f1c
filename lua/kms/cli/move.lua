--- `kms move`: moves the primary region of many Huawei Cloud keys.

local bulk_options = require "kms.cli.bulk_options"
local describe_unknown_region = require("kms.cli.client").describe_unknown_region
local options = require "kms.cli.options"
local plan = require "kms.cli.plan"
local selection = require "kms.cli.selection"
local session = require "kms.cli.session"

local LAYOUT = {
  words = { "key_id", "primary_region" },
  labels = { "KEY_ID", "REGION" }, columns = { "key_id", "primary_region" },
  members = {
    key_id = "key_id", id = "key_id", resource_id = "key_id", primary_region = "primary_region", to = "primary_region",
  },
}

local UNCHECKED = "whether each key is primary in the region called and has a replica in the new one. The first key "
  .. "shows whether the region and the project are right."

local function to_items(ids)
  local items = {}
  for i, id in ipairs(ids) do items[i] = { line = i, label = id, params = { key_id = id } } end
  return items
end

--- Finds the keys that the command line names.
---@return kms.cli.Item[]? items
---@return integer? exit_status without items
local function find_items(context, client)
  local parsed = context.options
  local count = (parsed.file and 1 or 0) + (parsed.all and 1 or 0) + (parsed.tag[1] and 1 or 0)
  if count ~= 1 then
    return nil, context:refuse(count == 0 and "no keys: give FILE, - for standard input, --all, or --tag KEY=VALUE"
      or "FILE, --all and --tag exclude each other")
  end
  if parsed.file then return plan.read_items(context, LAYOUT) end
  local list = parsed.all and selection.list_enabled or selection.list_by_tags
  local ids, err = list(client, parsed.tag)
  if not ids then return nil, context:fail(err) end
  return to_items(ids)
end

--- Finds a region that may be misspelt. The endpoint of the command line proves that --from exists.
---@return string? problem
local function find_region_problem(parsed, from)
  if parsed.any_region then return nil end
  for _, option in ipairs { { "--from", not parsed.endpoint and from }, { "--to", parsed.to } } do
    local problem = option[2] and describe_unknown_region(option[2])
    if problem then
      return ("%s %s is %s\nIf it is a new region, add --any-region. Nothing was changed."):format(option[1], option[2],
        problem)
    end
  end
end

local function has_targets(items)
  for _, item in ipairs(items) do
    if not item.params.primary_region and not item.problem then return false end
  end
  return true
end

--- Returns the client that verifies, if the project of the target region is given.
local function create_verifier(client, parsed)
  if not parsed.to_project or not parsed.to then return nil end
  return client:with { region = parsed.to, project_id = parsed.to_project, endpoint = false }
end

--- Describes where the calls go.
local function describe(target, parsed, rate)
  local project = target.project_id
  local place = ("%s -> %s"):format(target.region, parsed.to or "the region of each")
  return function(count)
    return ("%d %s: %s, at most %g requests per second%s"):format(count, count == 1 and "key" or "keys", place, rate,
      project and project ~= "auto" and ", project " .. project or "")
  end
end

local function run(parsed, context)
  context.option_names = { region = "--from" }
  local client = context:client("huawei", { region = parsed.from })
  local target, err = client:target()
  if not target then return context:fail(err) end
  if parsed.to and parsed.to == target.region then
    return context:refuse("--from and --to are the same region, " .. parsed.to)
  end
  local problem = find_region_problem(parsed, target.region)
  if problem then return context:refuse(problem) end
  local items, status = find_items(context, client)
  if not items then return status end
  if not items[1] then return context:refuse "the list has no keys" end
  if not parsed.to and not has_targets(items) then return context:refuse "option --to is missing" end
  local bulk = bulk_options.to_bulk(parsed, "huawei")
  bulk.client, bulk.operation, bulk.params = client, "update_primary_region", { primary_region = parsed.to }
  bulk.journal = not parsed.dry_run and (parsed.journal or bulk_options.new_journal "move") or nil
  bulk.verify = create_verifier(client, parsed)
  return session.run(context, {
    options = bulk, items = items, verb = "Move", already = "already there", can_undo = true,
    title = describe(target, parsed, bulk.rate), unchecked = UNCHECKED,
    journal_name = parsed.journal or "./kms-move-TIME.jsonl",
  })
end

---@type kms.cli.Command
return {
  name = "move",
  group = "Many keys at once",
  about = "move the primary region of Huawei Cloud keys",
  description = "Moves the primary region of many keys. The whole list is validated first. One key is moved, "
    .. "then the command asks before it moves the others. All requests are recorded in a journal, from which a run "
    .. "that was cut continues.",
  arguments = {
    { name = "FILE", count = "?", about = "list of key ids: text with one id per line, CSV with a header (key_id, and "
      .. "primary_region if the targets differ), or JSON lines with these members; - for standard input" },
  },
  options = {
    { title = "Keys and regions",
      { name = "--from", value = "REGION",
        about = "region where the keys are primary now; default: HUAWEICLOUD_SDK_REGION" },
      { name = "--to", value = "REGION", about = "new primary region, which must have a replica of each key" },
      { name = "--any-region", about = "accept a region that this release does not know" },
      { name = "--tag", value = "KEY=VALUE", is_repeated = true,
        about = "the keys that have this tag, in place of a list" },
      { name = "--all", about = "all enabled keys; those without a replica in the new region fail" },
      { name = "--project-id", value = "ID",
        about = 'project in --from, or "auto" to look it up; default: HUAWEICLOUD_SDK_PROJECT_ID, or auto if --from is '
          .. "not HUAWEICLOUD_SDK_REGION" },
      { name = "--to-project", value = "ID",
        about = "project in --to; default: it is looked up if it is needed" },
    },
    bulk_options.INPUT,
    bulk_options.run { "huawei" },
    options.OUTPUT,
    bulk_options.connection({ "huawei" }, { ["--region"] = true, ["--project-id"] = true }),
    options.MESSAGES,
  },
  examples = {
    { "kms move keys.txt --from cn-north-4 --to cn-east-3 --dry-run", "shows what would be done" },
    { "kms move keys.txt --from cn-north-4 --to cn-east-3",
      "moves the first key of a list, and asks before the others" },
    { "kms move --tag failover=yes --from cn-north-4 --to cn-east-3 --yes",
      "moves the keys with a tag, without a question" },
  },
  notes = {
    "The requests go to the present primary region, --from. While it does not respond, no key can be moved. Replicas "
      .. "still encrypt and decrypt: point the programs to one, and repeat 'kms resume' until the region responds.",
    "No operation of Huawei Cloud tells where a key is primary; the console does. A key that the old region refuses "
      .. "may be in the new one already, so the move is sent there once more. If the new region accepts it, the "
      .. "outcome is 'already there (inferred)': that the key is primary there is a conclusion; Huawei Cloud does not "
      .. "document it.",
    (session.JOURNAL:gsub("COMMAND", "move")),
    session.EXIT_STATUSES,
  },
  unchecked = UNCHECKED,
  run = run,
}
