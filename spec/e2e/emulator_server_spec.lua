--- tools/emulator: the emulator of both clouds behind NGINX: ports, credentials, bodies and faults.

local cjson = require "cjson"
local emulated = require "spec.helpers.emulator_client"
local emulator_server = require "spec.helpers.emulator_server"
local reference_signer = require "spec.helpers.reference_signer"
local subprocess = require "spec.helpers.subprocess"

local PORT, KEY, TAG = emulator_server.PORT, emulator_server.KEY, emulator_server.TAG
local new_transport, move, rename = emulator_server.new_transport, emulator_server.move, emulator_server.rename

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

  it("a second one on the same ports names the port, and how to choose another", function()
    local folder = os.tmpname()
    os.remove(folder)
    local output, ok = subprocess.execute(("tools/emulator/serve %s %d"):format(folder, PORT))
    os.execute("rm -rf " .. folder)
    assert.is_false(ok)
    assert.equal(("tools/emulator/serve: port %d is in use (kms emulator --port N and make emulator EMULATOR_PORT=N use the "
      .. "ports N to N+8)\n"):format(PORT), output)
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
end)
