--- `kms rename`: renames many NAVER Cloud keys, from a list or by a rule.

local bulk_options = require "kms.cli.bulk_options"
local options = require "kms.cli.options"
local plan = require "kms.cli.plan"
local rules = require "kms.ncloud.rules"
local selection = require "kms.cli.selection"
local session = require "kms.cli.session"
local validate = require "kms.util.validate"

local LAYOUT = {
  words = { "key_tag", "key_name" },
  labels = { "KEY", "NAME" }, columns = { "key_tag", "new_name" },
  members = { key_tag = "key_tag", tag = "key_tag", key = "key_tag", key_name = "key_name", new_name = "key_name" },
}

--- Indexes keys by tag and by name.
local function index_keys(keys)
  local by_tag, by_name = {}, {}
  for _, key in ipairs(keys) do
    by_tag[key.tag] = key
    -- The names of an account are unique, as documented. If they were not, none of these keys would be chosen by name.
    by_name[key.name] = by_name[key.name] == nil and key or false
  end
  return by_tag, by_name
end

--- Finds what a line of the list lacks, in the words of the list.
local function find_item_problem(params, key)
  if not key then return "no key has the tag or the name " .. validate.quote(params.key_tag) end
  if not params.key_name then return "new_name is missing" end
end

--- Replaces names by tags, adds the names that a rule makes, and notes what is wrong with items.
---@return kms.cli.Item[] items
---@return string? problem
---@return string[] unmatched names that the rule does not match
local function complete_items(items, keys, rule)
  local by_tag, by_name = index_keys(keys)
  local completed, unmatched = {}, {}
  for _, item in ipairs(items) do
    local params = item.params
    local key = by_tag[params.key_tag] or by_name[params.key_tag]
    if key then params.key_tag = key.tag end
    if rule and key and not params.key_name then
      local name, problem = rule(key.name)
      if problem then return completed, problem, unmatched end
      params.key_name = name
      if not name then unmatched[#unmatched + 1] = key.name end
      item.label = name and ("%s -> %s"):format(key.name, name)
    end
    if not item.problem and not (rule and key) then item.problem = find_item_problem(params, key) end
    if item.problem or params.key_name then completed[#completed + 1] = item end
  end
  return completed, nil, unmatched
end

--- Makes an item of each key, except of those that the rule would rename if they were not pending deletion.
local function to_items(keys, rule)
  local items = {}
  for _, key in ipairs(keys) do
    local is_left_out = key.is_revoked and rule(key.name)
    if not is_left_out then items[#items + 1] = { line = #items + 1, params = { key_tag = key.tag } } end
  end
  return items
end

--- Says which keys the rule does not match.
local function note_unmatched(context, names)
  local count = #names
  if count == 0 then return end
  local is_listed = context.options.verbose or context.options.dry_run
  context:note("%d %s not match and %s left alone%s", count, count == 1 and "key does" or "keys do",
    count == 1 and "is" or "are", is_listed and ": " .. plan.join_names(context, names) or "")
end

--- Says which keys the rule would rename if they were not pending deletion.
local function note_revoked(context, keys, rule)
  local names = {}
  for _, key in ipairs(keys) do
    if key.is_revoked and rule(key.name) then names[#names + 1] = key.name end
  end
  local count = #names
  if count == 0 then return end
  context:note("%d %s left out: %s %s pending deletion", count, count == 1 and "key is" or "keys are",
    plan.join_names(context, names), count == 1 and "is" or "are")
end

--- Finds what is wrong with the choice of keys and of the rule.
local function find_problem(parsed)
  if (parsed.match == nil) ~= (parsed.replace == nil) then return "--match and --replace belong together" end
  if parsed.file and parsed.all then return "FILE and --all exclude each other" end
  if parsed.all and not parsed.match then return "--all needs --match and --replace" end
  if not parsed.file and not parsed.match then
    return "no keys: give FILE, - for standard input, or --match PATTERN and --replace TEXT"
  end
end

--- Finds the items of the run.
---@return kms.cli.Item[]? items
---@return integer? exit_status
local function find_items(context, client)
  local parsed = context.options
  local items, rule, problem, status
  if parsed.match then
    local hint = selection.find_hint(parsed.match, parsed.replace)
    rule, problem = selection.new_rule(parsed.match, parsed.replace)
    if not rule then return nil, context:refuse(hint and problem .. "\nhint: " .. hint or problem) end
    if hint and parsed.yes then
      return nil, context:refuse(("hint: %s\nThe pattern may not mean what it looks like. Look at the names with "
        .. "--dry-run, and run without --yes. Nothing was changed."):format(hint))
    end
    if hint then context:note("hint: %s", hint) end
  end
  if parsed.file then
    items, status = plan.read_items(context, LAYOUT)
    if not items then return nil, status end
  end
  local keys, err = selection.list_named(client)
  if not keys then return nil, context:fail(err) end
  if not items then note_revoked(context, keys, rule) end
  local count, unmatched = #(items or keys)
  items, problem, unmatched = complete_items(items or to_items(keys, rule), keys, rule)
  if problem then return nil, context:refuse(problem) end
  if items[1] then
    note_unmatched(context, unmatched)
    return items
  end
  return nil, context:refuse(rule and ("none of the %d keys has a name that matches"):format(count)
    or "the list has no keys")
end

--- Formats a step as a line of the preview.
---@param step kms.bulk.Step
---@param temporary string? the name that the key has for a moment
---@return string
local function format_step(step, temporary)
  local remark = ""
  if step.outcome == "already" then remark = "   has this name" end
  if temporary then remark = "   through " .. temporary end
  return ("%-15s -> %s%s"):format(step.before or step.key, step.params.key_name, remark)
end

local function run(parsed, context)
  local problem = find_problem(parsed)
  if problem then return context:refuse(problem) end
  local client = context:client "ncloud"
  local target, err = client:target()
  if not target then return context:fail(err) end
  local items, status = find_items(context, client)
  if not items then return status end
  local bulk = bulk_options.to_bulk(parsed, "ncloud")
  bulk.client, bulk.operation = client, "rename_key"
  bulk.journal = not parsed.dry_run and (parsed.journal or bulk_options.new_journal "rename") or nil
  return session.run(context, {
    options = bulk, items = items, verb = "Rename", already = "with this name already", can_undo = true,
    format_step = format_step, journal_name = parsed.journal or "./kms-rename-TIME.jsonl",
    title = function(count)
      local what = count == 1 and "key changes its name" or "keys change their names"
      return ("%d %s at %s"):format(count, what, target.host)
    end,
  })
end

---@type kms.cli.Command
return {
  name = "rename",
  group = "Many keys at once",
  about = "rename NAVER Cloud keys",
  description = "Renames many keys, from a list or by a rule. All new names are validated first, against each other "
    .. "and against the names that exist; keys that swap their names do so through a temporary one. One key is "
    .. "renamed, then the command asks before it renames the others. All requests are recorded in a journal, from "
    .. "which a run that was cut continues.",
  arguments = {
    { name = "FILE", count = "?", about = "list of keys and new names: text with 'KEY NAME' per line, CSV with a "
      .. "header (key_tag, new_name), or JSON lines with these members; KEY is the tag or the present name; "
      .. "- for standard input" },
  },
  options = {
    { title = "Rule",
      { name = "--match", value = "PATTERN", about = "the keys whose names match this Lua pattern" },
      { name = "--replace", value = "TEXT",
        about = "replaces each match; %1 is the first group in parentheses, %0 the match" },
      { name = "--all", about = "all keys of the account; the default with --match and without FILE" },
    },
    bulk_options.INPUT,
    bulk_options.run { "ncloud" },
    options.OUTPUT,
    bulk_options.connection { "ncloud" },
    options.MESSAGES,
  },
  examples = {
    { "kms rename --match '^prod%-(.*)' --replace 'live-%1' --dry-run", "shows what names would change" },
    { "kms rename --match '^prod%-(.*)' --replace 'live-%1'", "renames the first one, and asks before the others" },
    { "kms rename --match '^(.+)$' --replace '%1-old' --dry-run", "shows the names with a suffix" },
    { "kms rename names.csv --yes", "renames the keys of a list, without a question" },
  },
  notes = {
    "A name must be " .. rules.KEY_NAME.text .. ". Names that differ only in case are taken for the same name.",
    "In a Lua pattern, '%-' and '%.' stand for '-' and '.', '%d' for a digit, '%w' for a letter or digit, '.*' for any "
      .. "text. '^' is the begin of the name and '$' its end.",
    (session.JOURNAL:gsub("COMMAND", "rename")),
    session.EXIT_STATUSES,
  },
  format_step = format_step,
  run = run,
}
