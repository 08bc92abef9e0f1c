-- The keys that kms.sign keeps from one signature to the next: always that of the table given, and never longer than it.

local child = require "spec.helpers.subprocess"
local hmac = require "openssl.hmac"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local ALGORITHMS = { sha256 = "SDK-HMAC-SHA256", sm3 = "SDK-HMAC-SM3" }

--- Signs, and holds the signature against that of another HMAC with this secret.
local function check_huawei(secret, credentials, hash)
  local made = assert(sign.huawei_stages(signing.request(), credentials, signing.time, ALGORITHMS[hash]))
  assert.equal(hex(hmac.new(secret, hash):final(made.string_to_sign)), made.signature)
end

local function check_ncloud(secret, credentials)
  local made = assert(sign.ncloud_stages(signing.request(), credentials, signing.time))
  local mime = require "mime"
  assert.equal((mime.b64(hmac.new(secret, "sha256"):final(made.string_to_sign))), made.signature)
end

local function check(secret, credentials)
  credentials = credentials or { access_key = "a", secret_key = secret }
  check_huawei(secret, credentials, "sha256")
  check_ncloud(secret, credentials)
end

describe("kms.sign with a key that is kept", function()
  it("makes the vectors' signatures again and again", function()
    for _, vector in ipairs(signing.vectors "huawei_sdk_hmac_sha256") do
      local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
      for _ = 1, 3 do check_huawei(vector.secret_key, credentials, "sha256") end
    end
    for _, vector in ipairs(signing.vectors "ncloud_signature_v2") do
      local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
      for _ = 1, 3 do
        local made = assert(sign.ncloud({ method = vector.method, target = vector.uri }, credentials, vector.timestamp_ms / 1000))
        assert.equal(vector.signature, made["x-ncp-apigw-signature-v2"])
      end
    end
  end)

  it("takes keys shorter and longer than a block", function()
    for _, length in ipairs { 1, 40, 41, 63, 64, 65, 1000 } do
      local secret = ("k"):rep(length)
      local credentials = { access_key = "a", secret_key = secret }
      for _ = 1, 3 do check(secret, credentials) end
    end
  end)

  it("signs with the key that the table has now", function()
    local credentials = { access_key = "a" }
    for i = 1, 20 do
      credentials.secret_key = "key " .. i % 3
      check(credentials.secret_key, credentials)
      credentials.secret_key = ("a long one "):rep(10) .. i % 2
      check(credentials.secret_key, credentials)
    end
  end)

  it("signs with the key of each of several tables in turn", function()
    local tables = {}
    for i = 1, 10 do tables[i] = { access_key = "a", secret_key = "key " .. i % 5 } end
    for _ = 1, 5 do
      for i, credentials in ipairs(tables) do check("key " .. i % 5, credentials) end
    end
  end)

  it("signs by both hashes with one table", function()
    local credentials = { access_key = "a", secret_key = "two hashes" }
    for _ = 1, 3 do
      for _, hash in ipairs { "sha256", "sm3", "sm3", "sha256" } do check_huawei("two hashes", credentials, hash) end
      check_ncloud("two hashes", credentials)
    end
  end)

  it("signs with the key that the table had, whatever a finaliser puts there meanwhile", function()
    -- In a process of its own: in one that holds little, the collector comes round often.
    assert.equal("0 differ, other keys: true\n", (child.run [[
      local hmac, sign, signing = require "openssl.hmac", require "kms.sign", require "spec.helpers.signing"
      local credentials = { access_key = "a", secret_key = "first" }
      local newproxy, finalise, on, runs = rawget(_G, "newproxy"), nil, true, 0
      local function litter()
        if newproxy then getmetatable(newproxy(true)).__gc = finalise else setmetatable({}, { __gc = finalise }) end
      end
      function finalise()
        if not on then return end
        runs = runs + 1
        credentials.secret_key = "key " .. runs % 7
        sign.ncloud(signing.request(), credentials, 0)
        litter()
      end
      for _ = 1, 20 do litter() end
      collectgarbage("setpause", 0)
      local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
      local differ, others = 0, 0
      for _ = 1, 3000 do
        local request, before, run = signing.request(), credentials.secret_key, runs
        local made = sign.huawei_stages(request, credentials, 0)
        local after = credentials.secret_key
        local ok = hex(hmac.new(before, "sha256"):final(made.string_to_sign)) == made.signature
          or runs > run and hex(hmac.new(after, "sha256"):final(made.string_to_sign)) == made.signature
        if not ok then differ = differ + 1 end
        if runs > run then others = others + 1 end
      end
      on = false
      print(("%d differ, other keys: %s"):format(differ, tostring(others > 0)))
    ]]))
  end)
end)

