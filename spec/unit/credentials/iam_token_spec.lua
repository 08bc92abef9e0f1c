local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

-- Of the emulator's first account.
local USER = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" }
local PROJECT = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"

local function new_provider(options)
  local all = {}
  for name, value in pairs(USER) do all[name] = value end
  for name, value in pairs(options or {}) do all[name] = value end
  return credentials.iam_token(all)
end

local function get(options, transport, region)
  return new_provider(options):get(provider_call.new_context("huawei", transport, { region = region }))
end

describe("kms.credentials.iam_token", function()
  it("the token is for the client's region, or for the project of the option", function()
    local transport = fake_transport.new { status = 500 }
    for project, scope in pairs { [PROJECT] = { id = PROJECT }, ["cn-north-4_mine"] = { name = "cn-north-4_mine" },
      [false] = { name = "cn-north-4" } } do
      get({ project = project or nil }, transport)
      local request = transport.requests[#transport.requests]
      assert.same({ project = scope }, cjson.decode(request.body).auth.scope)
    end
  end)

  it("a client moves keys with the token, and the token is created once", function()
    local cloud = emulator.new()
    local client = kms.huawei { region = "cn-north-4", project_id = PROJECT, transport = cloud,
      credentials = new_provider() }
    local params = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
    assert(client:update_primary_region(params))
    client:update_primary_region(params)
    assert.equal(1, cloud:requests "iam")
  end)

  it("a wrong password is not sent again for five minutes", function()
    local cloud, wrong = emulator.new(), new_provider { password = "wrong-secret" }
    for _ = 1, 20 do
      local err = provider_call.assert_failure("refused", { "wrong-secret" },
        wrong:get(provider_call.new_context("huawei", cloud)))
      assert.equal(401, err.cause.status)
      cloud:advance(14)
    end
    assert.equal(1, cloud:requests "iam")
    cloud:advance(21)
    wrong:get(provider_call.new_context("huawei", cloud))
    assert.equal(2, cloud:requests "iam")
  end)

  it("a project that does not exist is refused by IAM", function()
    provider_call.assert_failure("refused", { USER.password }, get({ project = "cn-north-4_none" }, emulator.new()))
  end)

  it("a client without a region needs the option project", function()
    local context = provider_call.new_context("huawei", fake_transport.new { status = 500 })
    context.region = nil
    local err = provider_call.assert_failure("invalid", { USER.password }, new_provider():get(context))
    assert.equal("an IAM token needs a project: give iam_token the option project, or the client a region", err.message)
  end)

  it("an endpoint that is not an https origin is refused", function()
    for _, endpoint in ipairs { "http://iam.example", "https://iam.example/v3", "https://u:hush@iam.example", "a b" } do
      provider_call.assert_failure("invalid", { "hush" },
        get({ endpoint = endpoint }, fake_transport.new { status = 500 }))
    end
  end)

  it("a cloud without IAM is refused", function()
    local transport = fake_transport.new { status = 500 }
    local err = provider_call.assert_failure("invalid", { USER.password },
      new_provider():get(provider_call.new_context("ncloud", transport)))
    assert.equal("credential provider 'iam_token' does not serve this cloud", err.message)
    assert.equal(0, #transport.requests)
  end)

  it("each region has a token of its own", function()
    local cloud, one = emulator.new(), new_provider()
    local north = assert(one:get(provider_call.new_context("huawei", cloud)))
    local east = assert(one:get(provider_call.new_context("huawei", cloud, { region = "cn-east-3" })))
    assert.not_equal(north.token, east.token)
    assert.equal(north, one:get(provider_call.new_context("huawei", cloud)))
  end)

  it("the option shared names a dictionary of NGINX, whose keys contain no password", function()
    local program = [[
      local entries = {}
      local dictionary = {
        get = function(_, key) return entries[key] end,
        set = function(_, key, value) entries[key] = value return true end,
        add = function(_, key, value) if entries[key] then return false, "exists" end entries[key] = value return true end,
        delete = function(_, key) entries[key] = nil end,
      }
      ngx = { shared = { tokens = dictionary } }
      local provider_call, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      local credentials = require "kms.credentials"
      local cloud = emulator.new()
      local options = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain", shared = "tokens" }
      local function get() return assert(credentials.iam_token(options):get(provider_call.new_context("huawei", cloud))) end
      print(get().token == get().token, cloud:requests "iam")
      for key in pairs(entries) do print((key:gsub("64:%x+$", "fingerprint")), key:find("Password", 1, true)) end
      options.shared = "none"
      print(select(2, pcall(credentials.iam_token, options)))
    ]]
    assert.equal("true\t1\n"
      .. "kms.token:40:https://iam.cn-north-4.myhuaweicloud.com15:emulator-domain13:emulator-user10:cn-north-4fingerprint\tnil\n"
      .. "bad argument #1 to 'iam_token' (option 'shared': there is no lua_shared_dict \"none\")\n",
      (subprocess.run(program)))
  end)
end)
