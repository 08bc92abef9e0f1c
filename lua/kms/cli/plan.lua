--- Makes the plan of a run for a person: reads the list, names what is not valid, and shows what would be done.

local access_key = require "kms.cli.access_key"
local dry_run = require "kms.cli.dry_run"
local exit_status = require "kms.cli.exit_status"
local input = require "kms.cli.input"
local json = require "kms.cli.json"
local kms = require "kms"
local summary = require "kms.cli.summary"

local plan = {}

local MAX_PROBLEMS = 20 -- that are printed, unless --verbose
local MAX_NAMES = 5 -- of keys that are left out, unless --verbose
local MAX_PREVIEW = 10 -- lines, unless --verbose

-- Members of the plan as JSON, in this order.
local KEY = json.ordered "line key before after temporary outcome"
local DOCUMENT = json.ordered "dry_run operation host region project_id total left keys request"
DOCUMENT.fields[8].type, DOCUMENT.fields[8].items = "list", KEY

---@class kms.cli.Request
---@field options table of kms.bulk, without `items`
---@field items kms.cli.Item[]? `label` names an item that is not a line
---@field verb string "Move"
---@field title fun(count: integer): string the first line of the plan
---@field format_step (fun(step: kms.bulk.Step, temporary: string?): string)? a line of the preview, if there is one
---@field already string "already there"
---@field can_undo boolean
---@field unchecked string? what the plan cannot know
---@field journal_name string? of the journal that a dry run does not write

--- Formats some names, or all with --verbose.
---@param context kms.cli.Context
---@param names string[]
---@return string
function plan.join_names(context, names)
  local count = #names
  local limit = context.options.verbose and count or math.min(count, MAX_NAMES)
  local shown = table.concat(names, ", ", 1, limit)
  return count > limit and ("%s and %d more (--verbose lists all)"):format(shown, count - limit) or shown
end

--- Prints that a list is longer.
local function write_rest(output, style, count)
  if count > 0 then output:write(("  %s %d more (--verbose lists all)\n"):format(style.symbols.ellipsis, count)) end
end

