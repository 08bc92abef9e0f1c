--- Runs kms.bulk for a person: the first key, a question, progress, signals and the summary.

local bulk_options = require "kms.cli.bulk_options"
local exit_status = require "kms.cli.exit_status"
local json = require "kms.cli.json"
local plan = require "kms.cli.plan"
local progress = require "kms.cli.progress"
local question = require "kms.cli.question"
local summary = require "kms.cli.summary"
local terminal = require "kms.cli.terminal"

local session = {}

session.EXIT_STATUSES = "Exit status: 0 all keys are done, 1 nothing was sent, 2 some failed, 3 some are uncertain, "
  .. "4 stopped early, 5 credentials refused, 130 Ctrl-C, 143 SIGTERM."

-- Members of a key and of the document as JSON, in this order.
local KEY = json.ordered "line key outcome inferred code message request_id"
local DOCUMENT = json.ordered("journal total done already inferred failed uncertain not_tried stop errors "
  .. "uncertain_keys requests retries throttled seconds")
for _, field in ipairs(DOCUMENT.fields) do
  local is_list = field.name == "errors" or field.name == "uncertain_keys"
  field.type = is_list and "list" or nil
end

session.JOURNAL = "The journal is kms-COMMAND-TIME.jsonl in the current folder, unless --journal names another file. "
  .. "'kms status' lists the journals of a folder. Keep them: resume and undo need them."

-- What to do if a run stops because there is no response, by cloud.
local UNREACHABLE_HINTS = {
  huawei = "the requests go to the present primary region; while it does not respond, no key can be moved: point the "
    .. "programs to a replica, which still encrypts and decrypts, and repeat 'kms resume' until the region responds",
}

local SIGNALS = {
  sigint = { name = "Ctrl-C", status = exit_status.INTERRUPTED },
  sigterm = { name = "SIGTERM", status = exit_status.TERMINATED },
  sighup = { name = "SIGHUP", status = exit_status.TERMINATED },
}

---@class kms.cli.Session
---@field context kms.cli.Context
---@field request kms.cli.Request
---@field run kms.bulk.Run
---@field left integer items that are not complete
---@field first_count integer? keys that went before the others
---@field first_outcome string? what was said of the last key that went before the others
---@field failed_first string? the line about it, if it failed and is not printed yet
local Session = {}
Session.__index = Session

-- Events of the run.

--- Prints the outcome of a key as a result.
local function print_outcome(self, event)
  local options, out, is_terminal = self.context.options, self.context.out, self.context.style.is_terminal
  if event.is_temporary or options.json then return end
  local err = event.error or {}
  if options.jsonl and is_terminal then self.progress:clear() end
  if options.jsonl then
    out:write(json.line({ line = event.line, key = event.key, outcome = event.outcome, inferred = event.inferred,
      code = err.code, message = err.message, request_id = err.request_id }, KEY))
  elseif not is_terminal or options.verbose then
    out:write(event.key, "  ", event.outcome, event.inferred and " (inferred)" or "",
      err.message and "  " .. summary.describe_error(err) or "", "\n")
  end
end

--- Names a key that goes before the others: a person knows the names of renames, not the tags.
local function name_key(self, key)
  if not self.request.format_step then return key end
  for step in self.run:each() do
    if step.key == key and not step.is_temporary then
      return ("%s (%s)"):format(self.request.format_step(step):gsub(" +", " "), key)
    end
  end
end

--- Formats the outcome of a key that goes before the others.
local function describe_first(self, event)
  local err = event.error
  local outcome = event.outcome == "already" and self.request.already or event.outcome
  return err and ("%s: %s"):format(outcome, summary.describe_error(err, true))
    or ("%s%s in %.2f s"):format(outcome, event.inferred and " (inferred)" or "", event.seconds)
end

