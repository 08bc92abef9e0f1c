--- kms.cli.bulk_options: options of the commands about many keys, and the commands that come next.

local bulk_options = require "kms.cli.bulk_options"

local function names(group)
  local set = {}
  for _, option in ipairs(group) do set[option.name] = true end
  return set
end

describe("kms.cli.bulk_options", function()
  it("keeps to the documented quota of Huawei Cloud unless told otherwise", function()
    assert.same({ rate = 20 }, bulk_options.to_bulk({}, "huawei"))
    assert.same({}, bulk_options.to_bulk({}, "ncloud"))
    assert.same({ rate = 5, concurrency = 3, attempts = 2, stop_after = false },
      bulk_options.to_bulk({ rate = 5, concurrency = 3, attempts = 2, stop_after = 0 }, "huawei"))
  end)

  it("finds the whole path of a journal", function()
    assert.equal("/var/j.jsonl", bulk_options.locate "/var/j.jsonl")
    local folder = require("lfs").currentdir()
    for _, path in ipairs { "j.jsonl", "./j.jsonl" } do assert.equal(folder .. "/j.jsonl", bulk_options.locate(path)) end
  end)

  it("accepts 0 and whole numbers for --stop-after", function()
    for _, option in ipairs(bulk_options.run { "huawei" }) do
      if option.name == "--stop-after" then
        assert.same({ 0, 7 }, { option.convert "0", (option.convert "7") })
        assert.is_nil((option.convert "-1"))
      end
    end
    assert.is_true(names(bulk_options.run { "huawei" })["--stop-after"])
  end)

  it("has the connection of one cloud, or of both, without what the run or the journal sets", function()
    assert.is_nil(names(bulk_options.connection { "huawei" })["--timeout"])
    assert.is_true(names(bulk_options.connection { "huawei" })["--region"])
    local both = names(bulk_options.journal_connection())
    assert.same({ true, true, nil }, { both["--zone"], both["--project-id"], both["--region"] })
    assert.is_nil(names(bulk_options.without_journal())["--journal"])
    assert.is_true(names(bulk_options.without_journal { name = "--own" })["--own"])
  end)

  it("writes the command that continues, with the options that it needs too", function()
    assert.equal("kms resume kms-move.jsonl", bulk_options.write_command("resume", "./kms-move.jsonl", { yes = true }))
    assert.equal("kms undo 'my journal' --profile 'it'\\''s' --rate 5",
      bulk_options.write_command("undo", "my journal", { rate = 5, profile = "it's", to = "cn-east-3" }))
  end)

  it("finds a name that no file has", function()
    local path = bulk_options.new_journal "test"
    assert.matches("^%./kms%-test%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ%.jsonl$", path)
    local file = assert(io.open(path, "w"))
    file:close()
    local other = bulk_options.new_journal "test"
    os.remove(path)
    assert.not_equal(path, other)
  end)
end)
