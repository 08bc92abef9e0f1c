--- Runs kms.bulk for a person: the plan, the first key, a question, progress, signals and the summary.

local bulk_options = require "kms.cli.bulk_options"
local dry_run = require "kms.cli.dry_run"
local exit_status = require "kms.cli.exit_status"
local json = require "kms.cli.json"
local kms = require "kms"
local progress = require "kms.cli.progress"
local question = require "kms.cli.question"
local summary = require "kms.cli.summary"
local terminal = require "kms.cli.terminal"

local session = {}

local MAX_PROBLEMS = 20 -- that are printed
local MAX_PREVIEW = 10 -- lines of a plan, unless --verbose

local SIGNALS = {
  sigint = { name = "Ctrl-C", status = exit_status.INTERRUPTED },
  sigterm = { name = "SIGTERM", status = exit_status.TERMINATED },
  sighup = { name = "SIGHUP", status = exit_status.TERMINATED },
}

---@class kms.cli.Request
---@field options table of kms.bulk, without `items`
---@field items kms.cli.Item[]? `label` names an item that has no line
---@field verb string "Move"
---@field title fun(count: integer): string the first line of the plan
---@field format_step (fun(step: kms.bulk.Step): string)? a line of the preview; without it there is no preview
---@field already string "already there"
---@field can_undo boolean

---@class kms.cli.Session
---@field context kms.cli.Context
---@field request kms.cli.Request
---@field run kms.bulk.Run
---@field left integer items that are not complete
local Session = {}
Session.__index = Session

-- The plan.

local function name_item(item) return item.label or ("line %d"):format(item.line) end