--- Prints the first key, and asks whether to go on. If a key fails, the next one goes first. The last failure waits: it
--- is printed if another key follows, because otherwise the summary has it.
local function handle_first(self, event)
  local context, outcome = self.context, describe_first(self, event)
  if self.failed_first then context:note("%s", self.failed_first) end
  local label = self.first_outcome and "Next key" or "First key"
  local text = ("%s %s: %s"):format(label, name_key(self, event.key), outcome)
  -- The summary counts the keys that fail in the same way.
  local is_repeated = event.error and outcome == self.first_outcome
  self.first_outcome, self.failed_first = outcome, event.error and not is_repeated and text or nil
  self.first_count = (self.first_count or 0) + 1
  if not event.error then context:note("%s", text) end
  if not event.is_first then return end
  self.has_first = true
  local rest = self.left - self.first_count
  if rest < 1 or context.options.yes then return end
  self.is_asking = true
  local is_yes = question.ask(context.err, ("%s the other %d?"):format(self.request.verb, rest), function()
    return self.signal ~= nil
  end)
  self.is_asking = false
  if not is_yes and not self.signal then self.run:stop "you did not want to go on" end
end

--- Handles an event of kms.bulk.
---@param event kms.bulk.Progress
function Session:handle(event)
  self.under_way = event.under_way
  -- Other events come inside of tasks, where luv must not call functions.
  if not event.key or not self.has_first then self.signals:poll() end
  if event.key then
    print_outcome(self, event)
    if not self.has_first then handle_first(self, event) end
  else
    self.context.out:flush()
  end
  if self.has_first and not event.key and not self.context.options.quiet then
    self.progress:update(event)
  end
end

--- Handles a signal: the first one waits for the requests under way, the second one does not.
local function handle_signal(self, signal)
  if self.signal then
    self.run:stop(nil, true)
    return
  end
  self.signal = signal
  self.run:stop("interrupted by " .. signal.name)
  if self.is_asking then return end
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
  plan.write_title(context, self.request, self.run, context.err, context.err_style.width)
  plan.write_preview(context, self.request, self.run, context.err)
  context:note("Journal: %s", self.request.options.journal)
  if self.left > 1 and not context.options.yes then
    context:note "One key is changed first; then you are asked about the others."
  end
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
  local status = exit_status.of_run(result, result.stop, self.signal and self.signal.status)
  if options.json then
    context.out:write(json.document({ journal = journal, total = result.total, done = result.done,
      already = result.already, inferred = result.inferred, failed = result.failed, uncertain = result.uncertain,
      not_tried = result.not_tried, errors = result.errors, uncertain_keys = result.uncertain_keys,
      stop = result.stop and { code = result.stop.code, message = result.stop.message },
      requests = result.requests, retries = result.retries, throttled = result.throttled, seconds = result.seconds,
    }, DOCUMENT))
  end
  if options.quiet and status == exit_status.DONE then return status end
  context.out:flush()
  local can_resume = not result.stop or result.stop.code ~= "target"
  context.err:write(options.quiet and "" or "\n", summary.format(result, {
    already = request.already, has_hints = can_resume,
    resume = can_resume and bulk_options.write_command("resume", journal, options) or nil,
    undo = request.can_undo and bulk_options.write_command("undo", journal, options) or nil,
    status = bulk_options.write_command("status --keys", journal, {}),
    journal = bulk_options.locate(journal),
  }, context.err_style))
  local hint = result.stop and result.stop.code == "unreachable"
    and UNREACHABLE_HINTS[request.options.client.provider.name]
  if hint then
    context.err:write("\n", summary.wrap("hint: " .. hint, "", context.err_style.width), "\n")
  end
  context.err:flush()
  return status
end

local function run(context, request)
  local self = setmetatable({ context = context, request = request }, Session)
  local status
  self.run, status = plan.create(context, request, function(event) self:handle(event) end)
  if not self.run then return status end
  plan.note_duplicates(context, self.run.duplicates)
  if context.options.dry_run then return plan.print_dry_run(context, request, self.run) end
  self.left = plan.count_left(self.run)
  if self.left == 0 then
    self.run:close()
    context:note "Nothing is left to do."
    return exit_status.DONE
  end
  if self.left > 1 and not context.options.yes and not question.can_ask() then
    self.run:close()
    return context:refuse(("%d keys would be changed, and there is no terminal on which to ask: add --yes. "
      .. "Nothing was changed."):format(self.left))
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

--- Runs a request.
---@param context kms.cli.Context
---@param request kms.cli.Request
---@return integer exit_status
function session.run(context, request)
  local status = run(context, request)
  context.out:flush()
  return status
end

return session
