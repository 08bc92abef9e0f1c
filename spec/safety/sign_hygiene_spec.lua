-- What kms.sign owes the process it runs in: clear mistakes, bounded memory, nothing changed, OpenSSL left alone.

local child = require "spec.helpers.subprocess"
local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

local jit = rawget(_G, "jit")

local SIGNERS = { "huawei", "huawei_stages", "ncloud", "ncloud_stages" }

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for k, v in pairs(value) do result[k] = copy(v) end
  return result
end

--- Whether the process's own writable memory (stacks and heaps) holds text that matches a pattern of up to 4 KiB.
--- Read in overlapping pieces: a heap read whole would double itself.
local function memory_holds(pattern)
  local PIECE, OVERLAP = 1048576, 4096
  local memory = assert(io.open("/proc/self/mem", "rb"))
  local found = false
  for line in io.lines "/proc/self/maps" do
    local first, last, name = line:match "^(%x+)%-(%x+) rw.- %x+ [%x:]+ 0%s*(.*)$"
    if first and (name == "" or name:find "^%[[hs]") then
      for at = tonumber(first, 16), tonumber(last, 16) - 1, PIECE do
        local size = math.min(PIECE + OVERLAP, tonumber(last, 16) - at)
        found = found or memory:seek("set", at) and (memory:read(size) or ""):find(pattern) ~= nil
      end
    end
  end
  memory:close()
  return found
end

describe("kms.sign raises on", function()
  local function raises(words, call, ...)
    local ok, message = pcall(call, ...)
    assert.is_false(ok)
    assert.is_string(message)
    assert(message:find(words, 1, true), ("%q does not say %q"):format(message, words))
  end

  local function both(words, request, credentials, time)
    raises(words, sign.huawei, request, credentials, time)
    raises(words, sign.ncloud, request, credentials, time)
    raises(words, sign.huawei_stages, request, credentials, time)
    raises(words, sign.ncloud_stages, request, credentials, time)
  end

  it("arguments of the wrong type", function()
    both("bad argument #1", nil, signing.credentials, 0)
    both("bad argument #1", "GET", signing.credentials, 0)
    both("bad argument #2", signing.request(), nil, 0)
    both("bad argument #3", signing.request(), signing.credentials, nil)
    both("bad argument #3", signing.request(), signing.credentials, "0")
    raises("(string or list expected, got nil)", sign.target)
    raises("bad argument #1", sign.target, 1)
    raises("(list expected, got string)", sign.target, "/", "a=b")
  end)

  it("fields of the wrong type, with the field's name", function()
    both("method: string expected, got nil", signing.request { method = signing.none }, signing.credentials, 0)
    both("method: string expected, got number", signing.request { method = 1 }, signing.credentials, 0)
    both("path: string or list expected, got nil", signing.request { path = signing.none }, signing.credentials, 0)
    both("query: list expected, got string", signing.request { query = "a=b" }, signing.credentials, 0)
    both("access_key: string expected, got nil", signing.request(), { secret_key = "s" }, 0)
    both("secret_key: string expected, got number", signing.request(), { access_key = "a", secret_key = 1 }, 0)
    both("security_token: string expected, got table", signing.request(),
      { access_key = "a", secret_key = "s", security_token = {} }, 0)
    local function one(words, call, changes) raises(words, call, signing.request(changes), signing.credentials, 0) end
    one("host: string expected, got number", sign.huawei, { host = 1 })
    one("host: string expected, got nil", sign.huawei, { host = signing.none })
    one("body: string expected, got number", sign.huawei, { body = 1 })
    one("headers: list expected, got string", sign.huawei, { headers = "a: b" })
    one("target: string expected, got table", sign.ncloud, { target = {} })
  end)

  it("lists that are none, which would otherwise sign less than they say", function()
    local gap, named = { { "a", "b" }, [3] = { "c", "d" } }, { { "a", "b" }, n = 1 }
    for _, list in ipairs { { ["Content-Type"] = "x" }, gap, named } do
      raises("headers: list expected", sign.huawei, signing.request { headers = list }, signing.credentials, 0)
      both("query: list expected", signing.request { query = list }, signing.credentials, 0)
      raises("(query: list expected", sign.target, "/", list)
    end
    raises("path: list expected", sign.target, { kms = "v1" })
  end)

  it("elements of lists that are no pair of strings", function()
    local proxy = setmetatable({}, { __index = { "a", "b" } })
    for _, item in ipairs { "a=b", {}, proxy, { "a" }, { "a", 1 }, { 1, "a" }, { name = "a", value = "b" }, false } do
      raises("headers[2]: {name, value} expected", sign.huawei,
        signing.request { headers = { { "x", "y" }, item } }, signing.credentials, 0)
      both("query[1]: {name, value} expected", signing.request { query = { item } }, signing.credentials, 0)
    end
    raises("path[2]: string expected", sign.target, { "a", 1 })
  end)

  it("with the caller's file and line", function()
    local ok, message = pcall(function() sign.target(nil) end)
    assert.is_false(ok)
    assert.matches("^[^:]*sign_hygiene_spec%.lua:%d+: bad argument", message)
  end)
end)

