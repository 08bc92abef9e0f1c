--- kms.cli.summary: how a run ended, for a person.

local style = require "kms.cli.style"
local summary = require "kms.cli.summary"

local PLAIN = style.new(1, function() end)
PLAIN.width, PLAIN.has_colour = nil, false
local TEXTS = { already = "already there", resume = "kms resume J", undo = "kms undo J", status = "kms status J" }

local function new_result(changes)
  local result = { total = 300, done = 296, already = 1, inferred = 1, failed = 2, uncertain = 1, not_tried = 0, seconds = 15.4,
    errors = {
      { message = "the response was lost", uncertain = true, count = 1, keys = { "key-c" } },
      { code = "KMS.0308", message = "Invalid parameter", hint = "no replica", count = 2, keys = { "key-a", "key-b" } },
    } }
  for name, value in pairs(changes or {}) do result[name] = value end
  return result
end

local NOTHING = { done = 0, already = 0, inferred = 0, failed = 0, uncertain = 0, errors = {} }

local function with_nothing(changes)
  local result = new_result(NOTHING)
  for name, value in pairs(changes) do result[name] = value end
  return result
end

describe("a summary", function()
  it("has counts, distinct errors with keys, doubts by name, and what to do next", function()
    assert.equal([[
Done in 15 s: 296 done, 1 already there (inferred), 2 failed, 1 uncertain.

  2 x KMS.0308 Invalid parameter
      hint: no replica
        key-a
        key-b
  1 uncertain: the response was lost
        key-c

Go on with what is left:  kms resume J
Take it back:             kms undo J
]], summary.format(new_result(), TEXTS, PLAIN))
  end)

  it("names the reason of a stop once", function()
    local group = { message = "refused", count = 1, keys = { "a" } }
    for _, case in ipairs {
      { "10 items in a row failed; the last one: refused", nil, "10 keys in a row failed" },
      { "refused", "credentials", "the credentials are missing or refused" },
      { "refused", "other", "refused" },
      { "something else", "credentials", "something else" },
    } do
      local text = summary.format(with_nothing { failed = 1, not_tried = 9, errors = { group },
        stop = { message = case[1], code = case[2] } }, TEXTS, PLAIN)
      assert.matches(("Stopped after 15 s: %s.\n1 failed, 9 not tried. Nothing was changed.\n\n  1 x refused\n"):format(case[3]), text, 1, true)
    end
  end)

  it("names options as the command line does", function()
    assert.equal("no region: give --region or set A; no key: set B", summary.describe_error {
      message = "no region: give the option region or set A; no key: give the option credentials.key or set B" })
  end)

  it("has codes of the cloud, no codes of transport errors, and no endless words", function()
    assert.equal("KMS.0308 Invalid parameter.", summary.describe_error { code = "KMS.0308", message = "Invalid parameter." })
    assert.equal("cannot connect", summary.describe_error { code = "connect", message = "cannot connect" })
    local message = "refused: " .. ("x"):rep(300) .. "; the secret key is wrong"
    assert.equal(message, summary.describe_error { message = message })
    assert.equal("refused: " .. ("x"):rep(50) .. "...; the secret key is wrong", summary.describe_error({ message = message }, true))
  end)

  it("has one line and how to take it back if all is well", function()
    assert.equal("Done in 15 s: 300 done.\n\nTake it back:  kms undo J\n",
      summary.format(with_nothing { done = 300 }, TEXTS, PLAIN))
  end)

  it("says why a run stopped, and that nothing is in doubt", function()
    assert.equal("Stopped after 15 s: interrupted by Ctrl-C.\n64 done, 236 not tried. No change is uncertain.\n\n"
      .. "Go on with what is left:  kms resume J\nTake it back:             kms undo J\n",
      summary.format(with_nothing { done = 64, not_tried = 236, stop = { code = "requested", message = "interrupted by Ctrl-C" } },
        TEXTS, PLAIN))
  end)

  it("looks the project up, or asks for a correction, where a mere repeat fails again", function()
    local function format(code, done)
      return summary.format(with_nothing { done = done, failed = 10, errors = { { code = code, message = "no", count = 10,
        hint = "project_id is not a project of the region called", keys = {} } } }, TEXTS, PLAIN)
    end
    assert.matches("hint: the project is not a project of the region called; --project-id auto looks it up\n",
      format("KMS.0321", 0), 1, true)
    assert.matches("Go on with what is left:  kms resume J --project-id auto\n", format("KMS.0321", 0), 1, true)
    assert.matches("\nResuming would send the same again. Correct the list or the target, and begin a new run.\n",
      format("KMS.0308", 0), 1, true)
    assert.is_nil(format("KMS.0308", 0):find "kms resume")
    assert.matches("Go on with what is left:  kms resume J\n", format("KMS.0308", 1), 1, true)
  end)

  it("says how many keys it does not name", function()
    local result = with_nothing { done = 1, failed = 5, errors = { { message = "no", count = 5, keys = { "a", "b", "c" } } } }
    assert.matches("\n        c\n        %S+ 2 more %(kms status J names all%)\n", summary.format(result, TEXTS, PLAIN))
  end)

  it("is broken into lines on a terminal, but its commands and keys are not", function()
    local narrow = style.new(1, function() end)
    narrow.width, narrow.has_colour = 40, false
    local text = summary.format(new_result { errors = { { code = "KMS.0308", message = ("words "):rep(20), count = 2,
      keys = { ("k"):rep(60) } } } }, { already = "already there", resume = "kms resume " .. ("J"):rep(40), undo = "kms undo J" }, narrow)
    for line in text:gmatch "[^\n]+" do
      assert.is_true(#line <= 40 or line:find "kkk" ~= nil or line:find "JJJ" ~= nil or line:find "^Done" ~= nil, line)
    end
    assert.matches("\nGo on with what is left:\n  kms resume JJJ", text)
  end)

  it("colours outcomes only where colours are wanted", function()
    local coloured = style.new(1, function() end)
    coloured.width, coloured.has_colour = 80, true
    assert.matches("\27%[31m2 failed\27%[0m", summary.format(new_result(), TEXTS, coloured))
    assert.is_nil(summary.format(new_result(), TEXTS, PLAIN):find "\27")
  end)
end)
