--- What of secrets stays in a process's memory: nothing that the library's C code copied. Each scene of
--- spec/safety/memory/scenes.lua runs in a process of its own, which searches all of its writable memory.

local beside = require "spec.helpers.raw_server"
local child = require "spec.helpers.subprocess"
local fixtures = require("kms.emulator").fixtures
local emulated = require "spec.helpers.emulator_client"
local servers = require "spec.helpers.test_servers"

local USER, WITH_TOKEN, NCLOUD = fixtures.accounts[1], fixtures.accounts[2], emulated.accounts.ncloud

local function veiled(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local VARIABLES = {
  -- Else the linker would look each function up at its first call, and save the registers on the stack meanwhile: 16 bytes
  -- of whatever memcpy moved last.
  LD_BIND_NOW = "1",
  KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = os.getenv "KMS_SERVER_PORT", KMS_EMULATOR_PORT = os.getenv "KMS_EMULATOR_PORT",
  KMS_CA_FILE = emulated.ca_file, KEY_ID = fixtures.keys[1].key_id,
  ACCESS_KEY = WITH_TOKEN.access_key, PROJECT_ID = WITH_TOKEN.projects["cn-north-4"],
  OTHER_ACCESS_KEY = NCLOUD.access_key, KEY_TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6",
  IAM_USER = USER.user.name, IAM_DOMAIN = USER.user.domain, IDP_ID = USER.idp.id,
  VEILED_SECRET_KEY = veiled(WITH_TOKEN.secret_key), VEILED_SECURITY_TOKEN = veiled(WITH_TOKEN.security_token),
  VEILED_OTHER_SECRET_KEY = veiled(NCLOUD.secret_key), VEILED_PASSWORD = veiled(USER.user.password),
  VEILED_POD_TOKEN = veiled(USER.pod_token), VEILED_ID_TOKEN = veiled(USER.idp.id_token), VEILED_KEY_PASSWORD = veiled "open sesame",
}

local BUILT = ("%s/%s/memory-"):format(os.getenv "BUILD" or "build", child.lua)
local COMPILE = "gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wl,-z,now -rdynamic %s -o %s spec/safety/memory/*.c $(pkg-config --cflags --libs %s libcrypto)"

local function build(name, flags)
  local status = os.execute(COMPILE:format(flags, BUILT .. name, child.lua))
  assert(status == true or status == 0, "the host does not compile")
end

local searched, scans = 0, 0

--- Runs a scene: what was found, as "MOMENT: OWNER STATE: SECRET", and all of it as text.
---@param scene string
---@param more table<string, string>? variables
---@param host string? "own", which keeps all that was freed, or "system"
---@return string[] findings
local function play(scene, more, host)
  local variables, findings = {}, {}
  for _, list in ipairs { VARIABLES, more or {} } do
    for name, value in pairs(list) do variables[name] = value end
  end
  local output, ok = child.execute(("%s%s spec/safety/memory/scenes.lua %s"):format(BUILT, host or "own", scene), variables)
  assert(ok, output)
  for moment, owner, state, secret in output:gmatch "found\t([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)" do
    findings[#findings + 1] = ("%s: %s %s: %s"):format(moment, owner, state, secret)
  end
  local moments = 0
  for bytes in output:gmatch "scanned\t[^\t]+\t(%d+)\n" do
    searched, scans, moments = searched + tonumber(bytes), scans + 1, moments + 1
  end
  assert.equal(3, moments)
  return findings
end

-- Copies that are others' to wipe: Lua's strings, and what libraries freed. While a transport is open, libraries may also
-- hold what is theirs to hold.
local OTHERS = { ": Lua ", ": libcurl%.so%S* freed", ": libnghttp2%.so%S* freed", ": libssl%.so%S* freed", ": cjson%.so freed",
  "^open: lib%S+%.so%S* live" }

local function is_one_of(patterns, finding)
  for _, pattern in ipairs(patterns) do
    if finding:find(pattern) then return true end
  end
  return false
end

--- Compares the findings, without the copies that others wipe, with what is expected.
local function assert_found(expected, findings)
  local list = {}
  for _, finding in ipairs(findings) do
    -- No library may keep what HMAC computes from a key, not even while a transport is open.
    if finding:find ": keyed state$" or not is_one_of(OTHERS, finding) then list[#list + 1] = finding end
  end
  table.sort(list)
  assert.same(expected, list)
end

-- Name, title, and what the library itself holds as long as it is open.
local SCENES = {
  { "http", "a call over HTTP" }, { "https", "a call over HTTPS" }, { "http2", "a call over HTTP/2" },
  { "failures", "calls that failed" }, { "misuse", "calls that raised" },
  { "multi", "many exchanges at once, some of them broken off", "security token", "signature", "token" },
  { "proxy", "a call through a proxy", "proxy password" }, { "absent_proxy", "a call through an absent proxy", "proxy password" },
  { "unreadable_proxy", "a call through no proxy at all", "proxy password" },
  { "client_key", "a call with a client's certificate", "key password" },
  { "huawei", "a call of Huawei Cloud" }, { "refused", "a call that Huawei Cloud refused" }, { "ncloud", "calls of NAVER Cloud" },
  { "closed_client", "a client was closed" }, { "live_client", "the state of a client in use was closed" },
  { "parallel", "many calls at once" },
  { "file", "a call with a profile" }, { "metadata", "a call with keys of a server's agency" },
  { "container", "a call with keys of pod identity" }, { "iam_token", "a call with a token of IAM" },
  { "oidc", "a call with keys for an OpenID Connect token" }, { "chain", "a call with a chain of credential providers" },
}

describe("a process leaves no copy of a secret #gc #inspect", function()
  setup(function() build("own", "") end)
  before_each(emulated.reset)
  teardown(function() print(("memory: %d bytes searched in %d scans"):format(searched, scans)) end)

  it("that this spec would not see", function()
    assert_found({ "closed: host freed: spilt", "open: host freed: spilt", "open: spill after a call: spilt",
      "state closed: host freed: spilt" }, play "spilt")
  end)

  it("that this spec would not see, the states that HMAC computes from a key included", function()
    local found = false
    for _, finding in ipairs(play "keyed") do
      found = found or finding:find "^open: libcrypto%.so%S* live: keyed state$" ~= nil
    end
    assert.is_true(found)
  end)

  for _, scene in ipairs(SCENES) do
    local name, title, held = scene[1], scene[2], {}
    for i = 3, #scene do held[i - 2] = "open: kms/transport/curl.so live: " .. scene[i] end
    it("after " .. title, function()
      local findings
      local function call() findings = play(name) end
      if name == "proxy" then beside("tunnel", call) else call() end
      assert_found(held, findings)
    end)
  end

  it("after a call with keys of the environment, but for the environment", function()
    assert_found({ "closed: environment data: secret key", "open: environment data: secret key",
      "state closed: environment data: secret key" },
      play("environment", { HUAWEICLOUD_SDK_AK = USER.access_key, HUAWEICLOUD_SDK_SK = USER.secret_key }))
  end)
end)

describe("a process whose malloc wipes what is freed leaves no copy of a secret #gc #inspect", function()
  -- glibc's, as the README has it.
  local WIPING = { GLIBC_TUNABLES = "glibc.malloc.perturb=1:glibc.malloc.tcache_count=0" }

  --- How often something was found that is not Lua's.
  local function count(findings)
    local number = 0
    for _, finding in ipairs(findings) do
      if not finding:find ": Lua " then number = number + 1 end
    end
    return number
  end

  setup(function() build("system", "-DSYSTEM_MALLOC") end)
  before_each(emulated.reset)

  for _, scene in ipairs { "https", "http2", "multi", "parallel" } do
    it("in any library: " .. scene, function()
      local closed = {}
      for _, finding in ipairs(play(scene, WIPING, "system")) do
        if not finding:find "^open" then closed[#closed + 1] = finding end
      end
      assert.equal(0, count(closed))
      assert.is_true(count(play(scene, nil, "system")) > 0, "it would not be seen")
    end)
  end
end)
