local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local Error = require "kms.error"

local KEYS = { access_key = "AK", secret_key = "SK" }

local function get(option)
  return credentials.provider(option):get(provider_call.new_context("huawei", fake_transport.new {}))
end

describe("kms.credentials.custom", function()
  it("a function is called for each call, with the context of the call", function()
    local count, context = 0, nil
    local function next_keys(call_context)
      count, context = count + 1, call_context
      return { access_key = "AK" .. count, secret_key = "SK" }
    end
    assert.equal("AK1", get(next_keys).access_key)
    assert.equal("AK2", get(next_keys).access_key)
    assert.equal("huawei", context.provider)
    assert.equal("cn-north-4", context.region)
  end)

  it("the failure of a function is passed on, and an incomplete result is described", function()
    local own = Error.new { kind = "credentials", code = "expired", message = "x" }
    local lost = Error.new { kind = "transport", code = "timeout", message = "too slow" }
    for expected, run in pairs {
      ["missing the credentials function returned nothing"] = function() end,
      ["missing the credentials function returned an error: no vault"] = function() return nil, "no vault" end,
      ["missing the credentials function returned no secret_key"] = function() return { access_key = "AK" } end,
      ["invalid access_key must be a string; got a number"] = function() return { access_key = 1, secret_key = "SK" } end,
      ["invalid expires must be a number; got a string"] =
        function() return { access_key = "AK", secret_key = "SK", expires = "soon" } end,
      ["expired the credentials function returned expired credentials"] =
        function(context) return { access_key = "AK", secret_key = "SK", expires = context:now() } end,
      ["expired x"] = function() return nil, own end,
      ["unavailable the credentials function failed: too slow"] = function() return nil, lost end,
    } do
      local code, message = expected:match "^(%a+) (.*)$"
      local err = provider_call.assert_failure(code, {}, get(run))
      assert.equal(message, err.message)
      assert.same({ { name = "function", code = code, reason = message } }, err.tried)
    end
    assert.is_nil(own.tried)
    assert.equal(lost, provider_call.assert_failure("unavailable", {}, get(function() return nil, lost end)).cause)
  end)

  it("the expiry time and the warning that a function returns are kept", function()
    local values = { access_key = "AK", secret_key = "SK", expires = 4e9, warning = "rotate me" }
    assert.same({ access_key = "AK", secret_key = "SK", expires = 4e9, warning = "rotate me" },
      (get(function() return values end)))
  end)

  it("an unknown field in the result of a function is refused, because a misspelt one would be ignored", function()
    local err = provider_call.assert_failure("invalid", { "hush" }, get(function()
      return { access_key = "AK", secret_key = "SK", securitytoken = "hush" }
    end))
    assert.equal('the credentials function returned an unknown field: "securitytoken"', err.message)
  end)

  it("a table with a name and a method get is a provider", function()
    local vault = { name = "vault", keys = KEYS }
    function vault:get() return self.keys, "sealed" end
    assert.same(KEYS, (get(vault)))
    vault.keys = nil
    local err = provider_call.assert_failure("missing", {}, get(vault))
    assert.same({ { name = "vault", code = "missing", reason = "credential provider vault returned an error: sealed" } },
      err.tried)
  end)
end)
