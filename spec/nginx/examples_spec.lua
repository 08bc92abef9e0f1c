--- examples/nginx, run by NGINX with the emulator. Only its port and its CA file are changed.

local cjson = require "cjson.safe"
local curl = require "kms.transport.curl"
local emulator = require "spec.helpers.emulator_client"
local files = require "spec.helpers.files"
local nginx = require "spec.helpers.nginx_server"
local send_in_process = require "spec.helpers.http_probe"
local subprocess = require "spec.helpers.subprocess"

if nginx.no_cosockets then
  it("examples/nginx works", function() pending(nginx.no_cosockets) end)
  return
end

local DIR = assert(os.getenv "KMS_NGINX_DIR", "run through make test") .. "/example"
local PORT = assert(tonumber(os.getenv "KMS_NGINX_PORT")) + 19
local EMULATOR_DIR = os.getenv "KMS_EMULATOR_DIR"
local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local TOKEN = "let-me-in"

local transport = curl.new { timeout = 30, keepalive = 0 }

--- Starts NGINX with the environment of the emulator, and runs `shell_lines` before.
local function start(shell_lines)
  local script = ([[
    set -eu
    rm -rf %s && mkdir -p %s && cp examples/nginx/* %s/
    sed -i -e 's,127.0.0.1:8080,127.0.0.1:%d,' -e 's,/etc/ssl/certs/ca-certificates.crt,%s/ca.pem,' %s/nginx.conf
    . %s/env
    export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$(realpath "${BUILD:-build}")/luajit/?.so;;" KMS_CALLER_TOKEN=%s
    %s
    nginx -p %s -c nginx.conf -g 'user root;' > %s/output 2>&1 < /dev/null &
  ]]):format(DIR, DIR, DIR, PORT, EMULATOR_DIR, DIR, EMULATOR_DIR, TOKEN, shell_lines or "", DIR, DIR)
  assert(os.execute(script))
  local deadline = transport:now() + 10
  repeat
    local response = transport:send { method = "GET", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/", headers = {} }
    if response then return end
  until transport:now() > deadline
  error("NGINX does not respond: " .. files.read(DIR .. "/output"))
end

local function stop()
  os.execute(("kill -QUIT $(cat %s/nginx.pid); for i in $(seq 500); do [ -e %s/nginx.pid ] || break; sleep 0.02; done")
    :format(DIR, DIR))
end

local function post(path, body, headers)
  local response = assert(transport:send {
    method = "POST", scheme = "http", host = "127.0.0.1:" .. PORT, target = path,
    headers = headers or { { "Authorization", "Bearer " .. TOKEN } },
    body = type(body) == "string" and body or cjson.encode(body),
  })
  assert.equal("application/json", response.headers["content-type"])
  return response.status, assert(cjson.decode(response.body))
end

local function rename(name) return post("/rename-key", { key_tag = TAG, key_name = name or "newKeyName" }) end

describe("examples/nginx", function()
  setup(start)
  teardown(stop)
  before_each(emulator.reset)

  it("renames a key", function()
    local status, object = rename()
    assert.equal(200, status)
    assert.same({ TAG, "newKeyName" }, { object.key_tag, object.key_name })
    assert.equal("newKeyName", emulator.state().keys[TAG].key_name)
  end)

  it("moves a primary region, and responds with 422 if the key is there already", function()
    local params = { key_id = KEY_ID, primary_region = "cn-east-3" }
    local status, object = post("/update-primary-region", params)
    assert.equal(200, status)
    assert.equal("cn-east-3", object.primary_region)
    assert.equal("cn-east-3", emulator.state().keys[KEY_ID].primary)
    status, object = post("/update-primary-region", params)
    assert.equal(422, status)
    assert.same({ "service", "KMS.0106", false }, { object.error.kind, object.error.code, object.error.uncertain })
    assert.equal("string", type(object.error.request_id))
  end)

  it("responds with 401 to a caller without the token", function()
    for _, headers in ipairs { {}, { { "Authorization", "Bearer let-me-on" } }, { { "Authorization", "Bearer " } },
      { { "Authorization", "Basic " .. TOKEN } } } do
      local status, object = post("/rename-key", { key_tag = TAG, key_name = "newKeyName" }, headers)
      assert.same({ 401, "unauthorized" }, { status, object.error.code })
    end
    assert.equal(0, emulator.state().requests.ncloud)
  end)

  it("responds with 400 and the field to a request that is not valid", function()
    for body, code in pairs { [""] = "body", ["[1"] = "body", ['"x"'] = "body", ['{"key_tag":"a"}'] = "key_name",
      ['{"key_tag":"a","key_name":5}'] = "key_name", ['{"key_tag":"a","key_name":"1x"}'] = "key_name" } do
      local status, object = post("/rename-key", body)
      assert.same({ 400, code, false }, { status, object.error.code, object.error.uncertain })
    end
    assert.equal(0, emulator.state().requests.ncloud)
  end)

  it("responds with 504 to a lost response, with 503 to a throttled call, and with 404 to an unknown key", function()
    emulator.fault { kind = "close_within", part = "body", times = 4 } -- one per attempt
    local status, object = rename()
    assert.same({ 504, true, "closed" }, { status, object.error.uncertain, object.error.code })
    emulator.fault { kind = "throttled", retry_after = 60 } -- longer than the example's calls may take
    status, object = rename()
    assert.same({ 503, true, false }, { status, object.error.retryable, object.error.uncertain })
    assert.equal(404, (post("/rename-key", { key_tag = "nosuchtag", key_name = "newKeyName" })))
  end)

  it("responds to other requests while a call waits", function()
    emulator.fault { kind = "delay", seconds = 1 }
    local read_responses = send_in_process("127.0.0.1:" .. PORT, "/rename-key", { key_tag = TAG, key_name = "newKeyName" },
      { authorization = "Bearer " .. TOKEN })
    local polls = 0
    repeat
      polls = polls + 1
      assert.is_true(polls < 10000)
    until emulator.state().requests.ncloud == 1
    local before = transport:now()
    assert.equal(401, (post("/rename-key", {}, {})))
    assert.is_true(transport:now() - before < 0.8)
    assert.equal("newKeyName", read_responses()[1].key_name)
  end)

  it("logs errors with a status from 500, and no secret", function()
    emulator.fault { kind = "bad_gateway", times = 4 }
    assert.equal(504, (rename()))
    local log = files.read(DIR .. "/output")
    assert.is_truthy(log:find("ncloud rename_key [%w]+: protocol error"), log)
    for _, account in pairs(emulator.accounts) do
      assert.is_nil(log:find(account.secret_key, 1, true))
      assert.is_nil(log:find(account.access_key, 1, true))
    end
    assert.is_nil(log:find(TOKEN, 1, true))
    for _, mark in ipairs { "[alert]", "[crit]", "[emerg]", "lua entry thread aborted" } do assert.is_nil(log:find(mark, 1, true)) end
  end)
end)

describe("examples/nginx/nginx.conf", function()
  it("is accepted by nginx -t as it is", function()
    local command = ("mkdir -p %s/test && nginx -t -p %s/test/ -c \"$PWD/examples/nginx/nginx.conf\""):format(DIR, DIR)
    local lua_paths = { LUA_PATH = "examples/nginx/?.lua;lua/?.lua;lua/?/init.lua;;",
      LUA_CPATH = (os.getenv "BUILD" or "build") .. "/luajit/?.so;;" }
    local output, ok = subprocess.execute(command, lua_paths)
    assert.is_truthy(output:find("test is successful", 1, true), output)
    assert.is_nil(output:find("[warn]", 1, true), output)
    assert.is_true(ok)
  end)
end)

describe("examples/nginx without credentials", function()
  teardown(stop)

  it("responds with 500 and names the environment variables", function()
    start "unset NCLOUD_SECRET_KEY"
    local status, object = rename()
    assert.same({ 500, "credentials" }, { status, object.error.kind })
    assert.is_truthy(object.error.message:find("NCLOUD_SECRET_KEY", 1, true))
  end)
end)
