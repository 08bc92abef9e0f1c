--- kms.bulk in processes of their own, over HTTPS against the emulator with faults and full disks: runs continue, no key is
--- lost, and none is changed again after its success was recorded. spec/e2e/command_bulk_spec.lua kills the command.

local bulk_account = require "spec.helpers.bulk_account"
local bulk_cloud = require "spec.helpers.bulk_cloud"
local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local new_generator = require "spec.helpers.new_generator"
local subprocess = require "spec.helpers.subprocess"

local COUNT = 80 -- keys of each cloud
local MANY = 1000 -- the same, where responses are fast
local MAX_SESSIONS = 60
local FAULTS = { "close_before", "close_within", "bad_gateway" }

-- The programs of an operator: one for the first session and for all that continue it.
local COMMON = [[
  local kms, count, journal = require "kms", tonumber(os.getenv "COUNT"), os.getenv "JOURNAL"
  local transport = require("kms.transport.curl").new { ca_file = os.getenv "CA_FILE" }
  local function run(client, operation, items, verify)
    local run, err = kms.bulk { client = client, operation = operation, items = items, journal = journal, concurrency = 16,
      attempts = 30, stop_after = false, verify = verify }
    if not run then print(err) os.exit(1) end
    local summary, problem = run:execute()
    if not summary then print(problem) os.exit(1) end
    print(summary.done + summary.already, summary.failed, summary.uncertain, summary.not_tried, summary.stop and summary.stop.code,
      summary.seconds)
    os.exit(summary.done + summary.already == count and not summary.stop and 0 or 3, true)
  end
]]
local PROGRAMS = {
  move = COMMON .. [[
    local items = {}
    for i = 1, count do items[i] = { key_id = ("%08x-e727-4d9c-b35d-f84bb474a37f"):format(i), primary_region = "cn-east-3" } end
    local huawei = kms.huawei { region = "cn-north-4", transport = transport }
    run(huawei, "update_primary_region", items, huawei:with { region = "cn-east-3", project_id = os.getenv "PROJECT" })
  ]],
  -- Swaps of neighbours, and one chain of three.
  rename = COMMON .. [[
    local items = {}
    for i = 1, count do items[i] = { key_tag = ("tag%05d"):format(i), key_name = "name-" .. (i % 2 == 1 and i + 1 or i - 1) } end
    items[1].key_name, items[2].key_name, items[3].key_name = "name-2", "name-3", "last"
    items[4].key_name = "four"
    run(kms.ncloud { endpoint = os.getenv "NCLOUD", transport = transport }, "rename_key", items)
  ]],
}

local function assert_changed(kind, count)
  local keys = emulated.state().keys
  for i = 1, count do
    if kind == "move" then
      assert.equal("cn-east-3", keys[bulk_cloud.key_id(i)].primary)
    else
      local special = ({ "name-2", "name-3", "last", "four" })[i]
      assert.equal(special or "name-" .. (i % 2 == 1 and i + 1 or i - 1), keys[bulk_cloud.key_tag(i)].key_name)
    end
  end
end

describe("kms.bulk in a process", function()
  local journal

  ---@param count integer keys of each cloud
  local function prepare(count)
    os.remove(journal)
    emulated.reset()
    emulated.control("PUT", "saved", emulator.new({ keys = bulk_cloud.new_keys(count) }):save())
    emulated.settings { request_log = 10000 }
  end

  local function add_latency()
    emulated.settings { latency = { distribution = "uniform", min = 0.005, max = 0.03, seed = 1 } }
  end

  before_each(function()
    journal = os.tmpname()
    prepare(COUNT)
  end)

  after_each(function()
    os.remove(journal)
    emulated.reset()
  end)

  --- Runs one session.
  ---@return string output, boolean ok
  local function run_session(kind, prefix, count)
    local account = emulated.accounts.huawei
    local variables = { COUNT = tostring(count or COUNT), JOURNAL = journal, CA_FILE = emulated.ca_file, NCLOUD = emulated.ncloud,
      PROJECT = account.projects["cn-east-3"],
      HUAWEICLOUD_SDK_AK = account.access_key, HUAWEICLOUD_SDK_SK = account.secret_key,
      HUAWEICLOUD_SDK_PROJECT_ID = account.projects["cn-north-4"],
      NCLOUD_ACCESS_KEY = emulated.accounts.ncloud.access_key, NCLOUD_SECRET_KEY = emulated.accounts.ncloud.secret_key }
    for region, endpoint in pairs(emulated.huawei) do
      variables["HUAWEICLOUD_SDK_REGION_KMS_" .. region:upper():gsub("-", "_")] = endpoint
    end
    return subprocess.run(PROGRAMS[kind], variables, prefix)
  end

  --- Runs sessions that are cut, until one ends by itself.
  ---@return integer cut sessions that were cut
  local function run_until_done(kind, count, make_prefix)
    for session = 1, MAX_SESSIONS do
      local output, ok = run_session(kind, session < MAX_SESSIONS and make_prefix(session) or nil, count)
      if ok then return session - 1 end
      -- A journal that was full before its plan was complete is begun again.
      assert.is_true(not output:find "invalid error" or output:find "cannot write journal" ~= nil, output)
    end
    error "the run does not end"
  end

  for kind in pairs(PROGRAMS) do
    it(("ends a %s of all keys with many faults by itself #timing"):format(kind), function()
      add_latency()
      emulated.settings { random_faults = { rate = 0.3, seed = 5, kinds = FAULTS } }
      local output, ok = run_session(kind)
      assert.is_true(ok, output)
      assert_changed(kind, COUNT)
      bulk_account.assert_equal(journal, kind, COUNT)
    end)

    it(("continues a %s of 1,000 keys that a full disk stopped before the next request, and accounts for all"):format(kind), function()
      prepare(MANY)
      local size, draw = 0, new_generator(7)
      local cut = run_until_done(kind, MANY, function()
        size = size + 40000 + math.floor(80000 * draw())
        return "prlimit --fsize=" .. size
      end)
      assert.is_true(cut >= 3, cut)
      assert_changed(kind, MANY)
      bulk_account.assert_equal(journal, kind, MANY)
    end)
  end

  it("ends as soon as its last request has ended #timing", function()
    local least = math.huge -- of some runs, because a busy machine delays some
    for _ = 1, 5 do
      prepare(COUNT)
      emulated.settings { latency = { distribution = "fixed", seconds = 0.01 } }
      local output, ok = run_session("move", nil, 3)
      assert.is_true(ok, output)
      least = math.min(least, (tonumber(output:match "([%d.]+)\n$")))
      if least < 0.09 then break end
    end
    assert.is_true(least < 0.09, least) -- two requests one after the other, and the rest at once
  end)
end)
