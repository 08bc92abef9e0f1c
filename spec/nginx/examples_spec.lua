--- examples/nginx as it stands, run by NGINX against the emulator: only its port and its CA file are put in other places.

local ask_apart = require "spec.helpers.http_probe"
local cjson = require "cjson.safe"
local curl = require "kms.transport.curl"
local emulated = require "spec.helpers.emulator_client"

local DIR = assert(os.getenv "KMS_NGINX_DIR", "run through make test") .. "/example"
local PORT = assert(tonumber(os.getenv "KMS_NGINX_PORT")) + 19
local EMULATOR_DIR = os.getenv "KMS_EMULATOR_DIR"
local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local TOKEN = "let-me-in"

local transport = curl.new { timeout = 30, keepalive = 0 }

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- Starts NGINX with the environment of the emulator and `more` shell lines on top.
local function start(more)
  local script = ([[
    set -eu
    rm -rf %s && mkdir -p %s && cp examples/nginx/* %s/
    sed -i -e 's,127.0.0.1:8080,127.0.0.1:%d,' -e 's,/etc/ssl/certs/ca-certificates.crt,%s/ca.pem,' %s/nginx.conf
    . %s/env
    export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$(realpath "${BUILD:-build}")/luajit/?.so;;" KMS_CALLER_TOKEN=%s
    %s
    nginx -p %s -c nginx.conf -g 'user root;' > %s/output 2>&1 < /dev/null &
  ]]):format(DIR, DIR, DIR, PORT, EMULATOR_DIR, DIR, EMULATOR_DIR, TOKEN, more or "", DIR, DIR)
  assert(os.execute(script))
  local stop = transport:now() + 10
  repeat
    local response = transport:send { method = "GET", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/", headers = {} }
    if response then return end
  until transport:now() > stop
  error("no answer: " .. read(DIR .. "/output"))
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
  before_each(emulated.reset)

  it("renames a key", function()
    local status, answer = rename()
    assert.equal(200, status)
    assert.same({ TAG, "newKeyName" }, { answer.key_tag, answer.key_name })
    assert.equal("newKeyName", emulated.state().keys[TAG].key_name)
  end)

  it("moves a primary region, and says that it cannot be done twice", function()
    local params = { key_id = KEY_ID, primary_region = "cn-east-3" }
    local status, answer = post("/update-primary-region", params)
    assert.equal(200, status)
    assert.equal("cn-east-3", answer.primary_region)
    assert.equal("cn-east-3", emulated.state().keys[KEY_ID].primary)
    status, answer = post("/update-primary-region", params)
    assert.equal(422, status)
    assert.same({ "service", "KMS.0106", false }, { answer.error.kind, answer.error.code, answer.error.uncertain })
    assert.equal("string", type(answer.error.request_id))
  end)

  it("lets nobody in without the token", function()
    for _, headers in ipairs { {}, { { "Authorization", "Bearer let-me-on" } }, { { "Authorization", "Bearer " } },
      { { "Authorization", "Basic " .. TOKEN } } } do
      local status, answer = post("/rename-key", { key_tag = TAG, key_name = "newKeyName" }, headers)
      assert.same({ 401, "unauthorized" }, { status, answer.error.code })
    end
    assert.equal(0, emulated.state().requests.ncloud)
  end)

  it("tells its callers what is wrong with a request", function()
    for body, code in pairs { [""] = "body", ["[1"] = "body", ['"x"'] = "body", ['{"key_tag":"a"}'] = "key_name",
      ['{"key_tag":"a","key_name":5}'] = "key_name", ['{"key_tag":"a","key_name":"1x"}'] = "key_name" } do
      local status, answer = post("/rename-key", body)
      assert.same({ 400, code, false }, { status, answer.error.code, answer.error.uncertain })
    end
    assert.equal(0, emulated.state().requests.ncloud)
  end)

  it("says of a lost answer that it is uncertain, and of a throttled call that it may work later", function()
    emulated.fault { kind = "close_within", part = "body", times = 4 } -- once an attempt
    local status, answer = rename()
    assert.same({ 504, true, "closed" }, { status, answer.error.uncertain, answer.error.code })
    emulated.fault { kind = "throttled", retry_after = 60 } -- longer than the example's calls may take
    status, answer = rename()
    assert.same({ 503, true, false }, { status, answer.error.retryable, answer.error.uncertain })
    assert.equal(404, (post("/rename-key", { key_tag = "nosuchtag", key_name = "newKeyName" })))
  end)

  it("answers others while a call waits", function()
    emulated.fault { kind = "delay", seconds = 0.5 }
    local read_answers = ask_apart("127.0.0.1:" .. PORT, "/rename-key", { key_tag = TAG, key_name = "newKeyName" },
      { authorization = "Bearer " .. TOKEN })
    local looks = 0
    repeat
      looks = looks + 1
      assert.is_true(looks < 10000)
    until emulated.state().requests.ncloud == 1
    local before = transport:now()
    assert.equal(401, (post("/rename-key", {}, {})))
    assert.is_true(transport:now() - before < 0.3)
    assert.equal("newKeyName", read_answers()[1].key_name)
  end)

  it("logs what is its own or a cloud's fault, and no secret", function()
    emulated.fault { kind = "bad_gateway", times = 4 }
    assert.equal(504, (rename()))
    local log = read(DIR .. "/output")
    assert.is_truthy(log:find("ncloud rename_key: protocol error", 1, true), log)
    for _, account in pairs(emulated.accounts) do
      assert.is_nil(log:find(account.secret_key, 1, true))
      assert.is_nil(log:find(account.access_key, 1, true))
    end
    assert.is_nil(log:find(TOKEN, 1, true))
    for _, mark in ipairs { "[alert]", "[crit]", "[emerg]", "lua entry thread aborted" } do assert.is_nil(log:find(mark, 1, true)) end
  end)
end)

describe("examples/nginx without credentials", function()
  teardown(stop)

  it("says so, and what would supply them", function()
    start "unset NCLOUD_SECRET_KEY"
    local status, answer = rename()
    assert.same({ 500, "credentials" }, { status, answer.error.kind })
    assert.is_truthy(answer.error.message:find("NCLOUD_SECRET_KEY", 1, true))
  end)
end)
