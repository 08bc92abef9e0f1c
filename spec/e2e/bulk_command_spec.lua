--- `kms move` and its relatives as processes over HTTPS: signals, closed pipes, full disks, two runs at once, and a terminal.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local emulated = require "spec.helpers.emulator_client"
local kms_process = require "spec.helpers.kms_process"

local COUNT = 12
local CONCURRENCY = 4
local LATENCY = 0.25 -- seconds
local LONG_LATENCY = 0.5 -- seconds, so that a signal comes while requests are under way

local MOVE = ("$PROGRAM move $LIST --from cn-north-4 --to cn-east-3 --journal $JOURNAL --concurrency %d --rate 1000 --yes"):format(
  CONCURRENCY)

describe("a run of the kms command", function()
  local journal, list

  local function run(script) return kms_process.run(script, { JOURNAL = journal, LIST = list }) end

  before_each(function()
    journal, list = os.tmpname(), os.tmpname()
    os.remove(journal)
    local file = assert(io.open(list, "w"))
    for i = 1, COUNT do file:write(bulk_cloud.key_id(i), "\n") end
    file:close()
    kms_process.prepare(COUNT, LATENCY)
  end)

  after_each(function()
    os.remove(journal)
    os.remove(list)
    emulated.reset()
  end)

  --- Continues the run, and checks that all keys are moved then.
  local function assert_resumed(expected_requests)
    emulated.settings { latency = { distribution = "fixed", seconds = 0 } }
    local output, ok = run "kms resume $JOURNAL --yes --quiet > /dev/null; echo $?; kms status $JOURNAL > /dev/null; echo $?"
    assert.same({ true, "0\n0\n" }, { ok, output })
    local moved, requests = kms_process.count_moved()
    assert.equal(COUNT, moved)
    if expected_requests then assert.equal(expected_requests, requests) end
  end

  --- A script that sends signals while requests are under way.
  local function interrupt(signals)
    emulated.settings { latency = { distribution = "fixed", seconds = LONG_LATENCY } }
    local lines = { MOVE .. " > $JOURNAL.out 2> $JOURNAL.err & pid=$!",
      ([[wait_for $JOURNAL '"type":"begin"' %d]]):format(1 + CONCURRENCY) }
    for i, signal in ipairs(signals) do
      lines[#lines + 1] = ("kill -%s $pid"):format(signal)
      if i < #signals then lines[#lines + 1] = "wait_for $JOURNAL.err '^Stopping'" end
    end
    lines[#lines + 1] = "wait $pid; echo status $?; wc -l < $JOURNAL.out; cat $JOURNAL.err; rm $JOURNAL.out $JOURNAL.err"
    return run(table.concat(lines, "\n"))
  end

  for signal, expected in pairs { INT = { 130, "Ctrl-C" }, TERM = { 143, "SIGTERM" }, HUP = { 143, "SIGHUP" } } do
    it(("waits for what is under way after SIG%s, says how to go on, and forgets nothing"):format(signal), function()
      local output = interrupt { signal }
      assert.matches(("status %d\n%d\n"):format(expected[1], 1 + CONCURRENCY), output, 1, true) -- one line per key
      assert.is_nil(output:find "traceback")
      assert.matches(("\nStopping: waiting for %d requests under way"):format(CONCURRENCY), output)
      assert.matches(("Stopped after %%S+ s: interrupted by %s.\n%d done, %d not tried. No change is uncertain."):format(expected[2]:gsub("%-", "%%-"),
        1 + CONCURRENCY, COUNT - 1 - CONCURRENCY), output)
      assert.matches("Go on with what is left:  kms resume " .. journal, output, 1, true)
      assert.same({ 1 + CONCURRENCY, 1 + CONCURRENCY }, { kms_process.count_moved() })
      assert_resumed(COUNT)
    end)
  end

  it("stops at once after a second Ctrl-C, and the next run settles the doubts", function()
    local output = interrupt { "INT", "INT" }
    assert.matches("status 130", output, 1, true)
    assert.matches(("\n1 done, %d uncertain, %d not tried%%."):format(CONCURRENCY, COUNT - 1 - CONCURRENCY), output)
    assert.matches(("\n  %d uncertain: the run ended before the response\n        %s\n"):format(CONCURRENCY,
      bulk_cloud.key_id(2):gsub("%-", "%%-")), output)
    assert_resumed()
  end)

  it("goes on if the reader of its messages ends", function()
    local output = run("{ " .. MOVE .. " --verbose; echo $? > $JOURNAL.status; } 2>&1 | head -n 1 > /dev/null; cat $JOURNAL.status; rm $JOURNAL.status")
    assert.equal("141\n", output)
    assert.equal(COUNT, (kms_process.count_moved()))
  end)

  it("stops before the next request if the disk of the journal is full", function()
    emulated.settings { latency = { distribution = "fixed", seconds = 0 } }
    -- Bytes: less than the plan and all beginnings need, more than the plan and one of them.
    local output = run("prlimit --fsize=3800 " .. MOVE .. " 2>&1 > /dev/null; echo status $?")
    assert.matches("Stopped after %S+ s: cannot write journal .*: file too large%.\n", output)
    assert.matches("status 4\n$", output)
    local moved, requests = kms_process.count_moved()
    assert.is_true(moved > 0 and moved < COUNT)
    assert.equal(moved, requests)
    assert_resumed()
  end)

  it("excludes another run on the same journal", function()
    local output = run(MOVE .. [[ > /dev/null 2>&1 & wait_for $JOURNAL '"type":"begin"'
      kms resume $JOURNAL --yes; echo status $?; wait]])
    assert.matches("kms resume: cannot open journal %S+: another run uses it\nstatus 1\n", output)
    assert.same({ COUNT, COUNT }, { kms_process.count_moved() })
  end)

  it("prints a line every few seconds without a terminal", function()
    emulated.settings { latency = { distribution = "fixed", seconds = LONG_LATENCY } }
    local output = run(MOVE:gsub("concurrency %d", "concurrency 1") .. " 2>&1 > /dev/null")
    assert.matches("\n%d+ of 12, %d%.%d/s, 0 failed, 0 retries, %d s left\n", output)
  end)

  describe("on a terminal", function()
    local COMMAND = "$PROGRAM move $LIST --from cn-north-4 --to cn-east-3 --journal keys.jsonl --concurrency 2 --rate 1000"

    --- Runs the command, and returns the lines that are on the screen at the end, and all that was written.
    local function run_on_terminal(columns, steps, command)
      local raw = kms_process.run_on_terminal(command or COMMAND, columns, steps, { LIST = list })
      return kms_process.render(raw), raw
    end

    it("asks after the first key, draws lines of progress, and moves all keys", function()
      local lines, raw = run_on_terminal(80, { { "y/N", "y\\n" } })
      local text = table.concat(lines, "\n")
      assert.matches(" First key " .. bulk_cloud.key_id(1) .. ": done in ", (text:gsub("%s+", " ")), 1, true)
      assert.matches("\nMove the other 11? [y/N] y\n\nDone in ", text, 1, true)
      assert.matches(" s: 12 done%.\n\nTake it back:", text)
      assert.equal("(exit status 0)", lines[#lines])
      local has_bar
      for drawn in raw:gmatch "\r\27%[K([^\r\n\27]+)" do
        assert.is_true(#drawn <= 77, drawn)
        assert.matches("^  .*%d+/12", drawn)
        has_bar = has_bar or drawn:find "%[[#-]+%]" ~= nil
      end
      assert.is_true(has_bar)
      assert.matches("\27[32m12 done\27[0m", raw, 1, true)
      assert.equal(COUNT, (kms_process.count_moved()))
    end)

    it("changes one key only if the person says no, presses Enter, or Ctrl-D", function()
      local moved = 0
      for keys, status in pairs { ["n\\n"] = 4, ["\\n"] = 4, ["\\004"] = 4, ["\\003"] = 130 } do
        local lines = run_on_terminal(80, { { "y/N", keys } })
        assert.equal(("(exit status %d)"):format(status), lines[#lines])
        kms_process.prepare(COUNT, 0)
        moved = moved + kms_process.count_moved()
      end
      assert.equal(0, moved)
    end)

    it("stops in order after Ctrl-C", function()
      local lines = run_on_terminal(80, { { "y/N", "y\\n" }, { " [1-9]*/12 ", "\\003" } })
      local text = table.concat(lines, "\n")
      assert.matches("\nStopping: waiting for 2 requests under way (Ctrl-C again stops at once) …\n", text, 1, true)
      assert.matches("\nStopped after %S+ s: interrupted by Ctrl%-C%.\n%d done, %d+ not tried%. No change is uncertain%.\n", text)
      assert.equal("(exit status 130)", lines[#lines])
    end)

    it("reads the list from standard input, and the decision from the terminal", function()
      local lines = run_on_terminal(80, { { "y/N", "y\\n" } }, "cat $LIST | " .. COMMAND:gsub("%$LIST", "-"))
      assert.equal("(exit status 0)", lines[#lines])
      assert.equal(COUNT, (kms_process.count_moved()))
    end)

    it("has no colours with NO_COLOR, and ASCII without UTF-8", function()
      local lines, raw = run_on_terminal(80, { { "y/N", "y\\n" }, { " [1-9]*/12 ", "\\003" } },
        "NO_COLOR=1 LC_ALL=C " .. COMMAND)
      assert.is_nil(raw:find "\27%[%d+m")
      assert.matches("stops at once) ...\n", table.concat(lines, "\n"), 1, true)
    end)
  end)
end)
