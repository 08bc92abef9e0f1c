--- kms.emulator.ncloud.tokens: token generators, tokens, and requests that carry a token.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG, OTHER_TAG = emulated_ncloud.TAG, emulated_ncloud.ROTATED_TAG
local HOUR = 3600
local PLAINTEXT = { plaintext = "aGVsbG8=" }

local cloud, ncloud

local function path(name, tag) return ("/%s/%s"):format(tag or TAG, name) end

local function create_set(body)
  return ncloud:call("POST", path "token-set", body)
end

local function assert_accepted(token) ncloud:with_token(token):call("POST", path "encrypt", PLAINTEXT) end

local function assert_refused(token, code)
  ncloud:with_token(token):assert_refused(code or "UNAUTHORIZED", "POST", path "encrypt", PLAINTEXT)
end

before_each(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

describe("a token generator in the emulator", function()
  it("create_token_generator creates an active generator", function()
    ncloud:assert_refused("NOT_FOUND", "GET", path "token-generator")
    assert.equal(cjson.null, ncloud:call("POST", path "token-generator"))
    local generator = ncloud:call("GET", path "token-generator")
    assert.truthy(generator.tokenGeneratorId:find "^%x+$")
    generator.tokenGeneratorId = nil
    assert.same({ status = "ACTIVE", enabledDate = math.floor(cloud:now() * 1000), disabledDate = cjson.null,
      issuedTokenCount = 0 }, generator)
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", path "token-generator")
  end)

  it("issuedTokenCount counts tokens", function()
    ncloud:call("POST", path "token-generator")
    create_set()
    create_set()
    assert.equal(4, ncloud:call("GET", path "token-generator").issuedTokenCount)
  end)

  it("update_token_generator replaces the generator and ends its tokens", function()
    ncloud:call("POST", path "token-generator")
    local old_id, set = ncloud:call("GET", path "token-generator").tokenGeneratorId, create_set()
    assert_accepted(set.accessToken)
    assert.equal(cjson.null, ncloud:call("PUT", path "token-generator"))
    assert.not_equal(old_id, ncloud:call("GET", path "token-generator").tokenGeneratorId)
    assert_refused(set.accessToken)
    assert_accepted(create_set().accessToken)
  end)

  it("delete_token_generator ends all tokens, and the generator is inactive", function()
    ncloud:call("POST", path "token-generator")
    local set = create_set()
    cloud:advance(10)
    assert.equal(cjson.null, ncloud:call("DELETE", path "token-generator"))
    assert_refused(set.accessToken)
    local generator = ncloud:call("GET", path "token-generator")
    assert.same({ "INACTIVE", math.floor(cloud:now() * 1000) }, { generator.status, generator.disabledDate })
    for _, method in ipairs { "PUT", "DELETE" } do ncloud:assert_refused("NOT_FOUND", method, path "token-generator") end
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", path "token-set")
    ncloud:call("POST", path "token-generator")
  end)
end)

describe("tokens of the emulator", function()
  before_each(function() ncloud:call("POST", path "token-generator") end)

  it("a token is a JSON Web Token", function()
    local set = create_set()
    for _, token in ipairs { set.accessToken, set.refreshToken } do
      assert.truthy(token:find "^eyJ[%w_-]+%.eyJ[%w_-]+%.[%w_-]+$", token)
    end
    assert.not_equal(set.accessToken, set.refreshToken)
  end)

  it("create_token_set needs a generator", function()
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", path("token-set", emulated_ncloud.RSA_TAG))
  end)

  it("an access token lives 72 hours, a refresh token 2160", function()
    local set = create_set()
    cloud:advance(72 * HOUR - 1)
    assert_accepted(set.accessToken)
    cloud:advance(1)
    assert_refused(set.accessToken)
    cloud:advance((2160 - 72) * HOUR - 1)
    ncloud:with_token(set.refreshToken):call("POST", path "access-token")
    cloud:advance(1)
    ncloud:with_token(set.refreshToken):assert_refused("UNAUTHORIZED", "POST", path "access-token")
  end)

  it("tokens live as many hours as the request says, as a number or as text, or without a limit", function()
    local short = create_set { accessTokenHours = "1" }
    local long = create_set { accessTokenHours = 17520 }
    local unlimited = create_set { accessTokenHours = "UL" }
    cloud:advance(HOUR)
    assert_refused(short.accessToken)
    cloud:advance(17519 * HOUR - 1)
    assert_accepted(long.accessToken)
    cloud:advance(100000 * HOUR)
    assert_refused(long.accessToken)
    assert_accepted(unlimited.accessToken)
  end)

  for _, hours in ipairs { 0, 17521, 1.5, "ul", "", true } do
    it("create_token_set refuses a lifetime of " .. tostring(hours), function()
      ncloud:assert_refused("INVALID_REQUEST", "POST", path "token-set", { accessTokenHours = hours })
      ncloud:assert_refused("INVALID_REQUEST", "POST", path "token-set", { refreshTokenHours = hours })
    end)
  end

  it("renew_token_set issues a new set, and the old one stays valid", function()
    local old = create_set()
    local new = ncloud:with_token(old.refreshToken):call("PUT", path "token-set", { accessTokenHours = 1 })
    assert.not_equal(old.accessToken, new.accessToken)
    assert_accepted(old.accessToken)
    assert_accepted(new.accessToken)
    cloud:advance(HOUR)
    assert_refused(new.accessToken)
    ncloud:with_token(new.refreshToken):call("PUT", path "token-set")
  end)

  it("create_access_token issues an access token", function()
    local token = ncloud:with_token(create_set().refreshToken):call("POST", path "access-token").accessToken
    assert_accepted(token)
  end)

  it("an access token and a refresh token do not replace each other, nor does a signature replace a refresh token", function()
    local set = create_set()
    assert_refused(set.refreshToken)
    ncloud:with_token(set.accessToken):assert_refused("UNAUTHORIZED", "PUT", path "token-set")
    ncloud:assert_refused("UNAUTHORIZED", "PUT", path "token-set")
    ncloud:assert_refused("UNAUTHORIZED", "POST", path "access-token")
  end)

  it("a token of one key is refused for another key and for another zone", function()
    local token = create_set().accessToken
    ncloud:with_token(token):assert_refused("UNAUTHORIZED", "POST", path("encrypt", OTHER_TAG), PLAINTEXT)
    ncloud:with_token(token):assert_refused("UNAUTHORIZED", "POST", path("encrypt", "unknown"), PLAINTEXT)
    local elsewhere = emulated_ncloud.new(cloud, { token = token, host = "ocapi-kr.ncloud.com" })
    elsewhere:assert_refused("UNAUTHORIZED", "POST", path "encrypt", PLAINTEXT)
  end)

  it("a token with another signature, or without a form, is refused", function()
    local token = create_set().accessToken
    local head, claims, mac = token:match "^(.-)%.(.-)%.(.*)$"
    assert_refused(head .. "." .. claims .. "." .. mac:reverse())
    assert_refused(head .. "." .. claims:reverse() .. "." .. mac)
    assert_refused(head .. "." .. claims .. ".")
    assert_refused "token"
  end)

  it("the gateway refuses a token in place of a signature where tokens are not accepted", function()
    local token = create_set().accessToken
    ncloud:with_token(token):assert_refused("200", "GET", "")
    ncloud:with_token(token):assert_refused("200", "POST", path "re-encrypt", { ciphertext = "ncpkms:v1:AAAA" })
    ncloud:with_token(token):assert_refused("200", "POST", path "rotate")
  end)

  it("a signature has precedence over a token", function()
    local request = require("spec.helpers.emulator_requests").rename(cloud,
      { method = "POST", path = "/kms/v1/keys" .. path "encrypt", body = cjson.encode(PLAINTEXT) })
    table.insert(request.headers, { "x-ncp-ocapi-token", "wrong" })
    assert.equal(200, cloud:handle(request).status)
  end)

  it("an enabled access control list permits tokens from its addresses only, and no signature needs it", function()
    local token = create_set().accessToken
    local function encrypt_from(address)
      return (ncloud:with_token(token, address):send("POST", path "encrypt", PLAINTEXT))
    end
    assert.equal(200, encrypt_from "10.0.0.1")
    ncloud:call("POST", path "acl/enable")
    assert.equal(403, encrypt_from "10.0.0.1")
    ncloud:call("POST", path "acl", { ipList = { "10.0.0.1" } })
    assert.equal(200, encrypt_from "10.0.0.1")
    assert.equal(403, encrypt_from "10.0.0.2")
    ncloud:call("POST", path "encrypt", PLAINTEXT)
    ncloud:call("POST", path "acl/disable")
    assert.equal(200, encrypt_from "10.0.0.2")
  end)
end)
