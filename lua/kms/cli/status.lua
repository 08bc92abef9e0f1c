--- `kms status`: what a journal says.

local bulk_options = require "kms.cli.bulk_options"
local exit_status = require "kms.cli.exit_status"
local journal_client = require "kms.cli.journal_client"
local journal_list = require "kms.cli.journal_list"
local json = require "kms.cli.json"
local kms = require "kms"
local options = require "kms.cli.options"
local summary = require "kms.cli.summary"

-- Members of a key and of the document as JSON, in this order.
local KEY = json.ordered "line key before after outcome inferred code message request_id"
local DOCUMENT = json.ordered("journal operation host region project_id started stop total done already inferred "
  .. "failed uncertain not_tried undos errors keys")
local TYPES = { undos = journal_list.UNDOS, errors = { type = "list" }, keys = { type = "list", items = KEY } }
for _, field in ipairs(DOCUMENT.fields) do
  for name, value in pairs(TYPES[field.name] or {}) do field[name] = value end
end

local function get_outcome(step)
  return step.outcome or (step.is_begun or step.is_doubtful) and "uncertain" or "not tried"
end

--- Lists the keys with their outcomes.
local function list_keys(status, wanted)
  local list = {}
  for _, step in ipairs(status.steps) do
    local outcome = get_outcome(step)
    if not step.is_temporary and (not wanted or wanted[outcome]) then
      list[#list + 1] = { line = step.line, key = step.key, outcome = outcome, inferred = step.inferred,
        code = step.code, message = step.message, before = step.before,
        after = step.params.key_name or step.params.primary_region, request_id = step.request_id }
    end
  end
  return list
end

local function print_keys(out, keys, has_names)
  for _, key in ipairs(keys) do
    local names = has_names and key.before and ("%s -> %s  "):format(key.before, key.after) or ""
    out:write(key.key, "  ", names, key.outcome, key.inferred and " (inferred)" or "",
      key.message and "  " .. summary.describe_error(key) or "", "\n")
  end
end

--- Describes how the last session ended.
local function describe_end(status)
  local stop = status.stop
  if not stop then return "the last session has no end: it is under way, or it was cut" end
  return stop.message and "stopped: " .. stop.message or "ended"
end

local function print_table(context, status, keys)
  local out = context.out
  out:write(journal_client.describe(status), "\n")
  out:write(("begun %s, %s\n"):format(status.started or "at an unknown time", describe_end(status)))
  if status.undoes then out:write("takes back the run of ", status.undoes, "\n") end
  for _, text in ipairs(journal_client.describe_undos(status.undos)) do out:write(text, "\n") end
  local texts = journal_client.get_texts(status.operation)
  local path, is_undone = context.options.journal, status.undos[1] ~= nil
  out:write(summary.format({
    total = status.total, done = status.done, already = status.already, inferred = status.inferred,
    failed = status.failed, uncertain = status.uncertain, not_tried = status.not_tried, errors = status.errors,
  }, {
    already = texts.already, headline = "So far",
    resume = not is_undone and bulk_options.write_command("resume", path, {}) or nil,
    undo = texts.can_undo and not is_undone and bulk_options.write_command("undo", path, {}) or nil,
    status = bulk_options.write_command("status --keys", path, {}),
  }, context.style))
  if keys then
    out:write "\n"
    print_keys(out, keys, texts.format_step ~= nil)
  end
end

--- Returns why the last session stopped early: a stop with a code, or no end at all although something is left.
local function find_stop(status)
  if status.stop then return status.stop.code and status.stop or nil end
  return status.uncertain + status.failed + status.not_tried > 0 and { code = "cut" } or nil
end

--- Formats how far a run was taken back.
local function format_undos(status)
  if not status.undos[1] then return "" end
  local unfinished, count = journal_client.find_unfinished_undo(status.undos)
  if not unfinished then return "; taken back" end
  return ("; %d of %d taken back, go on with: %s"):format(count, unfinished.counts.total,
    bulk_options.write_command("resume", unfinished.journal, {}))
