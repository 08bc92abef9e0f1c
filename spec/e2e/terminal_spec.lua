--- The command kms move on a terminal of 40, 80 and 200 columns: screens, the question, colours.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local files = require "spec.helpers.files"
local kms_command = require "spec.helpers.kms_command"

describe("kms move on a terminal", function()
  local list, journal

  before_each(function()
    emulated.reset()
    list, journal = os.tmpname(), os.tmpname()
    os.remove(journal)
    local keys, lines = {}, {}
    for i = 1, 12 do
      keys[i] = { provider = "huawei", key_id = bulk_cloud.key_id(i), primary = "cn-north-4", replicas = i ~= 8 and { "cn-east-3" } or nil }
      lines[i] = bulk_cloud.key_id(i)
    end
    emulated.control("PUT", "saved", emulator.new({ keys = keys }):save())
    emulated.settings { latency = { distribution = "fixed", seconds = 0.1 } }
    files.write(list, table.concat(lines, "\n"))
  end)

  after_each(function()
    os.remove(list)
    os.remove(journal)
    emulated.reset()
  end)

  -- What is on the screen before and after the progress line; J is the journal.
  local SCREENS = {
    [40] = { [[
12 keys: cn-north-4 -> cn-east-3, at
    most 20 requests per second, project
    0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b
Access key: EMUL...0001
Journal: J
One key is changed first; then you are
asked about the others.
First key
00000001-e727-4d9c-b35d-f84bb474a37f:
done in N s
Move the other 11? [y/N] ]], [[

Done in N s: 11 done, 1 failed.

  1 x KMS.0308 Invalid parameter.
      hint: the key may be no
          multi-region key, or have no
          replica in cn-east-3
        00000008-e727-4d9c-b35d-f84bb474a37f

Go on with what is left:
  kms resume J
Take it back:
  kms undo J
Record of the run:
  J
]] },
    [80] = { [[
12 keys: cn-north-4 -> cn-east-3, at most 20 requests per second, project
    0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b
Access key: EMUL...0001
Journal: J
One key is changed first; then you are asked about the others.
First key 00000001-e727-4d9c-b35d-f84bb474a37f: done in N s
Move the other 11? [y/N] ]], [[

Done in N s: 11 done, 1 failed.

  1 x KMS.0308 Invalid parameter.
      hint: the key may be no multi-region key, or have no replica in
          cn-east-3
        00000008-e727-4d9c-b35d-f84bb474a37f

Go on with what is left:  kms resume J
Take it back:             kms undo J
Record of the run:        J
]] },
    [200] = { [[
12 keys: cn-north-4 -> cn-east-3, at most 20 requests per second, project 0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b
Access key: EMUL...0001
Journal: J
One key is changed first; then you are asked about the others.
First key 00000001-e727-4d9c-b35d-f84bb474a37f: done in N s
Move the other 11? [y/N] ]], [[

Done in N s: 11 done, 1 failed.

  1 x KMS.0308 Invalid parameter.
      hint: the key may be no multi-region key, or have no replica in cn-east-3
        00000008-e727-4d9c-b35d-f84bb474a37f

Go on with what is left:  kms resume J
Take it back:             kms undo J
Record of the run:        J
]] },
  }

  --- Runs the command on a terminal, and types after its question.
  local function run(columns, typed, variables)
    local screen = kms_command.run_on_terminal(("move %s --from cn-north-4 --to cn-east-3 --journal %s"):format(list, journal),
      columns, variables, typed)
    return (screen:gsub(journal:gsub("%p", "%%%0"), "J"):gsub("%d+%.%d+ s", "N s"))
  end

  for columns, expected in pairs(SCREENS) do
    it(("asks after the first key, draws one line of progress, and ends with a summary in %d columns"):format(columns), function()
      local screen = run(columns, "y\n", { NO_COLOR = "1" })
      local question = screen:find(expected[1], 1, true)
      assert.is_not_nil(question, screen)
      assert.equal(expected[2], screen:match ".*\27%[K(.-)$")
      local lines = 0
      for line in screen:gmatch "\27%[K(  [^\n\27]+)" do
        lines = lines + 1
        assert.matches("%d+/12", line)
        assert.is_true(#line < columns, line)
        assert.equal(columns >= 80, line:find "^  %[[#-]+%]" ~= nil, line)
      end
      assert.is_true(lines >= 2, screen)
    end)
  end

  it("moves one key only after a no", function()
    local screen = run(80, "n\n")
    assert.matches("you did not want to go on", screen)
    assert.matches("1 done.*, .*11 not tried", screen)
  end)

  it("has colours for outcomes alone", function()
    assert.matches("\27%[32m11 done\27%[0m, \27%[31m1 failed\27%[0m", run(80, "y\n"))
  end)
end)
