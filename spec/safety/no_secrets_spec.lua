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
