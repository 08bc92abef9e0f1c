--- kms.cli.exit_status: which status an error gives.

local exit_status = require "kms.cli.exit_status"
local files = require "spec.helpers.files"

describe("kms.cli.exit_status", function()
  it("derives the status from the error of a call", function()
    assert.equal(1, exit_status.of_error { kind = "invalid" })
    assert.equal(2, exit_status.of_error { kind = "service", status = 400 })
    assert.equal(2, exit_status.of_error { kind = "transport" })
    assert.equal(3, exit_status.of_error { kind = "transport", uncertain = true })
    assert.equal(5, exit_status.of_error { kind = "credentials" })
    assert.equal(5, exit_status.of_error { kind = "service", status = 401 })
    assert.equal(5, exit_status.of_error { kind = "service", status = 401, uncertain = true })
  end)

  it("is the first of a documented order if several apply", function()
    local order = { 141, 1, 2, 3, 4, 5 }
    for i = 1, #order do
      assert.equal(order[i], exit_status.choose(0, order[i]))
      for j = 1, i do assert.equal(order[i], exit_status.choose(order[j], order[i])) end
    end
    assert.equal(130, exit_status.choose(5, 130))
    assert.equal(143, exit_status.choose(143, 5))
    local documented = {}
    for number in exit_status.PRECEDENCE:match ": ([%d or,]+)":gmatch "%d+" do documented[#documented + 1] = tonumber(number) end
    assert.same({ 130, 143, 5, 4, 3, 2, 1, 141 }, documented)
  end)

  it("has the same meanings and the same order in docs/command.md and in the manual page", function()
    local text = files.read("docs/command.md"):gsub("`", ""):gsub("%s+", " ")
    for _, row in ipairs(exit_status.MEANINGS) do
      assert.is_not_nil(text:find(("| %d | %s |"):format(row[1], row[2]), 1, true), row[2])
    end
    assert.is_not_nil(text:find(exit_status.PRECEDENCE, 1, true))
    assert.is_not_nil(files.read("bin/kms.1"):find(exit_status.PRECEDENCE, 1, true))
  end)

  it("is the same rule for a run and for its journal", function()
    local stop = { code = "failures" }
    for _, case in ipairs {
      { 0, {} },
      { 2, { failed = 1 } },
      { 2, { not_tried = 1 } },
      { 3, { failed = 1, uncertain = 1 } },
      { 4, { failed = 1, uncertain = 1 }, stop },
      { 5, { uncertain = 1 }, { code = "credentials" } },
      { 5, {}, { code = "forbidden" } },
      { 130, {}, stop, 130 },
      { 143, { uncertain = 1 }, { code = "credentials" }, 143 },
    } do
      local counts = { failed = 0, uncertain = 0, not_tried = 0 }
      for name, value in pairs(case[2]) do counts[name] = value end
      assert.equal(case[1], exit_status.of_run(counts, case[3], case[4]))
    end
  end)

  it("has a meaning for every status", function()
    local meanings, count = {}, 0
    for _, row in ipairs(exit_status.MEANINGS) do meanings[row[1]] = row[2] end
    for _, value in pairs(exit_status) do
      if type(value) == "number" then
        count = count + 1
        assert.is_string(meanings[value])
      end
    end
    assert.equal(#exit_status.MEANINGS, count)
  end)
end)
