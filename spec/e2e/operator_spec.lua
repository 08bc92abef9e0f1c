--- What an operator needs of the command, one test per need: each was a stumble of the example programs once.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson.safe"
local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local files = require "spec.helpers.files"
local kms_command = require "spec.helpers.kms_command"


--- The names of the keys of NAVER Cloud.
local function old_name(i) return "prod-" .. i end

describe("an operator", function()
  local folder

  --- Creates keys of both clouds and the list keys.txt.
  ---@param single integer? the key that is not multi-region
  local function prepare(count, single)
    local keys, lines = {}, {}
    for i = 1, count do
      keys[#keys + 1] = { provider = "huawei", key_id = bulk_cloud.key_id(i), primary = "cn-north-4",
        replicas = i ~= single and { "cn-east-3" } or nil }
      keys[#keys + 1] = { provider = "ncloud", key_tag = bulk_cloud.key_tag(i), key_name = old_name(i) }
      lines[i] = bulk_cloud.key_id(i)
    end
    emulated.control("PUT", "saved", emulator.new({ keys = keys }):save())
    files.write(folder .. "/keys.txt", table.concat(lines, "\n") .. "\n")
  end

  before_each(function()
    emulated.reset()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    prepare(30)
  end)

  after_each(function()
    os.execute("rm -r " .. folder)
    emulated.reset()
  end)

  --- Runs a shell script in which kms is the command and $DIR the folder of the list.
  local function run(script, variables)
    local all = { DIR = folder }
    for name, value in pairs(variables or {}) do all[name] = value end
    return kms_command.run_script(script, all)
  end

  local MOVE = "kms move $DIR/keys.txt --from cn-north-4 --to cn-east-3 --yes --rate 500 --journal $DIR/j "

  local function count_moved()
    local moved = 0
    for _, key in pairs(emulated.state().keys) do
      if key.key_id and key.primary == "cn-east-3" then moved = moved + 1 end
    end
    return moved
  end

  local function count_huawei_requests() return emulated.state().operations.huawei.update_primary_region or 0 end

  it("moves 60 keys under the documented quota of 20 requests per second, and none fails #timing", function()
    prepare(60)
    emulated.settings { huawei_quota = 20 }
    local result = run((MOVE:gsub("%-%-rate 500 ", "")))
    assert.equal(0, result.status, result.err)
    assert.equal(60, count_moved())
    assert.matches("Done in %d[%d.]* s: 60 done%.", result.err)
    assert.is_true(tonumber(result.err:match "Done in ([%d.]+) s") <= 1.1 * 3 + 3) -- a busy machine takes longer
  end)

  it("sees after one request that a region does not respond, and why the run stopped", function()
    local result = run(MOVE, { HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://localhost:1" })
    assert.equal(4, result.status)
    assert.matches("Stopped after %d[%d.]* s: the endpoint cannot be reached%.\n.*cannot connect to localhost:1", result.err)
    assert.matches("1 failed, 29 not tried. Nothing was changed.", result.err, 1, true)
  end)

  it("runs the same list again without a failure, because keys that are there already are told apart", function()
    assert.equal(0, run(MOVE).status)
    local result = run((MOVE:gsub("/j ", "/j2 ")))
    assert.equal(0, result.status, result.err)
    assert.matches("Done in [%d.]+ s: 30 already there %(inferred%)%.\n", result.err)
    result = run("kms resume $DIR/j")
    assert.equal(0, result.status)
    assert.equal("Nothing is left to do.\n", result.err)
  end)

  it("has no doubt left after lost responses, because the run settles it", function()
    emulated.settings { random_faults = { rate = 0.4, seed = 2,
      kinds = { { kind = "close_before", applied = true }, { kind = "close_within", part = "body" }, "bad_gateway" } } }
    local result = run(MOVE .. "--stop-after 0 --attempts 30")
    assert.equal(0, result.status, result.err)
    assert.equal(30, count_moved())
    assert.is_nil(result.err:find "uncertain")
  end)

  it("gives lists with blank lines, comments, CR, BOM, spaces and duplicates, and each bad line is named before anything is sent", function()
    local lines = { "\239\187\191# keys", "", bulk_cloud.key_id(1) .. "  ", bulk_cloud.key_id(2) .. "\r", bulk_cloud.key_id(1), "0d0466b0-e727" }
    files.write(folder .. "/keys.txt", table.concat(lines, "\n"))
    local result = run(MOVE)
    assert.equal(1, result.status)
    assert.matches("1 key is not valid:\n  line 6: key_id must be 36 characters", result.err, 1, true)
    assert.equal(0, count_huawei_requests())
    result = run(MOVE .. "--skip-invalid")
    assert.equal(0, result.status)
    assert.matches("1 duplicate is left out: line ", result.err, 1, true)
    assert.matches("2 done", result.err)
  end)

  it("mistypes the target region, and reads which regions there are after one request", function()
    local result = run((MOVE:gsub("cn%-east%-3", "cn-east-33 --any-region")))
    assert.equal(4, result.status)
    assert.matches("region cn-east-33 does not take part in multi-region keys; those that do: cn-north-4,", result.err, 1, true)
    assert.equal(1, count_huawei_requests())
  end)

  it("moves keys from a region that is not that of the environment, whose project does not belong to it", function()
    assert.equal(0, run(MOVE).status)
    local result = run "kms move $DIR/keys.txt --from cn-east-3 --to cn-north-4 --yes --rate 500 --journal $DIR/back"
    assert.equal(0, result.status, result.err)
    assert.equal(0, count_moved())
  end)

  it("reads which region was mistyped, and that it is refused before anything is sent", function()
    local result = run "kms move $DIR/keys.txt --from cn-north-4 --to cn-east3 --yes"
    assert.equal(1, result.status)
    assert.matches("--to cn-east3 is not one of the %d+ known regions; did you mean cn-east-3?", result.err:gsub("%d+ known", "%%d+ known"), 1, true)
    assert.equal(0, count_huawei_requests())
    result = run "kms doctor huawei --region cn-east3"
    assert.matches("command line; not one of the %d+ known regions; did you mean cn%-east%-3%?", (result.out:gsub("%s+", " ")))
  end)

  it("reads what mends the wrong project, and continues with it", function()
    local project = ("1"):rep(32)
    local result = run(MOVE .. "--project-id " .. project)
    assert.matches("; the project is not a project of the region called, or not of this account; --project-id auto looks it up",
      (result.err:gsub("%s+", " ")), 1, true)
    local resume = result.err:match "Go on with what is left:%s+(kms resume [^\n]+)"
    assert.matches(" %-%-project%-id auto$", resume)
    result = run(resume .. " --yes")
    assert.equal(0, result.status, result.err)
    assert.equal(30, count_moved())
  end)

  it("reads a hint for the key that is not multi-region, and the others are moved", function()
    prepare(30, 8)
    local result = run(MOVE)
    assert.equal(2, result.status)
    assert.matches("1 x KMS.0308 Invalid parameter.\n      hint: the key may be no multi-region key, or have no replica in cn-east-3\n        "
      .. bulk_cloud.key_id(8), result.err, 1, true)
    assert.equal(29, count_moved())
  end)

  it("has results on standard output and all else on standard error, without colours in a file", function()
    local result = run(MOVE)
    local _, lines = result.out:gsub("%x+%-e727%-4d9c%-b35d%-f84bb474a37f  done\n", "")
    assert.equal(30, lines)
    assert.equal(30 * #(bulk_cloud.key_id(1) .. "  done\n"), #result.out)
    assert.is_nil((result.out .. result.err):find "[\27\r]")
  end)

  it("loses no record when standard output is full or its reader ends, and the exit status says so", function()
    local result = run(MOVE .. "> /dev/full")
    assert.equal(2, result.status)
    assert.matches("the result was not written: No space left on device", result.err)
    assert.equal(30, cjson.decode(run("kms status $DIR/j --json").out).done)
    prepare(30)
    result = run(MOVE:gsub("/j ", "/j2 ") .. "| true; echo ${PIPESTATUS[0]}")
    assert.equal("141\n", result.out)
    assert.matches("30 done", result.err)
    assert.equal(30, cjson.decode(run("kms status $DIR/j2 --json").out).done)
  end)

  it("is stopped by a full file system, and a copy of the journal continues", function()
    prepare(60)
    local result = run([[unshare -Urm bash -c 'mount -t tmpfs -o size=20k none /mnt && "$@"; status=$?; cp /mnt/j $DIR/j; exit $status' - ]]
      .. kms_command.line "move $DIR/keys.txt --from cn-north-4 --to cn-east-3 --yes --rate 500 --journal /mnt/j")
    assert.equal(4, result.status, result.err)
    assert.matches("cannot write journal /mnt/j: no space left on device", result.err, 1, true)
    local moved = count_moved()
    assert.is_true(moved > 0 and moved < 60, moved)
    local status = cjson.decode(run("kms status $DIR/j --json").out)
    assert.is_true(status.done + status.uncertain >= moved)
    assert.equal(0, run("kms resume $DIR/j --yes --rate 500").status)
    assert.equal(60, count_moved())
  end)

  it("is refused before the first request if the journal cannot be written", function()
    local result = run((MOVE:gsub("%$DIR/j ", "/proc/kms-journal ")))
    assert.equal(1, result.status)
    assert.matches("cannot open journal /proc/kms-journal", result.err, 1, true)
    assert.equal(0, count_huawei_requests())
  end)

  it("with a wrong secret key sends one request, and reads how many keys were not tried", function()
    local result = run(MOVE, { HUAWEICLOUD_SDK_SK = "wrong" })
    assert.equal(5, result.status)
    assert.matches("1 failed, 29 not tried.", result.err, 1, true)
    assert.matches("the secret key does not belong to this access key", result.err, 1, true)
    assert.equal(1, count_huawei_requests())
  end)

  it("renames by a rule, and sees a preview and names that cannot be set before anything is sent", function()
    local result = run "kms rename --match '^prod%-(.*)' --replace 'live-%1' --dry-run"
    assert.equal(0, result.status)
    assert.matches("30 keys change their names at ", result.out, 1, true)
    assert.matches("  prod-30         -> live-30\n", result.out, 1, true)
    assert.matches("20 more", result.out)
    assert.equal("\nDry run: nothing was changed.\n", result.err)
    result = run "kms rename --match '^prod%-(.*)' --replace 'prod-9' --yes --journal $DIR/r"
    assert.equal(1, result.status)
    assert.matches("keys are not valid:\n", result.err)
    assert.is_nil(emulated.state().operations.ncloud.rename_key)
    assert.equal(0, run("kms rename --match '^prod%-(.*)' --replace 'live-%1' --yes --journal $DIR/r").status)
    assert.equal("live-7", emulated.state().keys[bulk_cloud.key_tag(7)].key_name)
  end)

  it("names keys by their present names, also in CSV, and keys that swap names get a temporary one", function()
    files.write(folder .. "/names.csv", "key,new_name\nprod-1,prod-2\nprod-2,prod-1\n")
    local result = run "kms rename $DIR/names.csv --yes --journal $DIR/r"
    assert.equal(0, result.status, result.err)
    assert.matches("through kms-tmp-1", result.err, 1, true)
    local keys = emulated.state().keys
    assert.same({ "prod-2", "prod-1" }, { keys[bulk_cloud.key_tag(1)].key_name, keys[bulk_cloud.key_tag(2)].key_name })
  end)

  it("finds keys by name and state without knowing their tags", function()
    local result = run "kms ncloud list-keys --all --jsonl"
    local _, count = result.out:gsub("\n", "")
    assert.equal(30, count)
    assert.equal(0, run("kms huawei list-keys --all --json").status)
    assert.matches("cn%-east%-3", run("kms huawei list-support-regions").out)
  end)

  it("takes a run back from its journal", function()
    assert.equal(0, run(MOVE).status)
    local result = run "kms undo $DIR/j --yes --rate 500 --undo-journal $DIR/u"
    assert.equal(0, result.status, result.err)
    assert.equal(0, count_moved())
  end)

  it("is asked on a terminal only: elsewhere more than one change needs --yes", function()
    local result = run((MOVE:gsub("%-%-yes", "")))
    assert.equal(1, result.status)
    assert.matches("30 keys would be changed, and there is no terminal on which to ask: add --yes. Nothing was changed.", result.err, 1, true)
    assert.equal(0, count_huawei_requests())
  end)

  it("has JSON for programs: one document, or one object per key", function()
    local document = cjson.decode(run(MOVE .. "--json").out)
    assert.same({ 30, 30 }, { document.total, document.done })
    prepare(30)
    local count = 0
    for line in run((MOVE:gsub("/j ", "/j2 ")) .. "--jsonl").out:gmatch "[^\n]+" do
      local object = cjson.decode(line)
      assert.equal("done", object.outcome)
      count = count + 1
    end
    assert.equal(30, count)
  end)

  it("has time, request id and attempt of every request: in the journal, with --verbose and with --log", function()
    emulated.fault { kind = "bad_gateway" }
    local result = run(MOVE .. "--verbose --log $DIR/log")
    assert.matches("attempt 1: HTTP 502 in ", result.err)
    assert.matches("HTTP 200 in [%d.]+ s, request id %x+", result.err)
    for line in io.lines(folder .. "/log") do assert.is_table(cjson.decode(line)) end
    local count = 0
    for line in io.lines(folder .. "/j") do
      local record = cjson.decode(line)
      if record.type == "end" and record.outcome == "done" then
        count = count + 1
        assert.is_string(record.request_id)
        assert.matches("^%d%d%d%d%-%d%d%-%d%dT", record.t)
      end
    end
    assert.equal(30, count)
  end)
end)