--- Prints the items that are not valid.
---@param problems { line: integer, message: string }[] `line` is the number in the list of items
local function print_problems(self, problems)
  local err, items = self.context.err, self.request.items
  for i, problem in ipairs(problems) do
    if i > MAX_PROBLEMS and not self.context.options.verbose then
      err:write(("  %s %d more (--verbose lists all)\n"):format(self.context.err_style.symbols.ellipsis,
        #problems - MAX_PROBLEMS))
      break
    end
    err:write(("  %s: %s\n"):format(name_item(items[problem.line]), problem.message))
  end
  err:flush()
end

--- Takes the items with problems out of the list.
local function drop_items(self, problems)
  local is_dropped, kept = {}, {}
  for _, problem in ipairs(problems) do is_dropped[problem.line] = true end
  for i, item in ipairs(self.request.items) do
    if not is_dropped[i] then kept[#kept + 1] = item end
  end
  self.request.items = kept
end

--- Makes the run. With --skip-invalid, items are left out until the others are valid.
---@return integer? exit_status if there is no run
local function plan(self)
  local context, request = self.context, self.request
  while true do
    local options = {}
    for name, value in pairs(request.options) do options[name] = value end
    if request.items then
      options.items = {}
      for i, item in ipairs(request.items) do options.items[i] = item.params end
    end
    options.on_progress = function(event) self:handle(event) end
    local run, err = kms.bulk(options)
    if run then
      self.run = run
      return nil
    end
    if not err.problems then return context:fail(err) end
    local count = #err.problems
    context.err:write(("%d %s not valid:\n"):format(count, count == 1 and "key is" or "keys are"))
    print_problems(self, err.problems)
    if not context.options.skip_invalid then
      context:note "\nCorrect the list, or add --skip-invalid. Nothing was changed."
      return exit_status.USAGE
    end
    context:note "They are left out.\n"
    drop_items(self, err.problems)
  end
end

local function count_left(run)
  local count = 0
  for step in run:each() do
    if step.outcome ~= "done" and step.outcome ~= "already" and not step.is_temporary then count = count + 1 end
  end
  return count
end

--- Writes the preview of the steps.
local function write_preview(self, output)
  local request, hidden, shown = self.request, 0, 0
  if not request.format_step then return end
  for step in self.run:each() do
    if shown < MAX_PREVIEW or self.context.options.verbose then
      shown = shown + 1
      output:write("  ", request.format_step(step), "\n")
    else
      hidden = hidden + 1
    end
  end
  if hidden > 0 then
    output:write(("  %s %d more (--verbose lists all)\n"):format(self.context.err_style.symbols.ellipsis, hidden))
  end
end

--- Prints the plan and its first request.
local function print_dry_run(self)
  local context, out = self.context, self.context.out
  local first
  for step in self.run:each() do
    if not step.after and step.outcome ~= "done" and step.outcome ~= "already" then
      first = step
      break
    end
  end
  self.run:close()
  out:write(self.request.title(self.left), "\n")
  write_preview(self, out)
  if first then
    out:write "\nThe first request:\n\n"
    local client = self.request.options.client
    local operation = self.request.options.operation
    local status = dry_run.print(client, client:operation(operation), first.params, context)
    if status ~= exit_status.DONE then return status end
  end
  context:note "\nDry run: nothing was changed."
  return exit_status.DONE
end

-- Events of the run.

--- Prints the outcome of a key as a result.
local function print_outcome(self, event)
  local options, out = self.context.options, self.context.out
  if event.is_temporary or options.json then return end
  local err = event.error or {}
  if options.jsonl then
    out:write(json.line { key = event.key, outcome = event.outcome, inferred = event.inferred, code = err.code,
      message = err.message, request_id = err.request_id })
  elseif not self.context.style.is_terminal or options.verbose then
    out:write(event.key, "  ", event.outcome, event.inferred and " (inferred)" or "",
      err.message and ("  %s%s"):format(err.code and err.code .. " " or "", err.message) or "", "\n")
  end
end

--- Prints the first key, and asks whether to go on.
local function handle_first(self, event)
  local context, err = self.context, event.error
  local text = err and ("%s: %s%s"):format(event.outcome, err.code and err.code .. " " or "", err.message)
    or ("%s in %.2f s"):format(event.outcome, event.seconds)
  context:note("First key %s: %s", event.key, text)
  if not event.is_first then return end
  self.has_first = true
  local rest = self.left - 1
  if rest < 1 or context.options.yes or self.is_asked then return end
  local is_yes = question.ask(context.err, ("%s the other %d?"):format(self.request.verb, rest), function()
    return self.signal ~= nil
  end)
  if not is_yes and not self.signal then self.run:stop "you did not want to go on" end
end

--- Handles an event of kms.bulk.
---@param event kms.bulk.Progress
function Session:handle(event)
  self.under_way = event.under_way
  -- Other events come inside of tasks, where luv must not call functions.
  if not event.key or not self.has_first then self.signals:poll() end
  if event.key then
    if self.progress.is_terminal and self.context.style.is_terminal then self.progress:clear() end
    print_outcome(self, event)
    if not self.has_first and not self.run_is_stopped then handle_first(self, event) end
  else
    self.context.out:flush()
  end
  if self.has_first and not self.signal and not self.context.options.quiet then self.progress:update(event) end
end

--- Handles a signal: the first one waits for the requests under way, the second one does not.
local function handle_signal(self, signal)
  if self.signal then
    self.run:stop(nil, true)
    return
  end
  self.signal = signal
  self.run:stop("interrupted by " .. signal.name)
  self.progress:clear()
  local count = self.under_way or 0
  local what = count > 0 and ("waiting for %d %s under way"):format(count, count == 1 and "request" or "requests")
    or "no request is under way"
  self.context.err:write(("Stopping: %s%s\n"):format(what,
    signal == SIGNALS.sigint and " (Ctrl-C again stops at once) " .. self.context.err_style.symbols.ellipsis or ""))
  self.context.err:flush()
end

-- The run.

--- Prints the plan before the run.
local function print_plan(self)
  local context = self.context
  if context.options.quiet then return end
  context:note("%s", self.request.title(self.left))
  write_preview(self, context.err)
  local duplicates = #self.run.duplicates
  if duplicates > 0 then
    context:note("%d %s left out.", duplicates, duplicates == 1 and "duplicate is" or "duplicates are")
  end
  context:note("Journal: %s", self.request.options.journal)
end

local function execute(self)
  local handlers = {}
  for name, signal in pairs(SIGNALS) do handlers[name] = function() handle_signal(self, signal) end end
  self.signals = terminal.handle_signals(handlers)
  local ok, result, err = pcall(self.run.execute, self.run)
  self.signals:poll()
  self.signals:close()
  self.progress:clear()
  if not ok then error(result, 0) end
  return result, err
end

--- Prints how the run ended.
local function print_summary(self, result)
  local context, request = self.context, self.request
  local journal, options = request.options.journal, context.options
  local status = summary.get_exit_status(result, self.signal and self.signal.status)
  if options.json then
    context.out:write(json.document { journal = journal, total = result.total, done = result.done,
      already = result.already, inferred = result.inferred, failed = result.failed, uncertain = result.uncertain,
      not_tried = result.not_tried, errors = result.errors, uncertain_keys = result.uncertain_keys, stop = result.stop,
      requests = result.requests, retries = result.retries, throttled = result.throttled, seconds = result.seconds })
  end
  if options.quiet and status == exit_status.DONE then return status end
  local can_resume = not result.stop or result.stop.code ~= "target"
  context.err:write(options.quiet and "" or "\n", summary.format(result, {
    already = request.already,
    resume = can_resume and bulk_options.write_command("resume", journal, options) or nil,
    undo = request.can_undo and bulk_options.write_command("undo", journal, options) or nil,
    status = bulk_options.write_command("status", journal, {}),
  }, context.err_style))
  context.err:flush()
  return status
end

--- Runs a request.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@return integer exit_status
function session.run(context, request)
  local self = setmetatable({ context = context, request = request }, Session)
  local status = plan(self)
  if status then return status end
  self.left = count_left(self.run)
  if context.options.dry_run then return print_dry_run(self) end
  if self.left == 0 then
    self.run:close()
    context:note "Nothing is left to do."
    return exit_status.DONE
  end
  if self.left > 1 and not context.options.yes and not question.can_ask() then
    self.run:close()
    return context:refuse(("%s Add --yes, because there is no terminal on which to ask. Nothing was changed."):format(
      request.title(self.left) .. "."))
  end
  print_plan(self)
  self.progress = progress.new { output = context.err, total = self.run.item_count,
    is_terminal = context.err_style.is_terminal and not context.options.verbose,
    get_width = function() return terminal.get_width(2) end }
  local result, err = execute(self)
  if not result then
    status = context:fail(err)
    context:note "Nothing was changed."
    return status
  end
  return print_summary(self, result)
end

return session
