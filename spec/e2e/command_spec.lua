--- The command kms in processes of its own, over HTTPS against the emulator: results, exit statuses, streams, terminals.

local cjson = require "cjson.safe"
local emulated = require "spec.helpers.emulator_client"
local files = require "spec.helpers.files"
local kms_command = require "spec.helpers.kms_command"

local run, run_script = kms_command.run, kms_command.run_script

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

--- Waits until a condition holds; each look takes a round trip to the emulator.
local function wait_until(condition)
  for _ = 1, 10000 do
    if condition() then return end
  end
  error "the condition never held"
end

describe("kms, single operations,", function()
  before_each(emulated.reset)

  it("move a primary region and rename a key", function()
    local moved = run("huawei update-primary-region " .. KEY_ID .. " cn-east-3")
    assert.same({ out = ("key_id          %s\nprimary_region  cn-east-3\n"):format(KEY_ID), err = "", status = 0 },
      { out = moved.out:gsub("\nrequest_id[^\n]*", ""), err = moved.err, status = moved.status })
    assert.equal(0, run(("ncloud rename-key %s newName"):format(TAG)).status)
    assert.matches("key_name +newName\n", run("ncloud get-key " .. TAG).out)
  end)

  it("print JSON that other programs read", function()
    local page = cjson.decode(run("ncloud list-keys --json").out)
    assert.equal(8, #page.key_list)
    assert.is_string(cjson.decode(run("huawei list-keys --json").out).request_id)
    assert.equal(9, #cjson.decode(run("huawei list-keys --all --json").out))
    for line in run("ncloud list-keys --jsonl").out:gmatch "[^\n]+" do assert.is_string(cjson.decode(line).key_tag) end
  end)

  it("read a secret from standard input, and what was encrypted comes back", function()
    local result = run_script(([[printf hello | base64 | kms ncloud encrypt %s --plaintext - --jsonl]]):format(TAG))
    assert.same({ "", 0 }, { result.err, result.status })
    local ciphertext = cjson.decode(result.out).ciphertext
    result = run(("ncloud decrypt %s '%s' --jsonl"):format(TAG, ciphertext))
    assert.equal("aGVsbG8=", cjson.decode(result.out).plaintext)
  end)

  it("look up the project of another region than that of the environment", function()
    local result = run "huawei list-keys --region cn-east-3 --limit 1"
    assert.equal(0, result.status, result.err)
  end)

  it("send nothing with --dry-run", function()
    local result = run(("ncloud rename-key %s newName --dry-run"):format(TAG))
    assert.equal(0, result.status)
    assert.equal("Dry run: nothing was sent.\n", result.err)
    assert.matches('{"keyName":"newName"}', result.out, 1, true)
    assert.is_nil(result.out:find(emulated.accounts.ncloud.secret_key, 1, true))
    assert.matches("key_name +oldKeyName\n", run("ncloud get-key " .. TAG).out)
  end)

  it("show each attempt with --verbose, and append it to the file of --log", function()
    emulated.fault { kind = "bad_gateway" }
    local path = os.tmpname()
    local result = run("huawei list-key-detail " .. KEY_ID .. " --verbose --log " .. path)
    assert.equal(0, result.status)
    assert.matches("^kms: list%-key%-detail %S+ attempt 1: HTTP 502 in %d%.%d%d s [^\n]*, next in %d%.%d s\n"
      .. "kms: list%-key%-detail %S+ attempt 2: HTTP 200 in %d%.%d%d s, request id %x+\n$", result.err)
    local lines = {}
    for line in io.lines(path) do lines[#lines + 1] = cjson.decode(line) end
    os.remove(path)
    assert.equal(2, #lines)
    assert.equal(502, lines[1].status)
    assert.equal("list_key_detail", lines[2].operation)
    assert.is_string(lines[2].request_id)
  end)

  it("print nothing but the result with --quiet", function()
    assert.matches("add %-%-all", run("ncloud list-keys --page-size 2").err)
    assert.equal("", run("ncloud list-keys --page-size 2 --quiet").err)
  end)
end)

describe("kms, exit statuses:", function()
  before_each(emulated.reset)

  it("1 for a wrong command line or value, before anything is sent", function()
    for _, words in ipairs { "no-such-command", "ncloud no-such-operation", "ncloud rename-key", "ncloud list-keys --no-such",
      "ncloud rename-key " .. TAG .. " ab", "huawei list-keys --limit x", "huawei list-keys --region Nowhere",
      "huawei encrypt-data " .. KEY_ID .. " --plain-text secret", "ncloud list-keys --log /no/such/folder" } do
      local result = run(words)
      assert.equal(1, result.status, words)
      assert.equal("", result.out)
      assert.matches("^kms[%l -]*: [^\n]+\n", result.err)
    end
    assert.same({ huawei = 0, ncloud = 0, iam = 0, metadata = 0 }, emulated.state().requests)
  end)

  it("2 for a refusal of the cloud, with the code and the request id", function()
    local result = run("huawei update-primary-region " .. KEY_ID .. " no-such-region")
    assert.equal(2, result.status)
    assert.matches("^kms huawei update%-primary%-region: KMS%.%d+: .*HTTP 400, request id %x+\n$", result.err)
  end)

  it("2 for a result that cannot be written, be the disk full or standard output closed", function()
    local result = run("ncloud list-keys > /dev/full")
    assert.equal(2, result.status)
    assert.equal("kms ncloud list-keys: the result was not written: No space left on device\n", result.err)
    result = run("ncloud list-keys >&-")
    assert.equal(2, result.status)
    assert.matches("the result was not written", result.err)
    assert.equal(2, run("--help > /dev/full").status)
  end)

  it("2 for a log that cannot be written", function()
    local result = run("ncloud list-keys --log /dev/full")
    assert.equal(2, result.status)
    assert.matches("the log is not complete: No space left on device", result.err)
  end)

  it("3 for a change of which nobody knows whether it was made", function()
    emulated.fault { kind = "close_before", applied = true }
    local result = run("ncloud create-key otherKey AES256 BASIC false")
    assert.equal(3, result.status, result.err)
    assert.matches("Uncertain: the change may have been made.", result.err, 1, true)
  end)

  it("5 for credentials that are missing or refused", function()
    local result = run("ncloud list-keys", { NCLOUD_ACCESS_KEY = false, NCLOUD_SECRET_KEY = false })
    assert.equal(5, result.status)
    assert.matches("NCLOUD_ACCESS_KEY", result.err)
    assert.equal(5, run("ncloud list-keys", { NCLOUD_SECRET_KEY = "wrong" }).status)
  end)

  it("130 for Ctrl-C and 143 for SIGTERM, at once", function()
    for signal, status in pairs { INT = 130, TERM = 143 } do
      emulated.reset()
      emulated.fault { kind = "delay", seconds = 30 }
      local pid_file = os.tmpname()
      -- A shell starts a background process with SIGINT ignored, unless job control is on.
      local pipe = io.popen(("bash -c 'set -m; LUA_PATH=%q LUA_CPATH=%q NCLOUD_ACCESS_KEY=%s NCLOUD_SECRET_KEY=%s KMS_CA_FILE=%q "
        .. "%s --endpoint %s 2>&1 & echo $! > %s; wait $!; echo $?' 2> /dev/null"):format(package.path, package.cpath,
        emulated.accounts.ncloud.access_key, emulated.accounts.ncloud.secret_key, emulated.ca_file,
        kms_command.line(("ncloud rename-key %s newName"):format(TAG)), emulated.ncloud, pid_file))
      wait_until(function() return emulated.state().requests.ncloud == 1 end)
      os.execute(("kill -%s $(cat %s)"):format(signal, pid_file))
      local output = pipe:read "*a"
      pipe:close()
      os.remove(pid_file)
      assert.matches("kms ncloud rename%-key: interrupted; the change may have been made\n", output)
      assert.matches(status .. "\n$", output)
    end
  end)

  it("141 when the program that reads the output has ended", function()
    local result = run_script("kms ncloud list-keys --jsonl | true; echo ${PIPESTATUS[0]}")
    assert.equal("141\n", result.out)
    assert.equal("", result.err)
    result = run_script("kms huawei --help | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}")
    assert.is_true(result.out == "141\n" or result.out == "0\n") -- the help may fit in the pipe
  end)
end)

describe("kms on a terminal", function()
  before_each(emulated.reset)

  local function get_width(screen)
    local width = 0
    for line in screen:gmatch "[^\n]+" do width = math.max(width, #line) end
    return width
  end

  it("fits in 40, 80 and 200 columns, and names what does not", function()
    local narrow, usual, wide = kms_command.run_on_terminal("ncloud list-keys", 40), kms_command.run_on_terminal("ncloud list-keys", 80),
      kms_command.run_on_terminal("ncloud list-keys", 200)
    assert.matches("^KEY_ID  KEY_NAME       KEY_TYPE  STATUS\n     8  rotatedKey     AES256    ENABLE\n", narrow)
    assert.matches("\nNot shown: key_tag,", narrow)
    assert.matches("^KEY_ID  KEY_TAG +KEY_NAME\n     8  h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6g7  rotatedKey\n", usual)
    assert.matches("DESTROY_DATE\n", wide)
    assert.is_nil(wide:find("Not shown", 1, true))
    for columns, screen in pairs { [40] = narrow, [80] = usual, [200] = wide } do assert.is_true(get_width(screen) <= columns) end
  end)

  it("wraps the help at the width", function()
    for _, columns in ipairs { 40, 80, 200 } do
      assert.is_true(get_width(kms_command.run_on_terminal("doctor --help", columns)) <= columns)
    end
    assert.equal(kms_command.run_on_terminal("--help", 200), run("--help").out)
  end)

  it("has colours on a terminal only, and none with NO_COLOR", function()
    assert.matches("\27%[32mAll is well.\27%[0m", kms_command.run_on_terminal("doctor ncloud", 80))
    assert.is_nil(kms_command.run_on_terminal("doctor ncloud", 80, { NO_COLOR = "1" }):find "\27")
    assert.is_nil(run("doctor ncloud").out:find "\27")
  end)

  it("prints all columns when the output is not a terminal", function()
    assert.matches("DESTROY_DATE\n", run("ncloud list-keys").out)
  end)
end)

describe("kms doctor", function()
  before_each(emulated.reset)

  it("says that all is well", function()
    local result = run "doctor huawei"
    assert.equal(0, result.status, result.err)
    for _, line in ipairs { "region +cn%-north%-4 +HUAWEICLOUD_SDK_REGION", "project +%x+ +HUAWEICLOUD_SDK_PROJECT_ID",
      "endpoint +localhost:%d+ +HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4; responded in",
      "tls +TLS 1%.3 +certificate verified, valid until %d+%-%d%d%-%d%d",
      "credentials +environment +access key EMUL%.%.%.0001", "clock +as the server's +ok %(at most 900 s%)",
      "permission +kms:cmk:list allowed +one read, nothing changed", "proxy +none", "signals +end a run in order" } do
      assert.matches("\n" .. line, result.out)
    end
    assert.matches("\nAll is well%.\n$", result.out)
    assert.is_nil((result.out .. result.err):find(emulated.accounts.huawei.secret_key, 1, true))
  end)

  it("checks both clouds, and passes over one that is not configured", function()
    local result = run "doctor"
    assert.matches("Huawei Cloud KMS\n.*\nNAVER Cloud KMS\n", result.out)
    result = run("doctor", { NCLOUD_ACCESS_KEY = false, NCLOUD_SECRET_KEY = false })
    assert.equal(0, result.status)
    assert.matches("NAVER Cloud KMS\nnot configured: ", result.out)
  end)

  it("prints JSON", function()
    local result = run "doctor huawei --jsonl"
    local cloud, checks = cjson.decode(result.out), {}
    for _, check in ipairs(cloud.checks) do checks[check.name] = check.value end
    assert.same({ 0, "huawei", true, true, "cn-north-4", "environment" },
      { result.status, cloud.cloud, cloud.is_configured, cloud.is_well, checks.region, checks.credentials })
    result = run("doctor --json", { NCLOUD_ACCESS_KEY = false, NCLOUD_SECRET_KEY = false })
    local clouds = cjson.decode(result.out)
    assert.same({ 0, true, false, "missing" }, { result.status, clouds[1].is_well, clouds[2].is_configured, clouds[2].error.code })
  end)

  it("says what is wrong with the clock", function()
    emulated.clock(100)
    local result = run "doctor ncloud"
    assert.equal(0, result.status, result.err)
    assert.matches("clock +%d+ s behind the server +ok %(at most 300 s%)", result.out)
    emulated.clock(-1000)
    result = run "doctor ncloud"
    assert.matches("clock +%d+ s ahead of the server +WRONG %(at most 300 s%): set this machine's clock", result.out)
  end)

  it("says which credentials are missing, which are refused, and that nobody responds", function()
    local result = run("doctor ncloud", { NCLOUD_ACCESS_KEY = false, NCLOUD_SECRET_KEY = false })
    assert.equal(5, result.status)
    assert.matches("credentials +none +environment: missing; file: missing", result.out)
    result = run("doctor ncloud", { NCLOUD_SECRET_KEY = "wrong" })
    assert.equal(5, result.status)
    assert.matches("permission +list%-keys refused", result.out)
    result = run("doctor ncloud --endpoint https://localhost:1 --timeout 1")
    assert.equal(2, result.status)
    assert.matches("endpoint +localhost:1 +command line; does not respond", result.out)
    assert.matches("kms doctor: cannot connect to localhost:1", result.err)
    assert.is_nil(result.out:find("All is well", 1, true))
    result = run("doctor ncloud --ca-file /etc/ssl/certs/ca-certificates.crt")
    assert.equal(2, result.status)
    assert.matches("endpoint +localhost:%d+ +NCLOUD_KMS_ENDPOINT; no trusted TLS connection\n", result.out)
  end)
end)

describe("docs/command.md", function()
  before_each(emulated.reset)

  -- What differs from run to run.
  local MASKS = {
    { "localhost:%d+", "localhost:PORT" }, { "%d%.%d%d s", "N s" }, { "%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x*", "ID" },
    { "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ", "TIME" }, { "%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ", "TIME" },
    { "timestamp: %d+", "timestamp: N" }, { '_date":[%d.]+', '_date":N' }, { "%x+%-%x+%-%x+%-%x+%-%x+", "ID" }, { " +\n", "\n" },
    { "until %d%d%d%d%-%d%d%-%d%d", "until DATE" },
  }

  local function mask(text)
    for _, row in ipairs(MASKS) do text = text:gsub(row[1], row[2]) end
    return text
  end

  it("shows what the commands print", function()
    local count = 0
    for block in files.read("docs/command.md"):gmatch "\n```console\n(.-\n)```\n" do
      for command, expected in block:gsub("\n%$ ", "\n\0$ "):gmatch "%$ (kms[^\n]*)\n(%Z*)" do
        local result = run_script(command .. " 2>&1", { COLUMNS = "80" })
        local status = expected:match "%(exit status (%d+)%)\n$"
        assert.equal(mask((expected:gsub("%(exit status %d+%)\n$", ""))), mask(result.out), command)
        assert.equal(tonumber(status or 0), result.status, command)
        count = count + 1
      end
    end
    assert.is_true(count >= 8, count)
  end)
end)
