--- What kms.sign guarantees to its process: precise argument errors, bounded memory, unchanged arguments, an unchanged
--- OpenSSL.

local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local set_collector = require "spec.helpers.set_collector"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"
local subprocess = require "spec.helpers.subprocess"

local hex = signing.hex
local jit = rawget(_G, "jit")

local SIGNERS = { "huawei", "huawei_stages", "ncloud", "ncloud_stages" }

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for k, v in pairs(value) do result[k] = copy(v) end
  return result
end

--- Whether the process's own writable memory (stacks and heaps) contains text that matches a pattern of up to 4 KiB.
--- Reads overlapping pieces, because a heap read in one piece would double itself.
local function memory_contains(pattern)
  local PIECE, OVERLAP = 1048576, 4096
  local memory = assert(io.open("/proc/self/mem", "rb"))
  local is_found = false
  for line in io.lines "/proc/self/maps" do
    local first, last, name = line:match "^(%x+)%-(%x+) rw.- %x+ [%x:]+ 0%s*(.*)$"
    if first and (name == "" or name:find "^%[[hs]") then
      for at = tonumber(first, 16), tonumber(last, 16) - 1, PIECE do
        local size = math.min(PIECE + OVERLAP, tonumber(last, 16) - at)
        is_found = is_found or memory:seek("set", at) and (memory:read(size) or ""):find(pattern) ~= nil
      end
    end
  end
  memory:close()
  return is_found
end

describe("kms.sign raises for", function()
  local function assert_raises(words, call, ...)
    local ok, message = pcall(call, ...)
    assert.is_false(ok)
    assert.is_string(message)
    assert(message:find(words, 1, true), ("%q does not contain %q"):format(message, words))
  end

  local function assert_all_raise(words, request, credentials, time)
    for _, name in ipairs(SIGNERS) do assert_raises(words, sign[name], request, credentials, time) end
  end

  it("arguments of the wrong type", function()
    assert_all_raise("bad argument #1", nil, signing.credentials, 0)
    assert_all_raise("bad argument #1", "GET", signing.credentials, 0)
    assert_all_raise("bad argument #2", signing.request(), nil, 0)
    assert_all_raise("bad argument #3", signing.request(), signing.credentials, nil)
    assert_all_raise("bad argument #3", signing.request(), signing.credentials, "0")
    assert_raises("(string or list expected, got nil)", sign.target)
    assert_raises("bad argument #1", sign.target, 1)
    assert_raises("(list expected, got string)", sign.target, "/", "a=b")
  end)

  it("fields of the wrong type, and names the field", function()
    assert_all_raise("method must be a string; got nil", signing.request { method = signing.none }, signing.credentials, 0)
    assert_all_raise("method must be a string; got number", signing.request { method = 1 }, signing.credentials, 0)
    assert_all_raise("path must be a string or list; got nil", signing.request { path = signing.none },
      signing.credentials, 0)
    assert_all_raise("query must be a list; got string", signing.request { query = "a=b" }, signing.credentials, 0)
    assert_all_raise("access_key must be a string; got nil", signing.request(), { secret_key = "s" }, 0)
    assert_all_raise("secret_key must be a string; got number", signing.request(), { access_key = "a", secret_key = 1 }, 0)
    assert_all_raise("security_token must be a string; got table", signing.request(),
      { access_key = "a", secret_key = "s", security_token = {} }, 0)
    local function assert_one_raises(words, call, changes)
      assert_raises(words, call, signing.request(changes), signing.credentials, 0)
    end
    assert_one_raises("host must be a string; got number", sign.huawei, { host = 1 })
    assert_one_raises("host must be a string; got nil", sign.huawei, { host = signing.none })
    assert_one_raises("body must be a string; got number", sign.huawei, { body = 1 })
    assert_one_raises("headers must be a list; got string", sign.huawei, { headers = "a: b" })
    assert_one_raises("target must be a string; got table", sign.ncloud, { target = {} })
  end)

  it("tables that are not lists, because it would sign less than they contain", function()
    local gap, named = { { "a", "b" }, [3] = { "c", "d" } }, { { "a", "b" }, n = 1 }
    for _, list in ipairs { { ["Content-Type"] = "x" }, gap, named } do
      assert_raises("headers must be a list without gaps", sign.huawei, signing.request { headers = list },
        signing.credentials, 0)
      assert_all_raise("query must be a list without gaps", signing.request { query = list }, signing.credentials, 0)
      assert_raises("(query must be a list without gaps", sign.target, "/", list)
    end
    assert_raises("path must be a list without gaps", sign.target, { kms = "v1" })
  end)

  it("list elements that are not pairs of strings", function()
    local proxy = setmetatable({}, { __index = { "a", "b" } })
    for _, item in ipairs { "a=b", {}, proxy, { "a" }, { "a", 1 }, { 1, "a" }, { name = "a", value = "b" }, false } do
      assert_raises("headers[2] must be {name, value}", sign.huawei,
        signing.request { headers = { { "x", "y" }, item } }, signing.credentials, 0)
      assert_all_raise("query[1] must be {name, value}", signing.request { query = { item } }, signing.credentials, 0)
    end
    assert_raises("path[2] must be a string", sign.target, { "a", 1 })
  end)

  it("argument errors with the caller's file and line", function()
    local ok, message = pcall(function() sign.target(nil) end)
    assert.is_false(ok)
    assert.matches("^[^:]*sign_hygiene_spec%.lua:%d+: bad argument", message)
  end)
end)

