--- tools/emulator: the emulator behind NGINX, its control interface, and its start script. spec/helpers/reference_signer.lua
--- signs the requests, and kms.transport.curl sends them.

local cjson = require "cjson"
local curl = require "kms.transport.curl"
local emulated = require "spec.helpers.emulator_client"
local reference_signer = require "spec.helpers.reference_signer"
local subprocess = require "spec.helpers.subprocess"

local PORT, DIR = tonumber(os.getenv "KMS_EMULATOR_PORT"), os.getenv "KMS_EMULATOR_DIR"
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local function new_transport(options)
  local all = { ca_file = emulated.ca_file, timeout = 10 }
  for name, value in pairs(options or {}) do all[name] = value end
  return curl.new(all)
end

local function move(change)
  change = change or {}
  local account = emulated.accounts.huawei
  local region = change.region or "cn-north-4"
  return reference_signer.huawei {
    access_key = account.access_key, secret_key = change.secret_key or account.secret_key, time = os.time(),
    host = (change.name or "localhost") .. ":" .. (region == "cn-north-4" and PORT or PORT + 1),
    path = ("/v2/%s/kms/keys/%s/update-primary-region"):format(account.projects[region], KEY),
    project_id = account.projects[region],
    body = ('{"key_id":"%s","primary_region":"%s"}'):format(KEY, change.target or "cn-east-3"),
  }
end

local function rename(change)
  change = change or {}
  local account = emulated.accounts.ncloud
  return reference_signer.ncloud {
    access_key = account.access_key, secret_key = account.secret_key, time = os.time(), host = "localhost:" .. PORT + 2,
    method = "PUT", path = change.path or "/kms/v1/keys/" .. TAG .. "/name",
    body = change.body or '{"keyName":"newKeyName"}',
  }
end