describe("kms.sign", function()
  it("changes nothing that it is given", function()
    local request = signing.request { headers = { { "X-B", " b " }, { "X-A", "a" } }, path = { "b", "a" } }
    local credentials = { access_key = "a", secret_key = "s", security_token = "t" }
    local request_before, credentials_before = copy(request), copy(credentials)
    for _, name in ipairs(SIGNERS) do assert(sign[name](request, credentials, signing.time)) end
    assert(sign.target(request.path, request.query))
    assert(sign.fingerprint(credentials))
    assert.same(request_before, request)
    assert.same(credentials_before, credentials)
  end)

  it("gives the same answer to the same question", function()
    for _, name in ipairs(SIGNERS) do
      local first = sign[name](signing.request(), signing.credentials, signing.time)
      for _ = 1, 10 do assert.same(first, sign[name](signing.request(), signing.credentials, signing.time)) end
    end
  end)

  it("runs no metamethod", function()
    local function forbidden() error "a metamethod ran" end
    local trap = { __index = forbidden, __newindex = forbidden, __len = forbidden, __pairs = forbidden,
      __ipairs = forbidden, __tostring = forbidden, __eq = forbidden }
    local request, credentials = signing.request(), copy(signing.credentials)
    local expected = sign.huawei(request, credentials, 0)
    for _, list in ipairs { request.query, request.headers } do
      for _, pair in ipairs(list) do setmetatable(pair, trap) end
      setmetatable(list, trap)
    end
    assert.same(expected, sign.huawei(setmetatable(request, trap), setmetatable(credentials, trap), 0))
  end)

  it("signs what it read, whatever a finaliser does to the lists meanwhile", function()
    local request = signing.request()
    local busy = true
    local function spoil()
      for i = 1, 3 do
        request.headers[i] = { "x-" .. i, ("v"):rep(math.random(200)) }
        request.query[i] = { ("q"):rep(math.random(200)), "1" }
      end
    end
    local function litter()
      local newproxy = rawget(_G, "newproxy")
      if newproxy then
        getmetatable(newproxy(true)).__gc = function() if busy then spoil() litter() end end
      else
        setmetatable({}, { __gc = function() if busy then spoil() litter() end end })
      end
    end
    for _ = 1, 20 do litter() end
    local pause = collectgarbage("setpause", 0)
    for _ = 1, 3000 do
      local made = assert(sign.huawei_stages(request, signing.credentials, signing.time))
      local digest_line = made.string_to_sign:match "[^\n]*$"
      assert(hex(digest.new("sha256"):final(made.canonical_request)) == digest_line)
    end
    busy = false
    collectgarbage("setpause", pause)
    collectgarbage()
  end)

  it("signs for a finaliser that runs within it", function()
    -- In a process of its own: in one that holds little, the collector comes round often.
    assert.equal("100 within, 0 differ\n", (child.run [[
      local sign, signing = require "kms.sign", require "spec.helpers.signing"
      local outer, inner = signing.request(), signing.request { body = "another" }
      local function signed(request) return table.concat({ sign.huawei_stages(request, signing.credentials, 0).signature,
        sign.huawei(request, signing.credentials, 0).Authorization }) end
      local of_outer, of_inner = signed(outer), signed(inner)
      local busy, within, differ = false, 0, 0
      local newproxy, finalise = rawget(_G, "newproxy"), nil
      local function litter()
        if newproxy then getmetatable(newproxy(true)).__gc = finalise else setmetatable({}, { __gc = finalise }) end
      end
      function finalise()
        if within == 100 then return end
        if signed(inner) ~= of_inner then differ = differ + 1 end
        if busy then within = within + 1 end
        litter()
      end
      for _ = 1, 20 do litter() end
      collectgarbage("setpause", 0)
      for _ = 1, 100000 do
        busy = true
        local made = signed(outer)
        busy = false
        if made ~= of_outer then differ = differ + 1 end
        if within == 100 then break end
      end
      print(("%d within, %d differ"):format(within, differ))
    ]]))
  end)

  it("signs 12 MiB without a copy, and not one byte more", function()
    local request = signing.request { body = ("x"):rep(12 * 1024 * 1024) }
    sign.huawei(request, signing.credentials, 0)
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    local made = assert(sign.huawei_stages(request, signing.credentials, 0))
    local grown = collectgarbage "count" - before
    collectgarbage "restart"
    assert.is_true(grown < 64, grown .. " KiB")
    assert.matches(hex(digest.new("sha256"):final(request.body)) .. "$", made.canonical_request)
    request.body = request.body .. "x"
    signing.assert_refused("body", "12582913", sign.huawei(request, signing.credentials, 0))
    assert(sign.ncloud(request, signing.credentials, 0))
  end)

  it("leaves no copy of a security token behind, without waiting for the collector #gc #inspect", function()
    -- The class keeps the pattern from matching itself.
    local token = "token-" .. ("t"):rep(3000)
    local pattern = "x%-security%-token[:]token%-ttt"
    local credentials = { access_key = "a", secret_key = "s", security_token = token }
    collectgarbage "stop"
    assert(sign.huawei(signing.request(), credentials, 0))
    sign.huawei(signing.request { body = ("x"):rep(12 * 1024 * 1024 + 1) }, credentials, 0)
    local left = memory_holds(pattern)
    local stages = assert(sign.huawei_stages(signing.request(), credentials, 0))
    local seen = memory_holds(pattern)
    collectgarbage "restart"
    assert.is_false(left)
    assert.is_true(seen, "this test cannot see memory")
    assert.matches(pattern, stages.canonical_request)
  end)

  it("gives everything back, success or refusal or mistake", function()
    local good, bad = signing.request(), signing.request { headers = { { "a\n", "b" } } }
    local mistaken = signing.request { query = { { "a", 1 } } }
    local function round()
      for _ = 1, 200 do
        sign.huawei(good, signing.credentials, 0)
        sign.huawei(bad, signing.credentials, 0)
        sign.ncloud(good, signing.credentials, 0)
        pcall(sign.huawei, mistaken, signing.credentials, 0)
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    round()
    local before = round()
    for _ = 1, 5 do round() end
    assert.is_true(round() - before < 16)
  end)
end)

