--- kms.bulk.summary: counts and groups of errors.

local summary = require "kms.bulk.summary"

local STEPS = {
  { key = "a", outcome = "done" }, { key = "b", outcome = "already", inferred = true }, { key = "c", outcome = "already" },
  { key = "d", outcome = "failed", code = "KMS.0207", message = "no key" }, { key = "e" }, { key = "f", is_begun = true },
  { key = "g", outcome = "failed", code = "KMS.0209", message = "disabled", hint = "enable it" },
  { key = "h", outcome = "failed", code = "KMS.0209", message = "disabled" },
  { key = "i", outcome = "uncertain", message = "lost" }, { key = "j", is_doubtful = true, message = "lost" },
  { key = "b", outcome = "done", is_temporary = true },
}

describe("a summary", function()
  it("counts items by outcome, without temporary steps", function()
    assert.same({ total = 10, done = 1, already = 2, inferred = 1, failed = 3, uncertain = 3, not_tried = 1 }, summary.count(STEPS))
  end)

  it("takes a step out of its counts and adds it again", function()
    local counts, step = summary.count(STEPS), { key = "e" }
    summary.add(counts, step, -1)
    step.outcome, step.inferred = "already", true
    summary.add(counts, step, 1)
    assert.same({ 10, 3, 2, 0 }, { counts.total, counts.already, counts.inferred, counts.not_tried })
  end)

  it("groups errors, the most frequent ones first, and lists uncertain keys", function()
    local errors, uncertain = summary.group_errors(STEPS)
    assert.same({ "f", "i", "j" }, uncertain)
    assert.same({
      { code = "KMS.0209", message = "disabled", hint = "enable it", count = 2, keys = { "g", "h" } },
      { message = "lost", count = 2, keys = { "i", "j" }, uncertain = true },
      { code = "KMS.0207", message = "no key", count = 1, keys = { "d" } },
      { message = "the run ended before the response", count = 1, keys = { "f" }, uncertain = true },
    }, errors)
  end)

  it("gives at most three keys per failure, and all keys that are uncertain", function()
    local steps = {}
    for i = 1, 5 do steps[i] = { key = "k" .. i, outcome = "failed", message = "no" } end
    for i = 6, 9 do steps[i] = { key = "k" .. i, outcome = "uncertain", message = "no" } end
    assert.same({ { message = "no", count = 5, keys = { "k1", "k2", "k3" } },
      { message = "no", count = 4, keys = { "k6", "k7", "k8", "k9" }, uncertain = true } }, (summary.group_errors(steps)))
  end)
end)
