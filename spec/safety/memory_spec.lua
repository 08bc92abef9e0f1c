--- Searches the memory of processes for secrets: the library's C code leaves no copy. Each scene of
--- spec/safety/memory/scenes.lua runs in a process of its own, which searches all of its writable memory.

local emulator_client = require "spec.helpers.emulator_client"
local fixtures = require("kms.emulator").fixtures
local lua_features = require "spec.helpers.lua_features"
local raw_server = require "spec.helpers.raw_server"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

if not lua_features.has_allocator then
  it("the memory of a process has no copies of secrets", function()
    pending "needs a LuaJIT that is built with GC64, whose host may replace its allocator"
  end)
  return
end

if not subprocess.execute("getconf LONG_BIT"):find "64" then
  it("the memory of a process has no copies of secrets", function()
    pending "needs 64 bits: with 32, OpenSSL and the compiler leave other bytes of requests than those that are allowed for"
  end)
  return
end

local USER, WITH_TOKEN, NCLOUD = fixtures.accounts[1], fixtures.accounts[2], emulator_client.accounts.ncloud

local function mask(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local VARIABLES = {
  -- Otherwise the dynamic linker resolves each function at its first call, and saves registers on the stack meanwhile,
  -- with 16 bytes of the last memcpy.
  LD_BIND_NOW = "1",
  KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = os.getenv "KMS_SERVER_PORT", KMS_EMULATOR_PORT = os.getenv "KMS_EMULATOR_PORT",
  KMS_CA_FILE = emulator_client.ca_file, KEY_ID = fixtures.keys[1].key_id,
  ACCESS_KEY = WITH_TOKEN.access_key, PROJECT_ID = WITH_TOKEN.projects["cn-north-4"],
  OTHER_ACCESS_KEY = NCLOUD.access_key, KEY_TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6",
  IAM_USER = USER.user.name, IAM_DOMAIN = USER.user.domain, IDP_ID = USER.idp.id,
  MASKED_SECRET_KEY = mask(WITH_TOKEN.secret_key), MASKED_SECURITY_TOKEN = mask(WITH_TOKEN.security_token),
  MASKED_OTHER_SECRET_KEY = mask(NCLOUD.secret_key), MASKED_PASSWORD = mask(USER.user.password),
  MASKED_POD_TOKEN = mask(USER.pod_token), MASKED_ID_TOKEN = mask(USER.idp.id_token), MASKED_KEY_PASSWORD = mask "open sesame",
}

local HOST = ("%s/%s/memory-"):format(os.getenv "BUILD" or "build", subprocess.lua)
local COMPILE = "gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wl,-z,now -rdynamic %s -o %s spec/safety/memory/*.c $(pkg-config --cflags --libs %s libcrypto) "
  .. "-ldl"

local function compile_host(name, flags)
  local status = os.execute(COMPILE:format(flags, HOST .. name, subprocess.lua))
  assert(status == true or status == 0, "cannot compile the host")
end

local searched_bytes, scan_count = 0, 0

--- Runs a scene.
---@param scene string
---@param more table<string, string>? environment variables
---@param host string? default "own": freed memory is kept; "system": the malloc of libc
---@return string[] findings as "MOMENT: OWNER STATE: SECRET"
local function run_scene(scene, more, host)
  local variables, findings = {}, {}
  for _, list in ipairs { VARIABLES, more or {} } do
    for name, value in pairs(list) do variables[name] = value end
  end
  local output, ok = subprocess.execute(("%s%s spec/safety/memory/scenes.lua %s"):format(HOST, host or "own", scene), variables)
  assert(ok, output)
  for moment, owner, state, secret in output:gmatch "found\t([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)" do
    findings[#findings + 1] = ("%s: %s %s: %s"):format(moment, owner, state, secret)
  end
  local moments = 0
  for bytes in output:gmatch "scanned\t[^\t]+\t(%d+)\n" do
    searched_bytes, scan_count, moments = searched_bytes + tonumber(bytes), scan_count + 1, moments + 1
  end
  assert.equal(3, moments)
  return findings
end

-- Copies that the library cannot wipe: Lua's strings, and memory that other libraries freed. While a transport is open,
-- other libraries may also use copies.
local COPIES_OF_OTHERS = { ": Lua ", ": libcurl%.so%S* freed", ": libssl%.so%S* freed", ": cjson%.so freed",
  "^open: lib%S+%.so%S* live" }

-- Lua 5.1 to 5.3 make strings of up to 8 KiB in a buffer on the stack.
if _VERSION < "Lua 5.4" and not rawget(_G, "jit") then COPIES_OF_OTHERS[#COPIES_OF_OTHERS + 1] = ": stack data: " end

-- libcurl before 7.85 frees a closed connection when it opens another one, or when the state is closed.
if versions.find_reason("libcurl", "7.85") then
  COPIES_OF_OTHERS[#COPIES_OF_OTHERS + 1] = "^closed: libcurl%.so%S* live: proxy password$"
end

-- From OpenSSL 3.2 on, the record layer of TLS frees what it sent or received without wiping it.
local KEEPS_RECORDS = not versions.find_reason("OpenSSL", "3.2")
local IN_RECORD = ": libcrypto%%.so%%S* freed: %s$"
local SENT = { "data key", "security token", "token", "signature", "password" }

local function is_one_of(patterns, finding)
  for _, pattern in ipairs(patterns) do
    if finding:find(pattern) then return true end
  end
  return false
end

--- Compares findings with the expected ones, without the copies of others.
---@param expected string[]
---@param findings string[]
---@param received string? the secret that a server sends over TLS
local function assert_findings(expected, findings, received)
  local list, in_records = {}, {}
  if KEEPS_RECORDS then
    for i, secret in ipairs(SENT) do in_records[i] = IN_RECORD:format(secret) end
    if received then in_records[#in_records + 1] = IN_RECORD:format(received) end
  end
  for _, finding in ipairs(findings) do
    -- No library may keep the state that HMAC computes from a key, not even while a transport is open.
    if finding:find ": keyed state$" or not (is_one_of(COPIES_OF_OTHERS, finding) or is_one_of(in_records, finding)) then
      list[#list + 1] = finding
    end
  end
  table.sort(list)
  assert.same(expected, list)
end

-- One row per scene: its name, what has happened, and the secrets that the transport holds until it is closed.
local SCENES = {
  { "http", "a request over HTTP" }, { "https", "a request over HTTPS" },
  { "failures", "requests that failed" }, { "argument_errors", "requests that raised an error" },
  { "multi", "many requests at once, some of them canceled", "data key", "security token", "signature", "token" },
  { "proxy", "a request through a proxy", "proxy password" },
  { "absent_proxy", "a request through a proxy that does not exist", "proxy password" },
  { "malformed_proxy", "a request through a malformed proxy", "proxy password" },
  { "client_key", "a request with a client certificate", "key password" },
  { "huawei", "a call of Huawei Cloud" }, { "refused", "a call that Huawei Cloud refused" }, { "ncloud", "calls of NAVER Cloud" },
  { "closed_client", "a client was closed" }, { "live_client", "the state of a client in use was closed" },
  { "parallel", "many calls at once" },
  { "file", "a call with a profile" }, { "metadata", "a call with credentials of the metadata server" },
  { "container", "a call with credentials of pod identity" }, { "iam_token", "a call with a token of IAM" },
  { "oidc", "a call with credentials for an OpenID Connect token", received = "secret key" },
  { "chain", "a call with a chain of credential providers" },
}

describe("the memory of a process #gc #inspect", function()
  setup(function() compile_host("own", "") end)
  before_each(emulator_client.reset)
  teardown(function() print(("memory: %d bytes searched in %d scans"):format(searched_bytes, scan_count)) end)

  it("is searched so that copies on the stack and in freed blocks are found", function()
    assert_findings({ "closed: host freed: spilt", "open: host freed: spilt", "open: spill after a call: spilt",
      "state closed: host freed: spilt" }, run_scene "spilt")
  end)

  it("is searched so that the states that HMAC computes from a key are found", function()
    local is_found = false
    for _, finding in ipairs(run_scene "keyed") do
      is_found = is_found or finding:find "^open: libcrypto%.so%S* live: keyed state$" ~= nil
    end
    assert.is_true(is_found)
  end)

  for _, scene in ipairs(SCENES) do
    local name, title, held = scene[1], scene[2], {}
    for i = 3, #scene do held[i - 2] = "open: kms/transport/curl.so live: " .. scene[i] end
    it("has no copy of a secret after " .. title, function()
      local findings
      local function call() findings = run_scene(name) end
      if name == "proxy" then raw_server("tunnel", call) else call() end
      assert_findings(held, findings, scene.received)
    end)
  end

  it("has a secret of the environment only in the environment", function()
    assert_findings({ "closed: environment data: secret key", "open: environment data: secret key",
      "state closed: environment data: secret key" },
      run_scene("environment", { HUAWEICLOUD_SDK_AK = USER.access_key, HUAWEICLOUD_SDK_SK = USER.secret_key }))
  end)
end)

describe("the memory of a process whose malloc wipes freed memory #gc #inspect", function()
  -- The setting of glibc that docs/security.md describes.
  local WIPING = { GLIBC_TUNABLES = "glibc.malloc.perturb=1:glibc.malloc.tcache_count=0" }

  local function count_outside_lua(findings)
    local count = 0
    for _, finding in ipairs(findings) do
      if not finding:find ": Lua " then count = count + 1 end
    end
    return count
  end

  setup(function() compile_host("system", "-DSYSTEM_MALLOC") end)
  before_each(emulator_client.reset)

  for _, scene in ipairs { "https", "multi", "parallel" } do
    it("has no copy of a secret in any library: " .. scene, function()
      local closed = {}
      for _, finding in ipairs(run_scene(scene, WIPING, "system")) do
        if not finding:find "^open" then closed[#closed + 1] = finding end
      end
      assert.equal(0, count_outside_lua(closed))
    end)
  end

  for _, scene in ipairs { "https", "multi" } do
    it("would have copies without the wiping: " .. scene, function()
      assert.is_true(count_outside_lua(run_scene(scene, nil, "system")) > 0)
    end)
  end
end)
