--- Takes one step of a plan: requests until the outcome is known, each with its records in the journal.

local step_module = {}

---@class kms.bulk.Context what all steps of a run share
---@field requester kms.bulk.Requester
---@field operation string
---@field behaviour table what the run knows about the operation
---@field may_verify boolean
---@field journal kms.bulk.Journal?
---@field stop_rule kms.bulk.StopRule
---@field sleep (fun(seconds: number))? lets other tasks run; nil outside of tasks

local function add_record(context, record)
  if context.journal then context.journal:add(record) end
end

--- Puts records on the disk before a request is sent. A journal that cannot be written stops the run.
---@return boolean is_ok
local function commit(context)
  local journal = context.journal
  if not journal or journal:commit(context.sleep) then return true end
  context.requester:halt("journal", journal.failure)
  return false
end

--- Copies what a journal says about a failure.
local function describe(record, err)
  if not err then return record end
  record.code, record.status, record.message, record.request_id = err.code, err.status, err.message, err.request_id
  return record
end

--- Records the end of an attempt.
local function add_end(context, step, outcome, err)
  add_record(context, describe({ type = "end", n = step.n, key = step.key, outcome = outcome,
    uncertain = err and err.uncertain or nil }, err))
end

--- Sets the outcome of a step.
local function set_outcome(step, outcome, details)
  step.outcome, step.is_begun = outcome, nil
  step.code, step.message, step.hint, step.inferred = details.code, details.message, details.hint, details.inferred
  step.is_doubtful = outcome == "uncertain" or nil
end

--- Records an outcome that no request of the step itself has proven.
local function settle(context, step, outcome, details)
  add_record(context, { type = "settled", n = step.n, key = step.key, outcome = outcome, code = details.code,
    message = details.message, inferred = details.inferred, before = step.before, request_id = details.request_id })
  set_outcome(step, outcome, details)
  return outcome
end

--- Finds out whether the key is as wanted.
---@return boolean? is_as_wanted
---@return string? request_id
local function verify(context, step)
  local is_as_wanted, err, request_id = context.behaviour.verify(step, context.requester)
  local outcome = "unknown"
  if is_as_wanted ~= nil then outcome = is_as_wanted and "as wanted" or "different" end
  add_record(context, describe({ type = "check", n = step.n, key = step.key, outcome = outcome,
    request_id = request_id }, err))
  return is_as_wanted, request_id
end

--- Concludes a step whose last request failed.
---@param err { code: string?, message: string }
---@return string outcome
---@return table? err
local function conclude(context, step, err, is_doubtful)
  local behaviour = context.behaviour
  local outcome = is_doubtful and "uncertain" or "failed"
  local may_be_done = is_doubtful or behaviour.may_be_done and behaviour.may_be_done(err)
  if may_be_done and behaviour.verify and context.may_verify then
    local is_as_wanted, request_id = verify(context, step)
    local inferred = behaviour.is_inferred
    if is_as_wanted then
      outcome = is_doubtful and not inferred and "done" or "already"
      return settle(context, step, outcome, { inferred = inferred, request_id = request_id })
    elseif is_as_wanted == false and not inferred then
      outcome = "failed"
    end
  end
  local hint = err.hint or behaviour.find_hint and behaviour.find_hint(step, err)
  settle(context, step, outcome, { code = err.code, message = err.message, hint = hint })
  return outcome, err
end

--- Leaves a step because no request may begin.
local function leave(context, step, err, is_doubtful)
  if not is_doubtful then return nil end
  err = err or { code = step.code, message = step.message or "the run ended before the response" }
  return conclude(context, step, err, true)
end

--- Sends one request with its records.
---@return table? result
---@return kms.Error? err nil if nothing was sent
local function run_attempt(context, step)
  local requester = context.requester
  step.attempt = (step.attempt or 0) + 1
  add_record(context, { type = "begin", n = step.n, key = step.key, attempt = step.attempt })
  if not commit(context) then
    requester:skip_turn()
    return nil
  end
  if requester.stop then -- another task has stopped the run meanwhile
    requester:skip_turn()
    add_record(context, { type = "end", n = step.n, key = step.key, outcome = "retry", code = "not_sent" })
    return nil
  end
  step.is_begun = true -- for the summary, if an urgent stop leaves this task here
  local result, err = requester:send(context.operation, step.params)
  step.is_begun = nil
  return result, err
end

--- Stops the run for failures that every other item would have too.
local function stop_for_all(context, err)
  local requester = context.requester
  if err.status == 401 or err.kind == "credentials" and not err.retryable then
    requester:halt("credentials", err.message)
  end
  local reason = context.stop_rule:record_request(err)
  if reason then requester:halt("unreachable", reason) end
end

--- Settles the doubt that an earlier run has left.
---@return boolean is_settled the step is as wanted
---@return boolean is_doubtful
local function settle_doubt(context, step)
  local is_doubtful = (step.is_begun or step.is_doubtful) == true
  if not is_doubtful or not context.behaviour.verifies_first or not context.may_verify then
    return false, is_doubtful
  end
  local is_as_wanted, request_id = verify(context, step)
  if is_as_wanted then settle(context, step, "done", { request_id = request_id }) end
  return is_as_wanted == true, is_as_wanted == nil
end

--- Takes a step.
---@param context kms.bulk.Context
---@param step kms.bulk.Step
---@return string? outcome "done", "already", "failed" or "uncertain"; nil: not tried
---@return kms.Error? err
function step_module.take(context, step)
  if step.outcome == "already" then return settle(context, step, "already", {}) end
  local requester, failures, last_err = context.requester, 0, nil
  local is_settled, is_doubtful = settle_doubt(context, step)
  if is_settled then return "done" end
  while true do
    if not requester:wait_turn() then return leave(context, step, last_err, is_doubtful) end
    local result, err = run_attempt(context, step)
    if result then
      add_record(context, { type = "end", n = step.n, key = step.key, outcome = "done", before = step.before,
        request_id = result.request_id })
      context.stop_rule:record_request(nil)
      set_outcome(step, "done", {})
      return "done"
    elseif not err then
      return leave(context, step, last_err, is_doubtful)
    end
    is_doubtful, last_err = is_doubtful or err.uncertain, err
    step.is_doubtful = is_doubtful or nil
    if err.throttled then
      add_end(context, step, "throttled", err)
    else
      failures = failures + 1
      stop_for_all(context, err)
      if not err.retryable or failures >= requester.attempts or requester.stop then
        add_end(context, step, is_doubtful and "uncertain" or "failed", err)
        return conclude(context, step, err, is_doubtful)
      end
      add_end(context, step, "retry", err)
      requester:back_off(failures)
    end
  end
end

return step_module
