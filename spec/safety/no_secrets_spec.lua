--- The check that no error contains a secret, which all specs use.

local Error = require "kms.error"
local no_secrets = require "spec.helpers.no_secrets"

local SECRET = "aSecretKey/ThatNobody+MaySee=="

describe("no_secrets", function()
  local function finds_secret(fields)
    return no_secrets.find(Error.new(fields), { SECRET }) ~= nil
  end

  it("finds a secret in any field of an error", function()
    assert.is_true(finds_secret { message = "x " .. SECRET .. " y" })
    assert.is_true(finds_secret { code = SECRET })
    assert.is_true(finds_secret { cause = { message = { deep = SECRET } } })
    assert.is_true(finds_secret { diff = { [SECRET] = true } })
    assert.is_true(no_secrets.find(SECRET, { SECRET }) ~= nil)
  end)

  it("finds an encoded secret and a part of one", function()
    for _, text in ipairs { SECRET:sub(1, 12), SECRET:sub(9, 20), SECRET:sub(-12), SECRET:reverse(), "aSecretKey%2FThatNobody%2BMaySee%3D%3D",
      "aSecretKey%2fThatNobody", "aSecretKey\\/ThatNobody", (SECRET:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) } do
      assert.is_true(finds_secret { message = text }, text)
    end
  end)

  it("finds nothing in an error without a secret", function()
    assert.is_false(finds_secret { kind = "service", code = "KMS.1", message = "aSecret is not shown", cause = { code = 7 } })
    assert.is_nil(no_secrets.find(Error.new { message = "SK of two bytes" }, {}))
    no_secrets.check(Error.new { message = "x" }, { SECRET })
    assert.is_false((pcall(no_secrets.check, Error.new { message = SECRET }, { SECRET })))
  end)
end)