describe("a key that kms.sign keeps", function()
  -- The userdata's finalizer is the one place at which its end can be seen from Lua.
  local metatable = debug.getregistry()["kms.sign.key"]
  local collect, ended = metatable.__gc, 0

  local function collect_all()
    for _ = 1, 3 do collectgarbage() end
  end

  before_each(function()
    collect_all()
    ended = 0
    function metatable.__gc(key)
      ended = ended + 1
      return collect(key)
    end
  end)

  after_each(function() metatable.__gc = collect end)

  it("is there as long as its credentials, and no longer", function()
    local credentials = { access_key = "a", secret_key = "kept as long" }
    for _ = 1, 10 do
      check("kept as long", credentials)
      collect_all()
    end
    assert.equal(0, ended)
    credentials = nil -- luacheck: ignore
    collect_all()
    assert.equal(1, ended)
  end)

  it("is one for all tables with the same secret", function()
    local tables = {}
    for i = 1, 10 do
      tables[i] = { access_key = "a", secret_key = "one for" .. " all" }
      check("one for all", tables[i])
    end
    tables = nil -- luacheck: ignore
    collect_all()
    assert.equal(1, ended)
  end)

  it("is another one once its own table is gone", function()
    local first, second = { access_key = "a", secret_key = "shared" }, { access_key = "b", secret_key = "shared" }
    check("shared", first)
    check("shared", second)
    first = nil -- luacheck: ignore
    collect_all()
    assert.equal(1, ended)
    check("shared", second)
    collect_all()
    assert.equal(1, ended)
    second = nil -- luacheck: ignore
    collect_all()
    assert.equal(2, ended)
  end)

  it("is let go for the next one of its table", function()
    local credentials = { access_key = "a", secret_key = "the old one" }
    check("the old one", credentials)
    credentials.secret_key = "the new one"
    check("the new one", credentials)
    collect_all()
    assert.equal(1, ended)
    check("the new one", credentials)
  end)

  it("is none after a call that raised, and serves after one that was refused", function()
    local credentials = { access_key = "a", secret_key = "refused first" }
    signing.assert_refused("method", "", sign.ncloud(signing.request { method = "" }, credentials, 0))
    pcall(sign.ncloud, signing.request { query = { 1 } }, credentials, 0)
    check("refused first", credentials)
    credentials = nil -- luacheck: ignore
    collect_all()
    assert.equal(1, ended)
  end)

  it("is no hindrance to finalizers that sign while the state is closed, before its end and after", function()
    local output, ok = child.run [[
      local sign, signing = nil, require "spec.helpers.signing"
      local newproxy, known = rawget(_G, "newproxy"), { access_key = "a", secret_key = "known" }
      local wanted = {}
      local function signature(secret, credentials)
        return sign.huawei_stages(signing.request(), credentials or { access_key = "a", secret_key = secret }, 0).signature
      end
      local function finalise()
        for _ = 1, 3 do
          assert(signature("known", known) == wanted.known)
          for secret, expected in pairs(wanted) do assert(signature(secret) == expected) end
        end
        io.write "."
      end
      local lasting = {}
      local function last()
        if newproxy then
          local proxy = newproxy(true)
          getmetatable(proxy).__gc = finalise
          lasting[#lasting + 1] = proxy
        else
          lasting[#lasting + 1] = setmetatable({}, { __gc = finalise })
        end
      end
      last()
      sign = require "kms.sign"
      last()
      for _, secret in ipairs { "known", "another", "a third" } do wanted[secret] = signature(secret) end
      signature("known", known)
      last()
      _G.lasting = lasting
    ]]
    assert.equal("...", output)
    assert.is_true(ok)
  end)
end)