--- Prints what is wrong with items, and whether they are left out.
---@param title string
---@param problems { line: integer, message: string }[]
---@param labels table<integer, string> names of items that are not lines
---@return integer? exit_status if the list is refused
local function report_problems(context, title, problems, labels)
  local err, style = context.err, context.err_style
  err:write(title, ":\n")
  local shown = context.options.verbose and #problems or math.min(#problems, MAX_PROBLEMS)
  for i = 1, shown do
    local problem = problems[i]
    local label = labels[problem.line] or ("line %d"):format(problem.line)
    err:write(summary.wrap(label .. ": " .. problem.message, "  ", style.width), "\n")
  end
  write_rest(err, style, #problems - shown)
  if context.options.skip_invalid then
    context:note(#problems == 1 and "It is left out." or "They are left out.")
    return nil
  end
  context:note("\nCorrect the %s, or add --skip-invalid. Nothing was changed.",
    context.options.match and "rule" or "list")
  return exit_status.USAGE
end

--- Reads the list that the command line names. Lines that cannot be read are items with a problem, so that all that is
--- wrong with the list is told at once.
---@param context kms.cli.Context
---@param layout kms.cli.Layout
---@return kms.cli.Item[]? items
---@return integer? exit_status
function plan.read_items(context, layout)
  local options = context.options
  local list, problem = input.open(options.file, layout, options.format)
  if not list then return nil, context:refuse(problem) end
  local items, name = list.items, options.file == "-" and "standard input" or options.file
  if list.ignored[1] then
    context:note("%s: not used: %s; %s are: %s", name, table.concat(list.ignored, ", "),
      list.format == "csv" and "columns that are used" or "members that are used", table.concat(layout.columns, ", "))
  end
  for _, bad in ipairs(list.problems) do
    items[#items + 1] = { line = bad.line, params = {}, problem = bad.message }
  end
  table.sort(items, function(a, b) return a.line < b.line end)
  return items
end

--- Returns the items without those that have problems.
local function drop_items(items, problems)
  local is_dropped, kept = {}, {}
  for _, problem in ipairs(problems) do is_dropped[problem.line] = true end
  for _, item in ipairs(items) do
    if not is_dropped[item.line] then kept[#kept + 1] = item end
  end
  return kept
end

--- Iterates over params, lines and problems.
local function iterate_items(items)
  local i = 0
  return function()
    i = i + 1
    local item = items[i]
    if item then return item.params, item.line, item.problem end
  end
end

--- Makes the run. With --skip-invalid, items are left out until the others are valid.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@param on_progress fun(event: kms.bulk.Progress)
---@return kms.bulk.Run? run
---@return integer? exit_status
function plan.create(context, request, on_progress)
  local items, options, labels = request.items, {}, {}
  for name, value in pairs(request.options) do options[name] = value end
  options.on_progress = on_progress
  for _, item in ipairs(items or {}) do labels[item.line] = item.label end
  while not items or items[1] do
    options.items = items and iterate_items(items)
    local run, err = kms.bulk(options)
    if run then return run end
    if not err.problems then return nil, context:fail(err) end
    local count = #err.problems
    local title = ("%d %s not valid"):format(count, count == 1 and "key is" or "keys are")
    if not context.options.skip_invalid then plan.note_duplicates(context, err.duplicates) end
    local status = report_problems(context, title, err.problems, labels)
    if status then return nil, status end
    items = drop_items(items, err.problems)
  end
  return nil, context:refuse "no key of the list is valid"
end

--- Says which lines repeat an earlier one.
---@param context kms.cli.Context
---@param lines integer[]
function plan.note_duplicates(context, lines)
  local count = #lines
  if count == 0 then return end
  local shown = context.options.verbose and count or math.min(count, MAX_PROBLEMS)
  context:note("%d %s left out: line%s %s%s", count, count == 1 and "duplicate is" or "duplicates are",
    count == 1 and "" or "s", table.concat(lines, ", ", 1, shown),
    shown < count and (" and %d more"):format(count - shown) or "")
end

local function is_left(step) return step.outcome ~= "done" and step.outcome ~= "already" end

--- Counts the items that are not complete.
---@param run kms.bulk.Run
---@return integer
function plan.count_left(run)
  local count = 0
  for step in run:each() do
    if is_left(step) and not step.is_temporary then count = count + 1 end
  end
  return count
end

--- Visits the steps with their final names, beside the temporary ones of keys that swap names.
---@param run kms.bulk.Run
---@param visit fun(step: kms.bulk.Step, temporary: string?)
function plan.each_shown(run, visit)
  local temporary = {}
  for step in run:each() do
    if step.is_temporary then temporary[step.key] = step.params.key_name end
  end
  for step in run:each() do
    if not step.is_temporary then visit(step, temporary[step.key]) end
  end
end

--- Formats a step without a name for people.
local function format_key(step)
  return step.key .. (step.params.primary_region and " -> " .. step.params.primary_region or "")
end

--- Writes the preview of the steps. Keys that swap names have the temporary name beside the final one.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@param run kms.bulk.Run
---@param output kms.cli.Output
function plan.write_preview(context, request, run, output)
  if not request.format_step and not context.options.dry_run then return end
  local lines, format = {}, request.format_step or format_key
  plan.each_shown(run, function(step, temporary) lines[#lines + 1] = format(step, temporary) end)
  local shown = context.options.verbose and #lines or math.min(#lines, MAX_PREVIEW)
  for i = 1, shown do output:write("  ", lines[i], "\n") end
  write_rest(output, context.err_style, #lines - shown)
end

--- Writes what is changed, where, and with which access key.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@param run kms.bulk.Run
---@param output kms.cli.Output
---@param width integer? columns of its terminal
function plan.write_title(context, request, run, output, width)
  output:write(summary.wrap(request.title(plan.count_left(run)), "", width), "\n")
  local first, client = plan.find_first(run), request.options.client
  local entry = client:operation(request.options.operation)
  local key = first and access_key.find(client, entry, first.params, context.options)
  if key then output:write("Access key: ", key, "\n") end
end

--- Finds the step that is taken first.
---@param run kms.bulk.Run
---@return kms.bulk.Step?
function plan.find_first(run)
  for step in run:each() do
    if is_left(step) and not step.after then return step end
  end
end

--- Converts a step to a member of the plan as JSON.
---@param step kms.bulk.Step
---@param temporary string? the name that the key has for a moment
---@return table
local function to_object(step, temporary)
  return { line = step.line, key = step.key, before = step.before, temporary = temporary, outcome = step.outcome,
    after = step.params.key_name or step.params.primary_region }
end

--- Prints the plan as JSON.
local function print_json(context, request, run, first_request)
  local keys = {}
  plan.each_shown(run, function(step, temporary) keys[#keys + 1] = to_object(step, temporary) end)
  if context.options.jsonl then
    for _, key in ipairs(keys) do context.out:write(json.line(key, KEY)) end
    return
  end
  local target = request.options.client:target()
  context.out:write(json.document({ dry_run = true, operation = target.provider .. "." .. request.options.operation,
    host = target.host, region = target.region, project_id = target.project_id, total = #keys,
    left = plan.count_left(run), keys = keys, request = first_request and first_request.object }, DOCUMENT))
end

--- Prints the plan for people.
local function print_text(context, request, run, first_request)
  plan.write_title(context, request, run, context.out, context.style.width)
  plan.write_preview(context, request, run, context.out)
  local width = context.style.width
  if request.unchecked then context.out:write(summary.wrap("Not checked: " .. request.unchecked, "", width), "\n") end
  local name = request.journal_name or request.options.journal
  if name then context.out:write(summary.wrap("Journal of the run: " .. name, "", width), "\n") end
  if first_request then context.out:write("\nThe first request:\n\n", first_request.text) end
end

--- Prints the plan and its first request as results. Closes the run.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@param run kms.bulk.Run
---@return integer exit_status
function plan.print_dry_run(context, request, run)
  local first, client = plan.find_first(run), request.options.client
  run:close()
  local first_request, status
  if first then
    local entry = client:operation(request.options.operation)
    first_request, status = dry_run.build(client, entry, first.params, context)
    if not first_request then return status end
  end
  local print_plan = (context.options.json or context.options.jsonl) and print_json or print_text
  print_plan(context, request, run, first_request)
  context:note "\nDry run: nothing was changed."
  return exit_status.DONE
end

return plan
