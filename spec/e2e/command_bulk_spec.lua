--- The commands kms move, rename and resume in processes of their own, over HTTPS against the emulator with faults:
--- killed, interrupted and without a disk, no key is lost and the journal accounts for every request.

local bulk_account = require "spec.helpers.bulk_account"
local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson.safe"
local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local files = require "spec.helpers.files"
local kms_command = require "spec.helpers.kms_command"
local new_generator = require "spec.helpers.new_generator"

local KILLS = 10
local MAX_SESSIONS = 60

-- What a bad network and a busy cloud do.
local FAULTS = {
  "close_before", { kind = "close_before", applied = true }, { kind = "close_within", part = "head" },
  { kind = "close_within", part = "body" }, "bad_gateway", { kind = "status", status = 503, body = "" },
  { kind = "close_within", part = "body", applied = false },
}

--- The name that a key gets: swaps of neighbours, and a chain of three at the begin.
local function new_name(i)
  return ({ "name-2", "name-3", "last", "four" })[i] or "name-" .. (i % 2 == 1 and i + 1 or i - 1)
end

local LISTS = {
  move = function(i) return bulk_cloud.key_id(i) .. "\n" end,
  rename = function(i) return ("%s %s\n"):format(bulk_cloud.key_tag(i), new_name(i)) end,
}

local COMMANDS = {
  move = "move %s --from cn-north-4 --to cn-east-3 --rate 2000 --concurrency 16 --yes --quiet --journal %s",
  rename = "rename %s --concurrency 16 --yes --quiet --journal %s",
}
local RESUME = { move = "resume %s --rate 2000 --concurrency 16 --yes --quiet", rename = "resume %s --concurrency 16 --yes --quiet" }

local function assert_changed(kind, count)
  local keys = emulated.state().keys
  for i = 1, count do
    if kind == "move" then
      assert.equal("cn-east-3", keys[bulk_cloud.key_id(i)].primary)
    else
      assert.equal(new_name(i), keys[bulk_cloud.key_tag(i)].key_name)
    end
  end
end

describe("kms with many keys", function()
  local list, journal, count

  --- Prepares keys of both clouds, and the list of one command.
  local function prepare(kind, number)
    count = number
    emulated.control("PUT", "saved", emulator.new({ keys = bulk_cloud.new_keys(count) }):save())
    emulated.settings { request_log = 100000 }
    local lines = {}
    for i = 1, count do lines[i] = LISTS[kind](i) end
    files.write(list, table.concat(lines))
  end

  --- Makes the clouds slow and faulty.
  local function add_faults()
    emulated.settings { huawei_quota = 250, latency = { distribution = "uniform", min = 0.03, max = 0.2, seed = 1 },
      random_faults = { rate = 0.1, seed = 11, kinds = FAULTS } }
  end

  before_each(function()
    emulated.reset()
    list, journal = os.tmpname(), os.tmpname()
    os.remove(journal)
  end)

  after_each(function()
    os.remove(list)
    os.remove(journal)
    emulated.reset()
  end)

  --- Runs one session: the first one, or one that continues.
  ---@param session integer
  ---@param kill_after integer? requests after which a signal ends the session
  ---@param signal string? default: KILL
  ---@return kms.spec.CommandResult
  local function run_session(kind, session, kill_after, signal)
    -- A session is ended after requests, so its plan is complete.
    local words = session > 1 and RESUME[kind]:format(journal) or COMMANDS[kind]:format(list, journal)
    if not kill_after then return kms_command.run(words) end
    return kms_command.run_script(([[
      count() { cat %s 2> /dev/null | grep -c '"type":"begin"'; }
      last=$(( $(count) + %d ))
      %s & pid=$!
      while [ -e /proc/$pid ] && (( $(count) < last )); do sleep 0.02; done
      kill -%s $pid
      wait $pid]]):format(journal, kill_after, kms_command.line(words), signal or "KILL"))
  end

  --- Runs sessions until one ends with all keys done.
  ---@param choose_kill fun(session: integer): integer? requests after which the session is killed; nil: it is not
  ---@return kms.spec.CommandResult[] sessions that were cut
  local function run_until_done(kind, choose_kill)
    local cut = {}
    for session = 1, MAX_SESSIONS do
      local kill_after = choose_kill(session)
      local result = run_session(kind, session, kill_after)
      if result.status == 0 then return cut end
      assert.is_not_nil(kill_after, result.err)
      cut[#cut + 1] = result
    end
    error "the run does not end"
  end

  for kind in pairs(LISTS) do
    local provider = kind == "move" and "huawei" or "ncloud"

    it(("account for every request of a %s that is never cut"):format(kind), function()
      prepare(kind, 200)
      add_faults()
      assert.same({}, run_until_done(kind, function() end))
      assert_changed(kind, count)
      local sums = bulk_account.assert_equal(journal, kind, count)
      assert.equal(0, sums.open)
      assert.is_true(sums.begun > count, "no request was repeated")
    end)

    it(("%s 1,000 keys although SIGKILL ends ten sessions after random numbers of requests, and account for all"):format(kind), function()
      prepare(kind, 1000)
      add_faults()
      local draw, cut_while_running = new_generator(2026), 0
      local cut = run_until_done(kind, function(session)
        if session > KILLS then return nil end
        local throttled = ({ { kind = "throttled", retry_after = 1 }, { kind = "status", status = 429, body = "{}" } })[session % 5]
        if throttled then
          throttled.match = { provider = provider }
          emulated.fault(throttled)
        end
        return 4 + math.floor(60 * draw())
      end)
      for _, result in ipairs(cut) do cut_while_running = cut_while_running + (result.status == 137 and 1 or 0) end
      assert.equal(KILLS, cut_while_running)
      assert_changed(kind, count)
      local sums = bulk_account.assert_equal(journal, kind, count)
      assert.is_true(sums.open >= 3, "the kills cut hardly any request: " .. sums.open)
      local status = kms_command.run("status --json " .. journal)
      local counts = cjson.decode(status.out)
      assert.same({ 0, count, count }, { status.status, counts.total, counts.done + counts.already })
    end)

    it(("%s 1,000 keys although Ctrl-C and SIGTERM end sessions in order, and account for all"):format(kind), function()
      prepare(kind, 1000)
      local moved = 0
      for session, signal in ipairs { "INT", "TERM", "HUP" } do
        local result = run_session(kind, session, 200, signal)
        assert.equal(signal == "INT" and 130 or 143, result.status, result.err)
        local counts = cjson.decode(kms_command.run("status --json " .. journal).out)
        local done = counts.done + counts.already
        assert.is_true(done > moved and done < count, done)
        assert.equal(count, done + counts.not_tried)
        moved = done
      end
      assert.equal(0, run_session(kind, 4).status)
      assert_changed(kind, count)
      local sums = bulk_account.assert_equal(journal, kind, count)
      assert.same({ 0, sums.received }, { sums.open, sums.begun })
    end)
  end
end)
