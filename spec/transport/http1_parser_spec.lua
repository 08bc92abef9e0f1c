--- kms.http1 and its reader in C, kms.http_syntax and kms.host_name: an answer read by the letter, in pieces of any size; a
--- request refused or written.

local host_name = require "kms.host_name"
local http1 = require "kms.http1"
local reader = require "kms.http1.reader"
local syntax = require "kms.http_syntax"

--- A receive function over `pieces`, with `ending`, a code and a reason, after them.
local function stream(pieces, ending)
  local at = 0
  return function()
    at = at + 1
    if pieces[at] then return pieces[at] end
    return nil, ending[1], ending[2]
  end
end

local function cut(text, size)
  local pieces = {}
  for at = 1, #text, size do pieces[#pieces + 1] = text:sub(at, at + size - 1) end
  return pieces
end

--- Reads `text` whole, in halves and byte by byte, and asserts that it comes to the same.
local function read(text, options)
  options = options or {}
  local first
  for _, size in ipairs { #text, math.ceil(#text / 2), options.whole and #text or 1 } do
    local ending = options.ending or { "end" }
    local result = http1.read(stream(cut(text, math.max(size, 1)), ending), options.method or "GET", options.max or 1000)
    assert.is_true((result.response == nil) ~= (result.failure == nil))
    first = first or result
    assert.same(first.response, result.response)
    assert.same(first.failure, result.failure)
    if size == #text then assert.equal(first.reusable, result.reusable) end
  end
  return first
end

local OK = "HTTP/1.1 200 OK\r\n"

local function body_of(text, options)
  local result = read(text, options)
  assert.is_nil(result.failure and result.failure.reason)
  return result.response.body, result
end

local function fails(code, text, options)
  local result = read(text, options)
  assert.is_nil(result.response)
  assert.equal(code, result.failure.code, ("%q: %s"):format(text:sub(1, 200), result.failure.reason))
  assert.is_false(result.reusable)
  return result
end

describe("an answer", function()
  it("has status, headers by lower-case name, and a body of the length it says", function()
    local result = read("HTTP/1.1 404 Not Found\r\nContent-LENGTH: 3\r\nX-A:1\r\nx-a: \t2 \t\r\nX-Empty:\r\n\r\nabc")
    assert.same({ status = 404, body = "abc", headers = { ["content-length"] = "3", ["x-a"] = "1, 2", ["x-empty"] = "" } },
      result.response)
    assert.is_true(result.reusable)
  end)

  it("may lack a reason phrase, and may end its lines with LF alone", function()
    assert.equal("", body_of "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")
    assert.equal("", body_of "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n")
    assert.equal("x", body_of "HTTP/1.1 200 OK\nContent-Length: 1\n\nx")
  end)

  it("may name its length several times, if it is the same", function()
    assert.equal("abc", body_of(OK .. "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"))
    assert.equal("abc", body_of(OK .. "Content-Length: 3, 3 ,03\r\n\r\nabc"))
    for _, length in ipairs { "3, 4", "3\r\nContent-Length: 4", "", "-3", "+3", "3.0", "0x3", "3 3", "3,", ",3", "three" } do
      fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc")
    end
    for _, length in ipairs { "5000, 3", "3, 5000", "5000, x", "5000\r\nContent-Length: 5001" } do
      fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc") -- rather than too long
    end
  end)

  it("may be chunked, with extensions and trailers, which are left out", function()
    local text = OK .. "Transfer-Encoding: Chunked\r\n\r\n3;a=b;c=\"d\"\r\nabc\r\n000A ; x\r\n0123456789\r\n1\r\n\0\r\n" ..
      "0;last\r\nX-Trailer: 1\r\nContent-Type: evil\r\n\r\n"
    local body, result = body_of(text)
    assert.equal("abc0123456789\0", body)
    assert.same({ ["transfer-encoding"] = "Chunked" }, result.response.headers)
    assert.is_true(result.reusable)
  end)

  it("with chunks that are none is refused", function()
    for _, chunks in ipairs { "x\r\nabc\r\n", "\r\nabc\r\n", "-1\r\n\r\n", "0x3\r\nabc\r\n", "3 3\r\nabc\r\n", "3\r\nabcd\r\n0\r\n\r\n",
      "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\r\nno trailer\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3;x\nabc\r\n0\r\n\r\n",
      "3\r\nabc\r\n0\n\r\n" } do
      fails("other", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. chunks)
    end
  end)

  it("whose body comes in an untrusted way is refused", function()
    fails("other", OK .. "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")
    fails("other", OK .. "Content-Length: 5000\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    fails("other", OK .. "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    fails("other", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    for _, coding in ipairs { "gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "", "identity" } do
      fails("other", OK .. "Transfer-Encoding: " .. coding .. "\r\n\r\n0\r\n\r\n")
    end
  end)

  it("without a length goes on until the server closes", function()
    local body, result = body_of(OK .. "\r\nall of it")
    assert.equal("all of it", body)
    assert.is_false(result.reusable)
    assert.equal("", body_of(OK .. "\r\n"))
    fails("closed", OK .. "\r\nall of", { ending = { "closed", "connection reset by peer" } })
  end)

  it("to HEAD, to CONNECT, and 204 and 304, end with the head", function()
    local text = "Content-Length: 5000\r\n\r\n"
    assert.equal("", body_of(OK .. text, { method = "HEAD" }))
    assert.equal("", body_of(OK .. text, { method = "CONNECT" }))
    for _, status in ipairs { 204, 304 } do
      local body, result = body_of(("HTTP/1.1 %d x\r\n"):format(status) .. text)
      assert.equal("", body)
      assert.is_true(result.reusable)
    end
  end)

  it("is the final one, and no other protocol", function()
    local text = OK .. "Content-Length: 1\r\n\r\nx"
    assert.equal("x", body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n" .. text))
    fails("other", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" .. text)
  end)

  it("that is not HTTP/1 is refused", function()
    for _, line in ipairs { "SSH-2.0-x", "", "HTTP/2 200", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 x", "HTTP/1.1200 OK",
      "http/1.1 200 OK", "HTTP/1.1  200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 200 \0", "HTTP/1.1 200 O\rK", "ICY 200 OK", "HTTP/1.2 200 OK" } do
      fails("other", line .. "\r\nContent-Length: 0\r\n\r\n")
    end
    -- as soon as it shows, however it goes on
    fails("other", "SSH-2.0-x")
    fails("other", "HTTQ")
    fails("other", ("x"):rep(300000), { whole = true })
    fails("closed", "HTTP")
  end)

  it("with a line that is no header is refused", function()
    for _, line in ipairs { "none", ": x", "A : x", "A B: x", " folded: x", "\tfolded", "A: x\0", "A: x\ry", "\195\169: x" } do
      fails("other", OK .. "Content-Length: 0\r\n" .. line .. "\r\n\r\n")
    end
  end)

  it("that breaks off is no answer, wherever it does", function()
    for _, text in ipairs { OK .. "Content-Length: 3\r\n\r\nabc", OK .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" } do
      for length = 0, #text - 1 do
        local result = fails("closed", text:sub(1, length), { whole = true })
        assert.equal(length > 0, result.started)
        fails("timeout", text:sub(1, length), { whole = true, ending = { "timeout", "timeout" } })
      end
    end
  end)

  it("may be as long as max, and no longer", function()
    local function both(extra)
      local body = ("x"):rep(100 + extra)
      return { OK .. "\r\n" .. body, OK .. ("Content-Length: %d\r\n\r\n"):format(#body) .. body,
        OK .. ("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(#body, body),
        OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("1\r\nx\r\n"):rep(#body) .. "0\r\n\r\n" }
    end
    for _, text in ipairs(both(0)) do assert.equal(100, #body_of(text, { max = 100 })) end
    for _, text in ipairs(both(1)) do fails("too_large", text, { max = 100 }) end
    -- 2^32 + 3 and 2^64 + 3, in both bases, among them: no number is cut to its lower bits.
    for _, size in ipairs { ("9"):rep(30), ("9"):rep(400), "4294967299", "18446744073709551619", "100000003", "10000000000000003" } do
      fails("too_large", OK .. "Content-Length: " .. size .. "\r\n\r\n")
      fails("too_large", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. size .. "\r\n")
    end
    assert.equal("x", body_of(OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("0"):rep(50) .. "1\r\nx\r\n0\r\n\r\n"))
  end)

  it("has a head of 256 KiB at most, interim answers, extensions and trailers included", function()
    local many = ("X-Many: %s\r\n"):format(("x"):rep(1000)):rep(300)
    local extended = ("1;%s\r\nx\r\n"):format(("x"):rep(1000)):rep(300)
    for _, text in ipairs { "HTTP/1.1 200 " .. ("x"):rep(300000), OK .. "X-Long: " .. ("x"):rep(300000), OK .. many,
      ("HTTP/1.1 103 x\r\nLink: " .. ("x"):rep(1000) .. "\r\n\r\n"):rep(300), OK .. "Transfer-Encoding: chunked\r\n\r\n" .. extended,
      OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\n" .. many, OK .. "Transfer-Encoding: chunked\r\n\r\n1;" .. ("x"):rep(300000) } do
      fails("too_large", text, { whole = true })
    end
    body_of(OK .. many:sub(1, 1010 * 250) .. "Content-Length: 0\r\n\r\n", { whole = true })
  end)

  it("is as long in one piece as in several", function()
    local head = OK .. "Transfer-Encoding: chunked\r\n\r\n"
    local function sized(length) return head .. "1;" .. ("x"):rep(length - 4) .. "\r\na\r\n0\r\n\r\n" end
    assert.equal("a", body_of(sized(256 * 1024 - #head - 1), { whole = true }))
    fails("too_large", sized(256 * 1024 - #head + 1), { whole = true })
    fails("too_large", OK .. "X-Long: " .. ("x"):rep(300000) .. "\0\r\n\r\n", { whole = true })
  end)

  it("that asks for it, is of HTTP/1.0 or is followed by more, ends its connection", function()
    local function reusable(text, options) return select(2, body_of(text, options)).reusable end
    local length = "Content-Length: 0\r\n\r\n"
    assert.is_true(reusable(OK .. "Connection: keep-alive, not-close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: a , Close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: close\r\nConnection: keep-alive\r\n" .. length))
    assert.is_true(reusable(OK .. "Connection: c lose\r\n" .. length))
    assert.is_false(reusable("HTTP/1.0 200 OK\r\n" .. length))
    local result = http1.read(stream({ OK .. length .. "HTTP/1.1 200 OK" }, { "end" }), "GET", 10)
    assert.equal(200, result.response.status)
    assert.is_false(result.drained or result.reusable)
  end)

  it("of random bytes never raises, and is bounded", function()
    local pieces = { OK, "\r\n", "\n", "HTTP/1.1 ", "100 x\r\n", "Content-Length: 2", "Transfer-Encoding: chunked", ":", "2\r\n", "ab",
      "\0", "\r", "0\r\n\r\n", ";", " ", "\255", "Connection: close\r\n", "\r\n\r\n" }
    math.randomseed(20261123)
    local answers = 0
    for _ = 1, 20000 do
      local made = { math.random() < 0.7 and OK or nil }
      for i = #made + 1, math.random(1, 12) do made[i] = pieces[math.random(#pieces)] end
      local text = table.concat(made)
      local whole = http1.read(stream({ text }, { "end" }), "GET", 4)
      local cutup = http1.read(stream(cut(text, math.random(1, 4)), { "end" }), "GET", 4)
      assert.is_true((whole.response == nil) ~= (whole.failure == nil))
      assert.same(whole.response, cutup.response)
      assert.same(whole.failure, cutup.failure)
      if whole.response then
        answers = answers + 1
        assert.is_true(#whole.response.body <= 4 and whole.response.status >= 200)
      end
    end
    assert.is_true(answers > 100, answers)
  end)
end)

describe("a reader", function()
  local ANSWER = OK .. "A: 1\r\nContent-Length: 3\r\nA: 2\r\n\r\nabc"

  it("gives nothing until it has a result, and then takes no more", function()
    local reading = reader.new("GET", 10)
    for at = 1, #ANSWER - 1 do assert.equal(0, select("#", reading:take(ANSWER:sub(at, at)))) end
    assert.is_nil(reading:take "")
    assert.same({ response = { status = 200, headers = { a = "1, 2", ["content-length"] = "3" }, body = "abc" },
      started = true, drained = true, reusable = true }, reading:take "c")
    assert.has_error(function() reading:take "x" end, "reader has ended")
    assert.has_error(function() reading:take(nil, "end") end, "reader has ended")
  end)

  it("has the failure it is told, or its own", function()
    assert.same({ failure = { code = "timeout", reason = "too slow" }, started = false, drained = true, reusable = false },
      reader.new("GET", 10):take(nil, "timeout", "too slow"))
    assert.same({ failure = { code = "closed", reason = "it ended within the answer's head" }, started = false, drained = true,
      reusable = false }, reader.new("GET", 10):take(nil, "end", "not this one"))
  end)

  it("raises on misuse, and goes on", function()
    assert.has_error(function() reader.new("GET") end)
    for _, most in ipairs { -1, 2 ^ 31, 0 / 0 } do
      assert.has_error(function() reader.new("GET", most) end, "bad argument #2 to 'new' (a body may have 0 to 2147483647 bytes)")
    end
    local reading = reader.new("GET", 10)
    reading:take(ANSWER:sub(1, 30))
    for _, what in ipairs { 5, true, {} } do assert.has_error(function() reading:take(what, "end") end) end
    assert.has_error(function() reading:take() end)
    assert.has_error(function() reading.take(io.stdout, "x") end)
    assert.equal("abc", reading:take(ANSWER:sub(31)).response.body)
  end)

  it("is not to be had by a finalizer that runs in the middle of a call #gc", function()
    local newproxy = rawget(_G, "newproxy")
    local function finalized(action)
      if newproxy then getmetatable(newproxy(true)).__gc = action else setmetatable({}, { __gc = action }) end
    end
    local many = OK .. ("A: " .. ("x"):rep(1000) .. "\r\n"):rep(5) .. "Content-Length: 3\r\n\r\nabc"
    local headers, refused = (("x"):rep(1000) .. ", "):rep(5):sub(1, -3), 0
    for _ = 1, 5 do
      local reading = reader.new("GET", 10)
      reading:take(many:sub(1, -2))
      collectgarbage("stop")
      for _ = 1, 3 do
        finalized(function()
          local ok, problem = pcall(reading.take, reading, nil, "end")
          if not ok and problem == "reader has ended" then refused = refused + 1 end
          reader.new("GET", 10):take(many) -- others go on
        end)
      end
      local pause, multiplier = collectgarbage("setpause", 0), collectgarbage("setstepmul", rawget(_G, "jit") and 100000000 or 1000)
      collectgarbage("restart")
      local result = reading:take "c" -- the first to allocate, and so to collect
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", multiplier)
      assert.equal(headers, result.response.headers.a)
    end
    collectgarbage()
    assert.equal(15, refused)
  end)

  it("may be forgotten wherever it is", function()
    for length = 0, #ANSWER do
      for _ = 1, 20 do reader.new("GET", 10):take(ANSWER:sub(1, length)) end
    end
    collectgarbage()
    local reading = reader.new("GET", 10)
    reading:take(ANSWER:sub(1, 40))
    debug.getmetatable(reading).__gc(reading)
    assert.has_error(function() reading:take "x" end, "reader has ended")
  end)
end)

describe("a request", function()
  local function request(fields)
    local made = { method = "PUT", scheme = "https", host = "kms.example", target = "/a?b", headers = { { "A", "b" } }, body = "x" }
    for name, value in pairs(fields or {}) do made[name] = value end
    return made
  end

  it("becomes its bytes, with Host and the length", function()
    assert.equal("PUT /a?b HTTP/1.1\r\nHost: kms.example\r\nA: b\r\nContent-Length: 1\r\n\r\nx", syntax.write(request()))
    assert.equal("GET /a?b HTTP/1.1\r\nhost: other\r\n\r\n",
      syntax.write(request { method = "GET", headers = { { "host", "other" } }, body = "" }))
    local bare = request { body = false, headers = false }
    bare.body, bare.headers, bare.target, bare.path = nil, nil, nil, "/p"
    assert.equal("PUT /p HTTP/1.1\r\nHost: kms.example\r\nContent-Length: 0\r\n\r\n", syntax.write(bare))
  end)

  it("of wrong types is misuse", function()
    assert.is_nil(syntax.misuse(request()))
    assert.equal("table expected, got no value", syntax.misuse(nil))
    assert.equal("request.method must be a string, got number", syntax.misuse(request { method = 5 }))
    assert.equal("request.deadline must be a number, got string", syntax.misuse(request { deadline = "5" }))
    assert.equal("request.headers must be a list of {name, value}, got string", syntax.misuse(request { headers = "" }))
    assert.equal("request.headers must be a list of {name, value}", syntax.misuse(request { headers = { A = "b" } }))
    assert.equal("request.headers[2] must be {name, value}, two strings",
      syntax.misuse(request { headers = { { "A", "b" }, { "C", 5 } } }))
    for _, path in ipairs { "", "a", "/a b", "/a?b", "/a%b", "/a#b", "/\195\169", "/\0", { "a" } } do
      local plain = request { path = path }
      plain.target = nil
      assert.equal("request.target is missing", syntax.misuse(plain))
    end
  end)

  it("goes by plain http to this machine only", function()
    for _, host in ipairs { "localhost", "LOCALHOST:1", "127.0.0.1", "127.255.255.255:65535", "[::1]:80" } do
      assert.is_nil(syntax.refusal(request { scheme = "http", host = host }))
    end
    for _, host in ipairs { "127.1", "127.0.0.01", "127.0.0.256", "127.0.0.1.", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost.", "x" } do
      assert.equal("scheme", (syntax.refusal(request { scheme = "http", host = host })), host)
    end
  end)

  it("has a host that is a name or an address, and a port", function()
    assert.same({ "kms.example", 65535 }, { host_name.split "KMS.example:65535" })
    assert.same({ "[::1]" }, { host_name.split "[::1]" })
    for _, address in ipairs { "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4", "ABCD:ef01::" } do
      assert.same({ "[" .. address:lower() .. "]", 1 }, { host_name.split("[" .. address .. "]:1") })
    end
    for _, address in ipairs { ":", ":::", "::::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", ":1::", "1:2:3:4:5:6:7:8::",
      "::1.2.3", "::1.2.3.256", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:", "::1:" } do
      assert.is_nil((host_name.split("[" .. address .. "]")), address)
    end
    for _, host in ipairs { "", ":1", "a:", "a:0", "a:65536", "a:000001", "a:1:1", "a/b", "a@b", "a b", "a\n", "a\0", "::1", "[::1",
      "[a]x", "[g]", "[]", "[::1]x", "[127.0.0.1]", ("a"):rep(256) } do
      assert.is_nil((host_name.split(host)), host)
    end
  end)
end)