end

--- Formats how a run ended on one line.
local function describe_outcome(context, status)
  local begun = (status.started or ""):gsub("T(%d+:%d+).*", " %1Z")
  local texts, stop = journal_client.get_texts(status.operation), find_stop(status)
  return ("%s: %s%s%s"):format(begun, summary.format_counts(status, texts.already, context.style),
    stop and (status.stop and ", stopped" or ", not ended") or "", format_undos(status))
end

--- Lists the journals of a folder.
local function run_folder(context, folder)
  local parsed = context.options
  if parsed.keys or parsed.only[1] then return context:refuse "--keys and --only need a JOURNAL" end
  local list, problem = journal_list.find(folder)
  if not list then return context:refuse(problem) end
  if parsed.json or parsed.jsonl then
    journal_list.print_json(context, list)
  elseif list[1] then
    journal_list.print(context, list, { place = journal_client.describe,
      outcome = function(status) return describe_outcome(context, status) end })
  else
    context:note("No journal is in %s.", folder == "." and "this folder" or folder)
  end
  return exit_status.DONE
end

local function run(parsed, context)
  if not parsed.journal or journal_list.is_folder(parsed.journal) then
    return run_folder(context, parsed.journal or ".")
  end
  local problem = journal_list.find_problem(parsed.journal)
  if problem then return context:refuse(problem) end
  local status, err = kms.bulk.read(parsed.journal)
  if not status then return context:fail(err) end
  local wanted
  if parsed.only[1] then
    wanted = {}
    for _, outcome in ipairs(parsed.only) do wanted[outcome] = true end
  end
  local has_keys = parsed.keys or wanted or parsed.json or parsed.jsonl
  local keys = has_keys and list_keys(status, wanted) or nil
  if parsed.jsonl then
    for _, key in ipairs(keys) do context.out:write(json.line(key, KEY)) end
  elseif parsed.json then
    local stop = status.stop and status.stop.message and { code = status.stop.code, message = status.stop.message }
    context.out:write(json.document({ journal = parsed.journal, operation = status.operation, host = status.host,
      region = status.region, project_id = status.project_id, started = status.started, total = status.total,
      done = status.done, already = status.already, inferred = status.inferred, failed = status.failed,
      uncertain = status.uncertain, not_tried = status.not_tried, errors = status.errors, keys = keys,
      undos = journal_list.format_undos(status.undos), stop = stop or nil }, DOCUMENT))
  elseif wanted and not parsed.keys then
    for _, key in ipairs(keys) do context.out:write(key.key, "\n") end
  else
    print_table(context, status, keys)
  end
  return exit_status.of_run(status, find_stop(status))
end

---@type kms.cli.Command
return {
  name = "status",
  group = "Many keys at once",
  about = "show what a journal says",
  description = "Shows what a journal says about its run, or lists the journals of a folder, the newest first. Sends "
    .. "nothing, and changes nothing. The exit status is that of the run: 0 all keys are done, 2 some failed, 3 some "
    .. "are uncertain, 4 stopped early or not ended, 5 credentials refused. That of a list is 0.",
  arguments = { { name = "JOURNAL", count = "?",
    about = "file that the run has written, or a folder of such files; default: the current folder" } },
  options = {
    { title = "Keys",
      { name = "--keys", about = "list all keys with their outcomes" },
      { name = "--only", value = "OUTCOME", is_repeated = true,
        choices = { "done", "already", "failed", "uncertain", "not tried" },
        about = "only these keys; without --keys, their ids or tags alone, as the list of another run" },
    },
    options.OUTPUT,
    { title = "Messages", options.MESSAGES[1] },
  },
  examples = {
    { "kms status", "lists the journals of the current folder, one line each" },
    { "kms status kms-move-20261127T221403Z.jsonl", "shows counts, errors and what to do next" },
    { "kms status kms-move-20261127T221403Z.jsonl --only failed > failed.txt",
      "writes a list of the keys that failed" },
  },
  run = run,
}