describe("objects that a program can print", function()
  local kms = require "kms"
  local SECRET_FILE = os.tmpname()
  local OPTIONS = { proxy = ("http://user:%s@127.0.0.1:1"):format(SECRET:gsub("[/+=]", "")), client_key_password = SECRET }
  local SECRETS = { SECRET, (SECRET:gsub("[/+=]", "")) }

  setup(function()
    local file = assert(io.open(SECRET_FILE, "w"))
    file:write(SECRET)
    file:close()
  end)
  teardown(function() os.remove(SECRET_FILE) end)

  --- A cloud that gives every service of credentials the same secret, and refuses each call.
  local cloud = {}
  function cloud.sleep() end
  function cloud.send(_, request)
    if request.target:find "/auth/tokens" then
      return { status = 201, headers = { ["x-subject-token"] = SECRET },
        body = '{"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}}' }
    elseif request.target:find "securitykey" then
      return { status = 200, headers = {}, body = ('{"credential":{"access":"AK","secret":"%s","securitytoken":"%s",'
        .. '"expires_at":"2099-01-01T00:00:00.000000Z"}}'):format(SECRET, SECRET) }
    elseif request.method == "PUT" and request.link_local then
      return { status = 200, headers = {}, body = SECRET }
    end
    return { status = 400, headers = { ["x-request-id"] = SECRET },
      body = ('{"error_code":"%s","error_msg":"%s","code":"%s","error":{"code":"%s","message":"%s"}}'):format(
        SECRET, SECRET, SECRET, SECRET, SECRET) }
  end

  local CREDENTIALS = {
    ["static keys"] = { access_key = "AK", secret_key = SECRET, security_token = SECRET },
    ["a token"] = { token = SECRET },
    ["a function"] = function() return { access_key = "AK", secret_key = SECRET } end,
    ["an IAM token"] = kms.credentials.iam_token { user = "u", password = SECRET, domain = "d" },
    ["a metadata service"] = kms.credentials.metadata(),
    ["an identity token"] = kms.credentials.oidc { idp_id = "i", id_token_file = SECRET_FILE },
    ["a container"] = kms.credentials.container { uri = "http://127.0.0.1/x", token_file = SECRET_FILE },
  }

  for name, credentials in pairs(CREDENTIALS) do
    it("hold no secret in a field: client and error of a call with " .. name, function()
      for _, transport in ipairs { cloud, OPTIONS } do
        local client = kms.huawei {
          region = "cn-north-4", project_id = ("a"):rep(32), retry = false, timeout = 5, transport = transport,
          credentials = credentials,
        }
        local result, err = client:update_primary_region {
          key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
        assert.is_nil(result)
        no_secrets.check(err, SECRETS)
        no_secrets.check(client, SECRETS)
        no_secrets.check(client.transport, SECRETS)
        client:close()
      end
    end)
  end

  --- Returns what a client raises or returns for its options.
  local function describe_problem(options)
    options.region, options.project_id = "cn-north-4", ("a"):rep(32)
    local _, client_or_problem = pcall(kms.huawei, options)
    if type(client_or_problem) ~= "table" then return client_or_problem end
    local _, result_or_problem, err = pcall(client_or_problem.update_primary_region, client_or_problem,
      { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" })
    return err or result_or_problem
  end

  it("show no secret in the error for an option or a key that is not valid", function()
    local keys = { access_key = "AK", secret_key = "SK" }
    for _, options in ipairs {
      { transport = { proxy = "ftp://user:" .. SECRET .. "@host" }, credentials = keys },
      { transport = { proxy = "http://user:" .. SECRET .. "@host:port" }, credentials = keys },
      { transport = { client_key_password = SECRET .. "\0" }, credentials = keys },
      { transport = cloud, credentials = { access_key = "AK", secret_key = SECRET .. " " } },
      { transport = cloud, credentials = { access_key = "AK", secret_key = "SK", security_token = SECRET .. "\n" } },
      { transport = cloud, credentials = function() return { access_key = "AK", secret_key = SECRET .. "\195\169" } end },
    } do
      local problem = describe_problem(options)
      assert.truthy(problem)
      no_secrets.check(problem, SECRETS)
    end
  end)
end)

describe("operations with secrets", function()
  local catalog = require "kms.call.catalog"
  local fake_transport = require "spec.helpers.fake_transport"
  local kms = require "kms"

  -- One of them fits the rule of every secret param: hexadecimal, base64, text.
  local CANDIDATES = { ("0123456789abcdef"):rep(6), "c2VjcmV0LW9mLXRoZS1wYXJhbS1pbi1iYXNlNjQ=", "secretOfTheParam/ThatNobody+Sees" }
  local RESULT_SECRET = "secretOfTheResult/ThatNobody+Sees"

  local function choose_value(field)
    for _, candidate in ipairs(CANDIDATES) do
      if not field.rule or field.rule.test(candidate) then return candidate end
    end
    error(field.name .. " has a rule that no candidate fits")
  end

  --- Fills the secret fields, and adds their values to a list.
  local function fill_secrets(fields, values, secrets)
    for _, field in ipairs(fields) do
      local inner = field.fields
      if field.secret then
        values[field.name] = choose_value(field)
        secrets[#secrets + 1] = values[field.name]
      elseif inner and values[field.name] then
        fill_secrets(inner, values[field.name], secrets)
      end
    end
  end

  local function copy(value)
    if type(value) ~= "table" then return value end
    local result = {}
    for name, inner in pairs(value) do result[name] = copy(inner) end
    return result
  end

  local function has_secret(fields)
    for _, field in ipairs(fields) do
      local inner = field.fields or field.items and field.items.fields
      if field.secret or inner and has_secret(inner) then return true end
    end
    return false
  end

  --- Failures that repeat a text: responses, and an error of a transport.
  local function list_failures(text)
    local escaped = text:gsub("/", "\\/")
    local error_body = ('{"error_code":"X.1","error_msg":"bad value %s","error":{"code":"X.1","message":"bad value %s"},'
      .. '"code":"X.1","msg":"bad value %s"}'):format(text, escaped, text)
    return {
      { status = 400, body = error_body, headers = { ["x-request-id"] = text } },
      { status = 500, body = error_body }, { status = 429, body = error_body },
      { status = 400, body = "<html>" .. text .. "</html>" }, { status = 502, body = text },
      { kind = "transport", code = "closed", message = "sent " .. text, uncertain = true },
    }
  end

  --- Responses that hold a result which cannot be read.
  local function list_unreadable(text)
    return {
      { status = 200, body = ('{"plain_text":"%s"'):format(text) }, { status = 200, body = ('["%s"]'):format(text) },
      { status = 200, body = ('"%s"'):format(text) }, { status = 200, body = text },
      { status = 200, body = ('{"code":"SUCCESS","data":"%s"}'):format(text) },
      { status = 200, body = ('{"code":"SUCCESS","data":{"plaintext":"%s"'):format(text) },
    }
  end

  local function new_client(provider, entry, transport, events)
    local is_token = entry.auth == "refresh_token"
    return kms[provider] {
      transport = transport, retry = { attempts = 2, base = 0.01 }, on_attempt = function(event) events[#events + 1] = event end,
      region = provider == "huawei" and "cn-north-4" or nil, project_id = provider == "huawei" and ("a"):rep(32) or nil,
      credentials = is_token and { ocapi_token = SECRET } or { access_key = "AKFAKE0001", secret_key = SECRET },
    }
  end

  --- Asserts that neither the error nor an event of a failed call has a secret.
  local function assert_hidden(provider, entry, params, response, secrets)
    local events = {}
    local client = new_client(provider, entry, fake_transport.new(response), events)
    local result, err = client[entry.name](client, params)
    if result then return end -- a response that has all that the operation requires
    assert.is_true(#events > 0)
    no_secrets.check(err, secrets)
    no_secrets.check(events, secrets)
  end

  local count = 0
  for _, provider in ipairs { "huawei", "ncloud" } do
    for entry in catalog.of(require("kms." .. provider)):each() do
      if has_secret(entry.params) or entry.auth == "refresh_token" then
        count = count + 1
        it(("%s %s hides its secret params in every failure"):format(provider, entry.name), function()
          local params, secrets = copy(entry.example), { SECRET }
          fill_secrets(entry.params, params, secrets)
          for _, secret in ipairs(secrets) do
            for _, response in ipairs(list_failures(secret)) do assert_hidden(provider, entry, params, response, secrets) end
            for _, response in ipairs(list_unreadable(secret)) do assert_hidden(provider, entry, params, response, secrets) end
          end
        end)
      end
      if has_secret(entry.result) then
        count = count + 1
        it(("%s %s hides a result that cannot be read"):format(provider, entry.name), function()
          for _, response in ipairs(list_unreadable(RESULT_SECRET)) do
            assert_hidden(provider, entry, copy(entry.example), response, { SECRET, RESULT_SECRET })
          end
        end)
      end
    end
  end

  it("are in both clouds", function() assert.is_true(count > 20) end)

  it("withhold the service's message if a secret param is too short to be found in it", function()
    local client = new_client("huawei", {}, fake_transport.new { status = 400,
      body = '{"error_code":"X.1","error_msg":"cannot encrypt abc"}' }, {})
    local _, err = client:encrypt_data { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", plain_text = "abc" }
    assert.same({ "service", "X.1", "the service's message is not shown, because it may repeat a param that is secret" },
      { err.kind, err.code, err.message })
  end)

  it("show no secret of a param that breaks a rule or has a wrong type", function()
    local client = new_client("huawei", {}, fake_transport.new { "{}" }, {})
    local key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
    for _, params in ipairs {
      { key_id = key_id, plain_text = RESULT_SECRET .. "\255" }, { key_id = key_id, plain_text = { RESULT_SECRET } },
      { key_id = key_id, plain_text = RESULT_SECRET, limit = 1 },
    } do
      local ok, result, err = pcall(client.encrypt_data, client, params)
      no_secrets.check(ok and err or result, { RESULT_SECRET })
      assert.is_true(not ok or err ~= nil)
    end
  end)
end)
