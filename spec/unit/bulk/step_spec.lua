--- kms.bulk.step: one step, its requests and its records.

local Error = require "kms.error"
local step_module = require "kms.bulk.step"
local stop_rule = require "kms.bulk.stop_rule"

--- Creates a context whose requests have the given responses: a result, or an error.
local function new_context(responses, changes)
  local context = { records = {}, sent = 0, operation = "op", behaviour = {}, may_verify = true, stop_rule = stop_rule.new(nil, 10) }
  context.journal = {
    add = function(_, record) context.records[#context.records + 1] = record end,
    commit = function() return true end,
  }
  context.requester = {
    attempts = 3,
    wait_turn = function(self) return not self.stop end,
    skip_turn = function() context.skipped = (context.skipped or 0) + 1 end,
    send = function()
      context.sent = context.sent + 1
      local response = assert(responses[context.sent], "no response left")
      if response.kind then return nil, response end
      return response
    end,
    back_off = function() end,
    halt = function(self, code, message) self.stop = self.stop or { code = code, message = message } end,
  }
  for name, value in pairs(changes or {}) do context[name] = value end
  return context
end

local function new_step(fields)
  local step = { n = 1, line = 1, key = "k", before = "b", params = {} }
  for name, value in pairs(fields or {}) do step[name] = value end
  return step
end

local function list_records(context)
  local list = {}
  for i, record in ipairs(context.records) do list[i] = record.type .. " " .. tostring(record.outcome or record.attempt) end
  return list
end

local DONE = { request_id = "r" }
local function lost() return Error.new { kind = "transport", code = "closed", message = "lost", uncertain = true, retryable = true } end
local function throttled() return Error.new { kind = "service", code = "429", message = "wait", status = 429, throttled = true, retryable = true } end
local function refused() return Error.new { kind = "service", code = "NO", message = "no", status = 400, retryable = false } end

--- A behaviour whose verification finds `is_as_wanted`.
local function verifying(is_as_wanted, fields)
  local behaviour = { verify = function() return is_as_wanted, is_as_wanted == nil and lost() or nil, "v" end }
  for name, value in pairs(fields or {}) do behaviour[name] = value end
  return { behaviour = behaviour }
end

describe("a step", function()
  it("records its beginning before the request, and its end after it", function()
    local context, step = new_context { DONE }, new_step()
    local order = {}
    context.journal.commit = function()
      order[#order + 1] = "commit " .. #context.records .. " " .. context.sent
      return true
    end
    assert.equal("done", (step_module.take(context, step)))
    assert.same({ "commit 1 0" }, order)
    assert.same({ "begin 1", "end done" }, list_records(context))
    assert.same({ "r", "b" }, { context.records[2].request_id, context.records[2].before })
  end)

  it("sends nothing when the journal cannot be written, and stops the run", function()
    local context = new_context {}
    context.journal.commit, context.journal.failure = function() return false end, "full"
    assert.is_nil((step_module.take(context, new_step())))
    assert.same({ 0, "journal", "full" }, { context.sent, context.requester.stop.code, context.requester.stop.message })
  end)

  it("sends nothing if the run was stopped while the journal was written", function()
    local context = new_context {}
    context.journal.commit = function()
      context.requester:halt("requested", "stop")
      return true
    end
    local step = new_step()
    assert.is_nil((step_module.take(context, step)))
    assert.equal(0, context.sent)
    assert.same({ "begin 1", "end retry" }, list_records(context))
    assert.is_nil(step.is_doubtful)
  end)

  it("repeats throttled requests without counting them, and failures up to the attempts", function()
    local context = new_context { throttled(), throttled(), throttled(), lost(), throttled(), lost(), DONE }
    assert.equal("done", (step_module.take(context, new_step())))
    assert.same({ "begin 1", "end throttled", "begin 2", "end throttled", "begin 3", "end throttled", "begin 4", "end retry", "begin 5",
      "end throttled", "begin 6", "end retry", "begin 7", "end done" }, list_records(context))
  end)

  it("fails if the cloud refuses it", function()
    local context, step = new_context { refused() }, new_step()
    local outcome, err = step_module.take(context, step)
    assert.same({ "failed", "NO" }, { outcome, err.code })
    assert.same({ "failed", "NO", "no" }, { step.outcome, step.code, step.message })
    assert.same({ "begin 1", "end failed", "settled failed" }, list_records(context))
  end)

  it("stays uncertain after a lost response without verification, also if it is refused later", function()
    local context, step = new_context { lost(), refused() }, new_step()
    assert.equal("uncertain", (step_module.take(context, step)))
    assert.is_true(step.is_doubtful)
    assert.same({ "begin 1", "end retry", "begin 2", "end uncertain", "settled uncertain" }, list_records(context))
  end)

  it("is done if the verification proves it after a lost response", function()
    local context = new_context({ lost(), lost(), lost() }, verifying(true))
    assert.equal("done", (step_module.take(context, new_step())))
    assert.same({ "check as wanted", "settled done" }, { list_records(context)[7], list_records(context)[8] })
  end)

  it("is already as wanted by inference if the verification infers it", function()
    local context, step = new_context({ lost(), refused() }, verifying(true, { is_inferred = true })), new_step()
    assert.equal("already", (step_module.take(context, step)))
    assert.is_true(step.inferred)
  end)

  it("has failed if the verification proves that, and stays uncertain if it infers that or fails", function()
    assert.equal("failed", (step_module.take(new_context({ lost(), refused() }, verifying(false)), new_step())))
    assert.equal("uncertain", (step_module.take(new_context({ lost(), refused() }, verifying(false, { is_inferred = true })), new_step())))
    assert.equal("uncertain", (step_module.take(new_context({ lost(), refused() }, verifying(nil)), new_step())))
  end)

  it("is not verified if nothing speaks for a change, or if the run may not verify", function()
    local context = new_context({ refused() }, verifying(true))
    assert.equal("failed", (step_module.take(context, new_step())))
    context = new_context({ lost(), refused() }, verifying(true))
    context.may_verify = false
    assert.equal("uncertain", (step_module.take(context, new_step())))
  end)

  it("that was as wanted at the time of the plan needs no request", function()
    local context = new_context {}
    assert.equal("already", (step_module.take(context, new_step { outcome = "already" })))
    assert.same({ "settled already" }, list_records(context))
  end)

  it("that an earlier run left in doubt is verified first if that proves something, and repeated otherwise", function()
    local context = new_context({}, verifying(true, { verifies_first = true }))
    assert.equal("done", (step_module.take(context, new_step { is_begun = true })))
    assert.same({ "check as wanted", "settled done" }, list_records(context))
    context = new_context({ refused() }, verifying(false, { verifies_first = true }))
    assert.equal("failed", (step_module.take(context, new_step { is_begun = true })))
    context = new_context({ DONE }, verifying(true, { is_inferred = true }))
    assert.equal("done", (step_module.take(context, new_step { is_doubtful = true })))
    assert.same({ "begin 1", "end done" }, list_records(context))
  end)

  it("counts its attempts on from those of earlier runs", function()
    local context = new_context { DONE }
    step_module.take(context, new_step { attempt = 4 })
    assert.equal(5, context.records[1].attempt)
  end)

  it("stops the run when credentials are refused", function()
    for _, err in ipairs { Error.new { kind = "service", code = "APIGW.0301", message = "bad", status = 401 },
      Error.new { kind = "credentials", code = "missing", message = "bad", retryable = false } } do
      local context = new_context { err }
      step_module.take(context, new_step())
      assert.same({ "credentials", "bad" }, { context.requester.stop.code, context.requester.stop.message })
    end
  end)
end)