describe("kms.sign beside another user of OpenSSL", function()
  it("computes what that one computes", function()
    local made = assert(sign.huawei_stages(signing.request(), signing.credentials, signing.time))
    assert.equal(hex(digest.new("sha256"):final(made.canonical_request)), made.string_to_sign:match "[^\n]*$")
    assert.equal(hex(hmac.new(signing.credentials.secret_key, "sha256"):final(made.string_to_sign)), made.signature)
  end)

  it("works in the middle of that one's work", function()
    local first = sign.huawei(signing.request(), signing.credentials, signing.time)
    local running, code = digest.new "sha256", hmac.new("key", "sha256")
    for i = 1, 100 do
      running:update(("part %d"):format(i))
      assert.same(first, sign.huawei(signing.request(), signing.credentials, signing.time))
      code:update(("part %d"):format(i))
      assert.is_nil((sign.ncloud(signing.request { method = "" }, signing.credentials, signing.time)))
    end
    local whole = {}
    for i = 1, 100 do whole[i] = ("part %d"):format(i) end
    assert.equal(hex(digest.new("sha256"):final(table.concat(whole))), hex(running:final()))
    assert.equal(hex(hmac.new("key", "sha256"):final(table.concat(whole))), hex(code:final()))
  end)

  -- Only LuaJIT's ffi can look at the error queue: luaossl empties it before it reports an error.
  if jit then
    it("leaves its error queue as found", function()
      local ffi = require "ffi"
      ffi.cdef [[
        void ERR_clear_error(void);
        unsigned long ERR_get_error(void);
        unsigned long ERR_peek_error(void);
        void *BIO_new_file(const char *name, const char *mode);
      ]]
      local crypto = ffi.load "crypto"
      local function calls()
        assert(sign.huawei(signing.request(), signing.credentials, signing.time))
        assert(sign.ncloud(signing.request(), signing.credentials, signing.time))
        assert.is_nil((sign.huawei(signing.request { host = "" }, signing.credentials, signing.time)))
      end
      local function drain()
        local codes = {}
        while crypto.ERR_peek_error() ~= 0 do codes[#codes + 1] = tonumber(crypto.ERR_get_error()) end
        return codes
      end
      crypto.ERR_clear_error()
      calls()
      assert.same({}, drain())

      local function provoke()
        for _ = 1, 3 do assert(crypto.BIO_new_file("/nonexistent/file", "r") == nil) end
      end
      provoke()
      local expected = drain()
      assert.is_true(#expected > 2)
      provoke()
      calls()
      assert.same(expected, drain())
    end)
  end
end)