describe("the emulator's server", function()
  before_each(emulated.reset)

  it("each region and each cloud has a port of its own", function()
    local transport = new_transport()
    local response = assert(transport:send(move()))
    assert.equal(200, response.status)
    assert.equal("application/json", response.headers["content-type"])
    assert.truthy(response.headers["x-request-id"])
    assert.equal(400, transport:send(move()).status)
    assert.equal(200, transport:send(move { region = "cn-east-3", target = "cn-north-4", name = "127.0.0.1" }).status)
    assert.equal(200, transport:send(rename()).status)
    local state = emulated.state()
    assert.equal("cn-north-4", state.keys[KEY].primary)
    assert.equal("newKeyName", state.keys[TAG].key_name)
    assert.same({ huawei = 3, ncloud = 1, iam = 0, metadata = 0 }, state.requests)
  end)

  it("each zone of NAVER Cloud has a port of its own", function()
    local account = emulated.accounts.ncloud
    local function list_names(offset)
      local response = assert(new_transport():send(reference_signer.ncloud {
        access_key = account.access_key, secret_key = account.secret_key, time = os.time(), method = "GET",
        host = "localhost:" .. PORT + offset, path = "/kms/v1/keys", body = "",
      }))
      return #cjson.decode(response.body).data.keyList
    end
    assert.is_true(list_names(2) > 0)
    for offset = 6, 8 do assert.equal(0, list_names(offset)) end
  end)

  describe("credentials of the emulator's server", function()
    local account = emulated.accounts.huawei

    local function send(method, endpoint, target, headers, body)
      local scheme, host = endpoint:match "^(%w+)://(.*)$"
      local response = assert(new_transport():send { method = method, scheme = scheme, host = host, target = target,
        headers = headers or {}, body = body })
      return response.status, response.body, response.headers
    end

    local function move_as(keys)
      local request = reference_signer.huawei {
        access_key = keys.access, secret_key = keys.secret, security_token = keys.securitytoken,
        time = emulated.state().now, host = "localhost:" .. PORT, project_id = account.projects["cn-north-4"],
        path = ("/v2/%s/kms/keys/%s/update-primary-region"):format(account.projects["cn-north-4"], KEY),
        body = ('{"key_id":"%s","primary_region":"cn-north-4"}'):format(KEY),
      }
      if keys.token then request.headers[#request.headers] = { "X-Auth-Token", keys.token } end
      return new_transport():send(request).status
    end

    it("IAM issues tokens over HTTPS, and the KMS accepts them until they expire", function()
      local user = account.user
      local status, _, headers = send("POST", emulated.iam, "/v3/auth/tokens?nocatalog=1", {}, cjson.encode { auth = {
        identity = { methods = { "password" }, password = { user = {
          name = user.name, password = user.password, domain = { name = user.domain } } } },
        scope = { project = { name = "cn-north-4" } },
      } })
      assert.equal(201, status)
      local keys = { access = "A", secret = "S", token = headers["x-subject-token"] }
      assert.equal(200, move_as(keys))
      local _, body = send("GET", emulated.iam, "/v3/projects?name=cn-east-3", { { "X-Auth-Token", keys.token } })
      assert.equal(account.projects["cn-east-3"], cjson.decode(body).projects[1].id)
      emulated.clock(24 * 3600)
      assert.equal(401, move_as(keys))
      assert.same({ create_token = 1, list_projects = 1 }, emulated.state().operations.iam)
    end)

    it("the metadata service issues keys over HTTP, and the KMS accepts them until they expire", function()
      assert.equal("required", emulated.settings({ metadata_v2 = "required" }).settings.metadata_v2)
      assert.equal(401, (send("GET", emulated.metadata, "/openstack/latest/securitykey")))
      local _, token = send("PUT", emulated.metadata, "/meta-data/latest/api/token", { { "X-Metadata-Token-Ttl-Seconds", "21600" } })
      local _, body = send("GET", emulated.metadata, "/openstack/latest/securitykey", { { "X-Metadata-Token", token } })
      local keys = cjson.decode(body).credential
      assert.equal(200, move_as(keys))
      emulated.clock(6 * 3600)
      assert.equal(401, move_as(keys))
      emulated.reset()
      assert.equal(200, (send("GET", emulated.metadata, "/openstack/latest/securitykey")))
    end)

    it("the container endpoint issues keys and receives faults", function()
      emulated.fault { kind = "bad_gateway", match = { provider = "metadata", operation = "pod_key" } }
      local headers = { { "Authorization", account.pod_token }, { "Content-Type", "application/json" } }
      assert.equal(502, (send("POST", emulated.metadata, "/v1/credentials", headers, "{}")))
      local status, body = send("POST", emulated.metadata, "/v1/credentials", headers, "{}")
      assert.equal(200, status)
      local keys = cjson.decode(body).credentials
      assert.equal(200, move_as { access = keys.accessKeyId, secret = keys.secretAccessKey, securitytoken = keys.securityToken })
      assert.equal(2, emulated.state().requests.metadata)
    end)
  end)

  it("the state counts connections", function()
    local transport = new_transport()
    for _ = 1, 3 do assert.equal(200, transport:send(rename()).status) end
    assert.equal(1, emulated.state().connections)
    new_transport():send(rename())
    assert.equal(2, emulated.state().connections)
  end)

  it("the emulator receives the target as sent, without decoding", function()
    local response = new_transport():send(rename { path = "/kms/v1/keys/a%2fb%20c/./../name?x=%7e&&y" })
    assert.equal(404, response.status)
    assert.equal("300", cjson.decode(response.body).error.errorCode)
    response = new_transport():send(rename { path = "/kms/v1/keys/a%2fb%20c/name?x=%7e&&y" })
    assert.equal("NOT_FOUND", cjson.decode(response.body).code)
  end)

  it("a success without content has no body, a DELETE may have one, and the connection is kept", function()
    local account, transport = emulated.accounts.huawei, new_transport()
    local function send(method, path, body)
      return assert(transport:send {
        method = method, scheme = "https", host = "localhost:" .. PORT,
        target = ("/v1.0/%s/kms/%s"):format(account.projects["cn-north-4"], path),
        headers = { { "Content-Type", "application/json" }, { "X-Auth-Token", account.tokens[1].token } }, body = body,
      })
    end
    local before = emulated.state().connections
    assert.equal(201, send("POST", "aliases", ('{"key_id":"%s","alias":"a"}'):format(KEY)).status)
    for _ = 1, 2 do
      assert.equal(204, send("POST", KEY .. "/tags", '{"tag":{"key":"a","value":"b"}}').status)
      local deleted = send("DELETE", KEY .. "/tags/a")
      assert.same({ 204, "" }, { deleted.status, deleted.body })
      assert.is_nil(deleted.headers["content-length"])
    end
    local deleted = send("DELETE", "aliases", ('{"key_id":"%s","aliases":["a"]}'):format(KEY))
    assert.equal(204, deleted.status)
    assert.equal(before + 1, emulated.state().connections)
    transport:close()
  end)

  it("the gateway of the emulator, not NGINX, limits the size of bodies", function()
    local response = new_transport():send(rename { body = (" "):rep(12 * 1024 * 1024) })
    assert.equal("INVALID_REQUEST", cjson.decode(response.body).code)
    response = new_transport():send(rename { body = (" "):rep(12 * 1024 * 1024 + 1) })
    assert.equal(413, response.status)
    assert.equal("430", cjson.decode(response.body).error.errorCode)
  end)

  it("the server accepts headers of 32 KB", function()
    local request = move()
    table.insert(request.headers, { "X-Auth-Token", ("x"):rep(32 * 1024) })
    assert.equal(200, new_transport():send(request).status)
  end)

  it("the control interface sets the clock", function()
    emulated.clock(901)
    local response = new_transport():send(move())
    assert.truthy(response.body:find("signature expired", 1, true))
    local date = response.headers.date
    emulated.clock(0)
    response = new_transport():send(move { target = "cn-north-4" })
    assert.equal(200, response.status)
    assert.not_equal(date, response.headers.date)
  end)

  it("the state shows locks, and a reset removes them", function()
    for _ = 1, 5 do assert.equal(401, new_transport():send(move { secret_key = "wrong" }).status) end
    assert.truthy(new_transport():send(move()).body:find("AK access failed to reach the limit,forbidden", 1, true))
    assert.truthy(emulated.state().locks[emulated.accounts.huawei.access_key].locked_until)
    emulated.reset()
    assert.equal(200, new_transport():send(move()).status)
  end)

  describe("faults of the emulator's server", function()
    local transport

    before_each(function() transport = new_transport() end)

    local function assert_error(code, is_uncertain, fault, timeout)
      emulated.fault(fault)
      local request = rename()
      request.timeout = timeout
      local response, err = transport:send(request)
      assert.is_nil(response)
      assert.equal(code, err.code, tostring(err))
      assert.equal(is_uncertain, err.uncertain)
    end

    local function is_renamed() return emulated.state().keys[TAG].key_name == "newKeyName" end

    it("the fault close_before closes the connection before the response", function()
      assert_error("closed", true, { kind = "close_before" })
      assert.is_false(is_renamed())
      assert_error("closed", true, { kind = "close_before", applied = true })
      assert.is_true(is_renamed())
    end)

    it("the fault close_within closes the connection within the head of the response", function()
      assert_error("closed", true, { kind = "close_within", part = "head" })
      assert.is_true(is_renamed())
    end)

    it("the fault close_within closes the connection within the body of the response", function()
      assert_error("closed", true, { kind = "close_within", part = "body" })
      assert.is_true(is_renamed())
    end)

    it("the fault endless sends a body without end", function()
      assert_error("too_large", true, { kind = "endless" })
    end)

    it("the fault delay delays the response", function()
      emulated.fault { kind = "delay", seconds = 0.2 }
      local start = transport:now()
      assert.equal(200, transport:send(rename()).status)
      assert.is_true(transport:now() - start >= 0.199)
      assert_error("timeout", true, { kind = "delay", seconds = 5 }, 0.3)
    end)

    it("the fault drip sends a body in small pieces", function()
      emulated.fault { kind = "drip", bytes = 20, interval = 0.02 }
      assert.equal("SUCCESS", cjson.decode(transport:send(rename()).body).code)
      assert_error("timeout", true, { kind = "drip", bytes = 1, interval = 0.2 }, 0.5)
    end)

    it("the setting latency delays each response", function()
      emulated.settings { latency = { distribution = "fixed", seconds = 0.1 } }
      local start = transport:now()
      for _ = 1, 3 do assert.equal(200, transport:send(rename()).status) end
      assert.is_true(transport:now() - start >= 0.299)
    end)

    it("the other faults send any status, headers and body", function()
      emulated.fault {
        { kind = "status", status = 418, headers = { ["X-Odd"] = "1" }, body = "tea" },
        { kind = "bad_gateway" },
        { kind = "throttled", retry_after = 3 },
        { kind = "redirect", location = "https://localhost:1/" },
      }
      local responses = {}
      for i = 1, 4 do responses[i] = assert(transport:send(rename())) end
      assert.equal(418, responses[1].status)
      assert.equal("1", responses[1].headers["x-odd"])
      assert.equal("tea", responses[1].body)
      assert.equal(502, responses[2].status)
      assert.equal("text/html", responses[2].headers["content-type"])
      assert.equal(429, responses[3].status)
      assert.equal("3", responses[3].headers["retry-after"])
      assert.equal(307, responses[4].status)
      assert.equal("https://localhost:1/", responses[4].headers.location)
      assert.is_false(is_renamed())
    end)
  end)

  describe("the control interface of the emulator's server", function()
    local CONTROL_HOST = "127.0.0.1:" .. PORT + 3

    local function send_control(method, target, headers, body)
      local response = new_transport():send {
        method = method, scheme = "http", host = CONTROL_HOST, target = target, headers = headers, body = body,
      }
      return response.status, response.body
    end

    local function control(method, target, body)
      return send_control(method, target, { { "X-Emulator-Token", emulated.token } }, body)
    end

    for _, case in ipairs {
      { "a change without the token", {}, "this request needs the header X-Emulator-Token" },
      { "a change with a wrong token", { { "X-Emulator-Token", ("0"):rep(32) } }, "this request needs the header X-Emulator-Token" },
      { "a change of another site", { { "X-Emulator-Token", emulated.token }, { "Origin", "https://site.example" } },
        'refuses requests of the site "https://site.example"' },
      { "a change of a page without an origin", { { "X-Emulator-Token", emulated.token }, { "Origin", "null" } },
        'refuses requests of the site "null"' },
      { "another port of this machine", { { "X-Emulator-Token", emulated.token }, { "Origin", "http://127.0.0.1:1" } },
        'refuses requests of the site "http://127.0.0.1:1"' },
    } do
      it("the control interface refuses " .. case[1], function()
        for _, operation in ipairs { "POST reset", "POST faults", "POST settings", "POST clock", "PUT saved", "GET saved" } do
          emulated.clock(5)
          local method, name = operation:match "^(%u+) (%l+)$"
          local status, body = send_control(method, "/_emulator/" .. name, case[2], '{"kind":"bad_gateway","offset":7}')
          assert.equal(403, status)
          assert.truthy(cjson.decode(body).error:find(case[3], 1, true), body)
          assert.equal(5, emulated.state().offset)
        end
        assert.equal(200, new_transport():send(rename()).status)
      end)
    end

    it("the control interface refuses a host name that is not its own, also to show the state", function()
      local socket = assert(require("socket").connect("127.0.0.1", PORT + 3))
      socket:settimeout(5)
      socket:send "GET /_emulator/state HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n"
      local response = socket:receive "*a"
      socket:close()
      assert.truthy(response:find "^HTTP/1.1 403 ", response)
      assert.truthy(response:find("the control interface has no host", 1, true), response)
    end)

    it("every port of the emulator listens on loopback only", function()
      local ports = {}
      for line in io.lines(DIR .. "/nginx.conf") do
        local address, port = line:match "^%s*listen ([^:;]*):(%d+)"
        if line:find "^%s*listen" then
          assert.equal("127.0.0.1", address, line)
          ports[tonumber(port) - PORT] = true
        end
      end
      for i = 0, 8 do assert.is_true(ports[i]) end
    end)

    it("the control interface saves and loads the state", function()
      assert.equal(200, new_transport():send(rename()).status)
      local status, saved = control("GET", "/_emulator/saved")
      assert.equal(200, status)
      assert.equal(1, cjson.decode(saved).format)
      emulated.reset()
      assert.equal("oldKeyName", emulated.state().keys[TAG].key_name)
      local state
      status, state = control("PUT", "/_emulator/saved", saved)
      assert.equal(200, status, state)
      assert.equal("newKeyName", cjson.decode(state).keys[TAG].key_name)
      local _, again = control("GET", "/_emulator/saved")
      local first, second = cjson.decode(saved), cjson.decode(again)
      first.time, second.time = nil, nil
      assert.same(first, second)
    end)

    for _, case in ipairs {
      { "PUT", "saved", "{}", 400, "field 'format' is missing" },
      { "POST", "faults", '{"kind":"flood"}', 400, '; got "flood"' },
      { "POST", "faults", '[{"kind":"delay"}]', 400, "'seconds' is missing" },
      { "POST", "faults", "{", 400, "the body must be JSON" },
      { "POST", "settings", '{"agency":1}', 400, "boolean expected" },
      { "POST", "clock", '{"offset":"soon"}', 400, 'to 2147483648; got "soon"' },
      { "POST", "clock", "{}", 400, "offset must be a number of seconds from -2147483648 to 2147483648; got nil" },
      { "POST", "clock", '{"offset":1e999}', 400, "offset must be a number of seconds from -2147483648" },
      { "POST", "clock", '{"offset":NaN}', 400, "the body must be JSON" },
      { "POST", "clock", '{"offset":1e300}', 400, "offset must be a number of seconds from -2147483648" },
      { "POST", "settings", '{"clock_offset":1e999}', 400, "'clock_offset': finite number expected" },
      { "POST", "settings", '{"key_lifetime":-Infinity}', 400, "the body must be JSON" },
      { "POST", "faults", '{"kind":"delay","seconds":1e999}', 400, "a number above 0 expected" },
      { "GET", "reset", nil, 404, "has no operation GET /_emulator/reset" },
      { "POST", "nothing", "{}", 404, "has no operation POST /_emulator/nothing" },
    } do
      it(("the control interface refuses %s %s %s"):format(case[1], case[2], case[3] or ""), function()
        local status, body = control(case[1], "/_emulator/" .. case[2], case[3])
        assert.equal(case[4], status)
        local problem = cjson.decode(body).error
        assert.truthy(problem:find(case[5], 1, true), problem)
        assert.is_nil(problem:find "%.lua:")
      end)
    end

    it("the ports of the clouds have no control interface", function()
      local response = new_transport():send {
        method = "GET", scheme = "https", host = "localhost:" .. PORT + 2, target = "/_emulator/state", headers = {},
      }
      assert.equal(404, response.status)
    end)
  end)

  it("the file env sets the variables of a client", function()
    local lines = {}
    for line in io.lines(DIR .. "/env") do
      local name, value = line:match "^export ([A-Z0-9_]+)='([^']*)'$"
      assert.truthy(name, line)
      lines[name] = value
    end
    local huawei, ncloud = emulated.accounts.huawei, emulated.accounts.ncloud
    assert.same({
      HUAWEICLOUD_SDK_AK = huawei.access_key,
      HUAWEICLOUD_SDK_SK = huawei.secret_key,
      HUAWEICLOUD_SDK_PROJECT_ID = huawei.projects["cn-north-4"],
      HUAWEICLOUD_SDK_REGION = "cn-north-4",
      HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://localhost:" .. PORT,
      HUAWEICLOUD_SDK_REGION_KMS_CN_EAST_3 = "https://localhost:" .. PORT + 1,
      NCLOUD_ACCESS_KEY = ncloud.access_key,
      NCLOUD_SECRET_KEY = ncloud.secret_key,
      NCLOUD_KMS_ENDPOINT = "https://localhost:" .. PORT + 2,
      HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://localhost:" .. PORT + 4,
      NCLOUD_METADATA_API_ENDPOINT = "http://127.0.0.1:" .. PORT + 5,
      HC_CONTAINER_CREDENTIALS_FULL_URI = "http://127.0.0.1:" .. PORT + 5 .. "/v1/credentials",
      HC_CONTAINER_AUTHORIZATION_TOKEN_FILE = DIR .. "/pod_token",
      KMS_CA_FILE = DIR .. "/ca.pem",
      KMS_EMULATOR_CONTROL = ("http://localhost:%d/_emulator"):format(PORT + 3),
      KMS_EMULATOR_TOKEN = emulated.token,
      KMS_EMULATOR_OTHER_PROJECT_ID = huawei.projects["cn-east-3"],
      KMS_EMULATOR_KEY_ID = KEY,
      KMS_EMULATOR_MORE_KEY_IDS = "5259bbf5-3c7c-42e1-8802-4d90a9c9f8c4 636accf6-4d8d-43f2-9913-5ea1badad9d5 "
        .. "747bdd07-5e9e-4403-aa24-6fb2cbebeae6",
      KMS_EMULATOR_KEY_TAG = TAG,
      KMS_EMULATOR_METADATA_ENDPOINT = "http://127.0.0.1:" .. PORT + 5,
      KMS_EMULATOR_USER = huawei.user.name,
      KMS_EMULATOR_PASSWORD = huawei.user.password,
      KMS_EMULATOR_DOMAIN = huawei.user.domain,
      KMS_EMULATOR_IDP_ID = huawei.idp.id,
      KMS_EMULATOR_ID_TOKEN_FILE = DIR .. "/id_token",
    }, lines)
    -- The variables are all that a client of either cloud needs, and an in-process emulator works beside them.
    local program = [[
      local kms, emulator = require "kms", require "kms.emulator"
      local function call(huawei_options, ncloud_options)
        local huawei, ncloud = kms.huawei(huawei_options), kms.ncloud(ncloud_options)
        print(huawei:update_primary_region { key_id = os.getenv "KMS_EMULATOR_KEY_ID", primary_region = "cn-east-3" })
        print(ncloud:get_key { key_tag = os.getenv "KMS_EMULATOR_KEY_TAG" })
      end
      call()
      local cloud = emulator.new()
      call({ transport = cloud }, { transport = cloud })
      print(cloud:requests "huawei", cloud:requests "ncloud")
      local _, err = kms.ncloud({ transport = { ca_file = "/dev/null" } }):get_key { key_tag = "t" }
      print(err and err.code)
    ]]
    emulated.reset()
    local output = subprocess.run(program, lines)
    assert.truthy(output:find "^table: %S+\ntable: %S+\ntable: %S+\ntable: %S+\n1\t1\n", output)
    assert.falsy(output:find("\nnil\n", 1, true), output) -- the option replaces the variable
    emulated.reset()
    for name, text in pairs { pod_token = huawei.pod_token, id_token = huawei.idp.id_token } do
      assert.equal(text, io.lines(DIR .. "/" .. name)())
    end
  end)
end)

describe("the programs in other languages in docs/testing-with-the-emulator.md", function()
  local markdown = require "spec.helpers.markdown"
  local MODULES = (os.getenv "BUILD" or "build") .. "/reference_sdk/node_modules"

  before_each(emulated.reset)

  local function find_program(language)
    for _, block in ipairs(markdown.read("docs/testing-with-the-emulator.md").blocks) do
      if block.info == language then return block.text end
    end
    error("no program in " .. language)
  end

  local function run(script)
    local pipe = io.popen(("exec 2>&1\n. '%s/env'\n%s"):format(DIR, script))
    local output = pipe:read "*a"
    pipe:close()
    return output
  end

  it("the program for curl moves a key with a token", function()
    local program, count = find_program("sh"):gsub("%. build/emulator/env\n", "")
    assert.equal(1, count)
    local output = run((program:gsub("curl ", "curl -s ", 1)))
    assert.truthy(output:find('{"key_id":"' .. KEY .. '","primary_region":"cn-east-3"}', 1, true), output)
    assert.equal("cn-east-3", emulated.state().keys[KEY].primary)
  end)

  it("the program for Node.js moves a key with a signature #sdk", function()
    local has_sdk = os.execute("node --version > /dev/null 2>&1 && test -d " .. MODULES .. "/@huaweicloud/huaweicloud-sdk-core")
    if has_sdk ~= true and has_sdk ~= 0 then return pending("the SDK is not installed") end
    local path = DIR .. "/example.js"
    local file = assert(io.open(path, "w"))
    file:write(find_program "js")
    file:close()
    local output = run(('mkdir -p "%s/home"; HOME="%s/home" NODE_EXTRA_CA_CERTS="$KMS_CA_FILE" NODE_PATH="$(realpath %s)" node %s')
      :format(DIR, DIR, MODULES, path))
    assert.truthy(output:find "cn%-east%-3\n$", output)
    assert.equal("cn-east-3", emulated.state().keys[KEY].primary)
  end)
end)

describe("tools/emulator/serve", function()
  local function run(script)
    local pipe = io.popen("exec 2>&1; unset LUA; dir=" .. DIR .. "-second port=" .. PORT + 10 .. "\n" .. script)
    local output = pipe:read "*a"
    pipe:close()
    return output
  end

  it("tools/emulator/serve prints its addresses and the lines to paste, and TERM stops it completely", function()
    local output = run [[
      tools/emulator/serve "$dir" $port > "$dir.out" 2>&1 &
      server=$!
      for i in $(seq 200); do grep -q "The last line" "$dir.out" && break; sleep 0.05; done
      pid=$(cat "$dir/nginx.pid")
      cat "$dir.out"
      kill -TERM $server
      wait $server
      echo "status $?"
      kill -0 $pid 2>/dev/null && echo "nginx runs"
      [ -e "$dir/ready" ] && echo "ready exists"
      rm -rf "$dir" "$dir.out"
    ]]
    for _, text in ipairs {
      "Huawei Cloud KMS, cn-north-4", "NAVER Cloud KMS", "Huawei Cloud IAM", "metadata", "ca.pem",
      '\n  eval "$(make -s env)"\n  . ' .. DIR:gsub("^.*/build/", "build/") .. "-second/env\n",
    } do
      assert.truthy(output:find(text, 1, true), output)
    end
    assert.truthy(output:find "\nstatus 0\n$", output)
  end)

  it("tools/emulator/serve refuses a port in use", function()
    local output = run('tools/emulator/serve "$dir" ' .. PORT .. '; echo "status $?"; rm -rf "$dir"')
    assert.truthy(output:find("port " .. PORT .. " is in use", 1, true), output)
    assert.truthy(output:find "status 1\n$", output)
  end)

  it("tools/emulator/serve refuses a port that is not a number, such as an address", function()
    assert.equal('tools/emulator/serve: PORT must be a number; got "0.0.0.0:1"\nstatus 2\n',
      run 'tools/emulator/serve "$dir" 0.0.0.0:1; echo "status $?"')
  end)

  it("tools/emulator/serve takes accounts and keys from a seed", function()
    local output = run [[
      tools/emulator/serve "$dir" $port examples/emulator/seed.json > "$dir.out" 2>&1 &
      server=$!
      for i in $(seq 200); do grep -q "The last line" "$dir.out" && break; sleep 0.05; done
      . "$dir/env"
      echo "variables $HUAWEICLOUD_SDK_AK $NCLOUD_ACCESS_KEY $KMS_EMULATOR_KEY_ID $KMS_EMULATOR_KEY_TAG ${KMS_EMULATOR_USER-none}"
      curl -s --cacert "$KMS_CA_FILE" -H "X-Auth-Token: seed-token" -H "Content-Type: application/json" \
        "$HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4/v1.0/$HUAWEICLOUD_SDK_PROJECT_ID/kms/describe-key" \
        -d "{\"key_id\": \"$KMS_EMULATOR_KEY_ID\"}"
      kill -TERM $server
      wait $server
      rm -rf "$dir" "$dir.out"
    ]]
    assert.truthy(output:find("variables SEEDHUAWEI SEEDNCLOUD aaaaaaaa-0000-4000-8000-000000000001 seed-tag-1 none\n", 1, true),
      output)
    assert.truthy(output:find('"key_alias":"orders"', 1, true), output)
  end)

  for _, case in ipairs {
    { "a seed that is not JSON", "{", "the seed is not a JSON object" },
    { "a seed with a mistake", '{"keys":[{"provider":"ncloud","key_tag":"t"}]}',
      "option 'seed': option 'keys', entry 1: field 'key_name' is missing" },
  } do
    it("tools/emulator/serve refuses " .. case[1], function()
      local output = run(("echo '%s' > \"$dir.json\"; tools/emulator/serve \"$dir\" $port \"$dir.json\"; echo \"status $?\"; "
        .. "rm -rf \"$dir\" \"$dir.json\""):format(case[2]))
      assert.truthy(output:find(case[3], 1, true), output)
      assert.truthy(output:find "status 1\n$", output)
    end)
  end

  it("tools/emulator/serve refuses a seed that does not exist", function()
    local output = run 'tools/emulator/serve "$dir" $port "$dir.none"; echo "status $?"; rm -rf "$dir"'
    assert.truthy(output:find "No such file", output)
    assert.truthy(output:find "status 1\n$", output)
  end)

  it("tools/emulator/serve prints its usage", function()
    assert.equal("usage: tools/emulator/serve DIR PORT [SEED]\nstatus 2\n", run 'tools/emulator/serve; echo "status $?"')
  end)
end)