describe("kms.sign", function()
  it("does not change its arguments", function()
    local request = signing.request { headers = { { "X-B", " b " }, { "X-A", "a" } }, path = { "b", "a" } }
    local credentials = { access_key = "a", secret_key = "s", security_token = "t" }
    local request_before, credentials_before = copy(request), copy(credentials)
    for _, name in ipairs(SIGNERS) do assert(sign[name](request, credentials, signing.time)) end
    assert(sign.target(request.path, request.query))
    assert(sign.fingerprint(credentials))
    assert.same(request_before, request)
    assert.same(credentials_before, credentials)
  end)

  it("returns the same result for the same arguments", function()
    for _, name in ipairs(SIGNERS) do
      local first = sign[name](signing.request(), signing.credentials, signing.time)
      for _ = 1, 10 do assert.same(first, sign[name](signing.request(), signing.credentials, signing.time)) end
    end
  end)

  it("signs with the keys that the table contains at the call", function()
    local credentials = { access_key = "a" }
    for i = 1, 20 do
      credentials.secret_key = (i % 2 == 0 and "key " or ("a long key "):rep(10)) .. i % 3
      local actual = assert(sign.huawei_stages(signing.request(), credentials, signing.time))
      assert.equal(hex(hmac.new(credentials.secret_key, "sha256"):final(actual.string_to_sign)), actual.signature)
    end
  end)

  it("runs no metamethod", function()
    local function forbidden() error "a metamethod ran" end
    local trap = { __index = forbidden, __newindex = forbidden, __len = forbidden, __pairs = forbidden,
      __ipairs = forbidden, __tostring = forbidden, __eq = forbidden }
    local request, credentials = signing.request(), copy(signing.credentials)
    local expected = sign.huawei(request, credentials, 0)
    local fingerprint = sign.fingerprint(credentials)
    for _, list in ipairs { request.query, request.headers } do
      for _, pair in ipairs(list) do setmetatable(pair, trap) end
      setmetatable(list, trap)
    end
    assert.same(expected, sign.huawei(setmetatable(request, trap), setmetatable(credentials, trap), 0))
    assert.equal(fingerprint, sign.fingerprint(credentials))
  end)

  it("signs the lists as it read them, even if a finalizer changes them during the call", function()
    local request = signing.request()
    local is_busy = true
    local function change_lists()
      for i = 1, 3 do
        request.headers[i] = { "x-" .. i, ("v"):rep(math.random(200)) }
        request.query[i] = { ("q"):rep(math.random(200)), "1" }
      end
    end
    local function create_garbage()
      local newproxy = rawget(_G, "newproxy")
      local function finalize()
        if is_busy then
          change_lists()
          create_garbage()
        end
      end
      if newproxy then
        getmetatable(newproxy(true)).__gc = finalize
      else
        setmetatable({}, { __gc = finalize })
      end
    end
    for _ = 1, 20 do create_garbage() end
    local pause = set_collector("pause", 0)
    for _ = 1, 3000 do
      local actual = assert(sign.huawei_stages(request, signing.credentials, signing.time))
      local digest_line = actual.string_to_sign:match "[^\n]*$"
      assert(hex(digest.new("sha256"):final(actual.canonical_request)) == digest_line)
    end
    is_busy = false
    set_collector("pause", pause)
    collectgarbage()
  end)

  it("signs for a finalizer that runs during another signature", function()
    -- In a process of its own: in one that contains little, the collector runs often.
    assert.equal("100 nested, 0 differ\n", (subprocess.run [[
      local sign, signing = require "kms.sign", require "spec.helpers.signing"
      local outer, inner = signing.request(), signing.request { body = "another" }
      local function signatures(request)
        return table.concat({ sign.huawei_stages(request, signing.credentials, 0).signature,
          sign.huawei(request, signing.credentials, 0).Authorization })
      end
      local expected_outer, expected_inner = signatures(outer), signatures(inner)
      local is_busy, nested, differ = false, 0, 0
      local newproxy, finalize = rawget(_G, "newproxy"), nil
      local function create_garbage()
        if newproxy then getmetatable(newproxy(true)).__gc = finalize else setmetatable({}, { __gc = finalize }) end
      end
      function finalize()
        if nested == 100 then return end
        if signatures(inner) ~= expected_inner then differ = differ + 1 end
        if is_busy then nested = nested + 1 end
        create_garbage()
      end
      for _ = 1, 20 do create_garbage() end
      require("spec.helpers.set_collector")("pause", 0)
      for _ = 1, 100000 do
        is_busy = true
        local actual = signatures(outer)
        is_busy = false
        if actual ~= expected_outer then differ = differ + 1 end
        if nested == 100 then break end
      end
      print(("%d nested, %d differ"):format(nested, differ))
    ]]))
  end)

  it("signs for finalizers that run while the state is closed, before and after its own", function()
    local output, ok = subprocess.run [[
      local signing = require "spec.helpers.signing"
      local sign
      local newproxy = rawget(_G, "newproxy")
      local expected = {}
      local function signature(secret_key)
        return sign.huawei_stages(signing.request(), { access_key = "a", secret_key = secret_key }, 0).signature
      end
      local function finalize()
        for _ = 1, 3 do
          for secret_key, value in pairs(expected) do assert(signature(secret_key) == value) end
        end
        io.write "."
      end
      local objects = {}
      local function add_object()
        local object = newproxy and newproxy(true) or setmetatable({}, { __gc = finalize })
        if newproxy then getmetatable(object).__gc = finalize end
        objects[#objects + 1] = object
      end
      add_object()
      sign = require "kms.sign"
      add_object()
      for _, secret_key in ipairs { "one", "another" } do expected[secret_key] = signature(secret_key) end
      add_object()
      _G.objects = objects
    ]]
    assert.equal("...", output)
    assert.is_true(ok)
  end)

  it("signs a body of 12 MiB without a copy, and refuses one byte more", function()
    local request = signing.request { body = ("x"):rep(12 * 1024 * 1024) }
    sign.huawei(request, signing.credentials, 0)
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    local actual = assert(sign.huawei_stages(request, signing.credentials, 0))
    local growth = collectgarbage "count" - before
    collectgarbage "restart"
    assert.is_true(growth < 64, growth .. " KiB")
    assert.matches(hex(digest.new("sha256"):final(request.body)) .. "$", actual.canonical_request)
    request.body = request.body .. "x"
    signing.assert_invalid("body", "body must be at most 12582912 bytes; got 12582913",
      sign.huawei(request, signing.credentials, 0))
    assert(sign.ncloud(request, signing.credentials, 0))
  end)

  it("leaves no copy of a security token in memory, even before the collector runs #gc #inspect", function()
    -- The class keeps the pattern from matching itself.
    local token = "token-" .. ("t"):rep(3000)
    local pattern = "x%-security%-token[:]token%-ttt"
    local credentials = { access_key = "a", secret_key = "s", security_token = token }
    collectgarbage "stop"
    assert(sign.huawei(signing.request(), credentials, 0))
    sign.huawei(signing.request { body = ("x"):rep(12 * 1024 * 1024 + 1) }, credentials, 0)
    local has_copy = memory_contains(pattern)
    local stages = assert(sign.huawei_stages(signing.request(), credentials, 0))
    local has_stages = memory_contains(pattern)
    collectgarbage "restart"
    assert.is_false(has_copy)
    assert.is_true(has_stages, "this test cannot read memory")
    assert.matches(pattern, stages.canonical_request)
  end)

  it("returns all memory after success, validation errors and argument errors", function()
    local valid, invalid = signing.request(), signing.request { headers = { { "a\n", "b" } } }
    local wrong_type = signing.request { query = { { "a", 1 } } }
    local function run_round()
      for _ = 1, 200 do
        sign.huawei(valid, signing.credentials, 0)
        sign.huawei(invalid, signing.credentials, 0)
        sign.ncloud(valid, signing.credentials, 0)
        sign.fingerprint(signing.credentials)
        pcall(sign.huawei, wrong_type, signing.credentials, 0)
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    run_round()
    local before = run_round()
    for _ = 1, 5 do run_round() end
    assert.is_true(run_round() - before < 16)
  end)
end)

describe("kms.sign beside another user of OpenSSL", function()
  it("computes the same hashes", function()
    local actual = assert(sign.huawei_stages(signing.request(), signing.credentials, signing.time))
    assert.equal(hex(digest.new("sha256"):final(actual.canonical_request)), actual.string_to_sign:match "[^\n]*$")
    assert.equal(hex(hmac.new(signing.credentials.secret_key, "sha256"):final(actual.string_to_sign)), actual.signature)
  end)

  it("signs while the other user's hashes are unfinished", function()
    local first = sign.huawei(signing.request(), signing.credentials, signing.time)
    local hash, code = digest.new "sha256", hmac.new("key", "sha256")
    for i = 1, 100 do
      hash:update(("part %d"):format(i))
      assert.same(first, sign.huawei(signing.request(), signing.credentials, signing.time))
      code:update(("part %d"):format(i))
      assert.is_nil((sign.ncloud(signing.request { method = "" }, signing.credentials, signing.time)))
    end
    local parts = {}
    for i = 1, 100 do parts[i] = ("part %d"):format(i) end
    assert.equal(hex(digest.new("sha256"):final(table.concat(parts))), hex(hash:final()))
    assert.equal(hex(hmac.new("key", "sha256"):final(table.concat(parts))), hex(code:final()))
  end)

  -- Only LuaJIT's ffi can read the error queue: luaossl empties it before it reports an error.
  if jit then
    it("leaves OpenSSL's error queue as found", function()
      local ffi = require "ffi"
      ffi.cdef [[
        void ERR_clear_error(void);
        unsigned long ERR_get_error(void);
        unsigned long ERR_peek_error(void);
        void *BIO_new_file(const char *name, const char *mode);
      ]]
      local crypto = ffi.load "crypto"
      local function call_all()
        assert(sign.huawei(signing.request(), signing.credentials, signing.time))
        assert(sign.ncloud(signing.request(), signing.credentials, signing.time))
        assert(sign.fingerprint(signing.credentials))
        assert.is_nil((sign.huawei(signing.request { host = "" }, signing.credentials, signing.time)))
      end
      local function drain()
        local codes = {}
        while crypto.ERR_peek_error() ~= 0 do codes[#codes + 1] = tonumber(crypto.ERR_get_error()) end
        return codes
      end
      crypto.ERR_clear_error()
      call_all()
      assert.same({}, drain())

      local function provoke()
        for _ = 1, 3 do assert(crypto.BIO_new_file("/nonexistent/file", "r") == nil) end
      end
      provoke()
      local expected = drain()
      assert.is_true(#expected > 2)
      provoke()
      call_all()
      assert.same(expected, drain())
    end)
  end
end)
