--- The response parser of kms.http1: strict, incremental, and independent of how the bytes are split.

local http1 = require "kms.http1"

local function split(text, size)
  local pieces = {}
  for at = 1, #text, size do pieces[#pieces + 1] = text:sub(at, at + size - 1) end
  return pieces
end

--- Feeds pieces to a new parser, and ends the connection after the last one.
---@return table result `response` with `is_reusable` and `is_drained`, or `code` and `reason`; and `has_started`
local function parse_pieces(pieces, method, max_body)
  local parser = http1.parser(method, max_body)
  local is_complete, first, second, third
  for _, piece in ipairs(pieces) do
    is_complete, first, second, third = parser:feed(piece)
    if is_complete ~= nil then break end
  end
  if is_complete == nil then is_complete, first, second, third = parser:finish() end
  if is_complete then
    return { response = first, is_reusable = second, is_drained = third, has_started = parser:has_started() }
  end
  return { code = first, reason = second, has_started = parser:has_started() }
end

--- Parses `text` in one piece, in halves and byte by byte, and asserts that the results agree.
local function parse(text, options)
  options = options or {}
  local first
  for _, size in ipairs { #text, math.ceil(#text / 2), options.whole and #text or 1 } do
    local result = parse_pieces(split(text, math.max(size, 1)), options.method or "GET", options.max or 1000)
    first = first or result
    assert.same(first.response, result.response)
    assert.same({ first.code, first.reason }, { result.code, result.reason })
    if size == #text then assert.equal(first.is_reusable, result.is_reusable) end
  end
  return first
end

local OK = "HTTP/1.1 200 OK\r\n"

local function body_of(text, options)
  local result = parse(text, options)
  assert.is_nil(result.reason)
  return result.response.body, result
end

local function fails(code, text, options)
  local result = parse(text, options)
  assert.is_nil(result.response)
  assert.equal(code, result.code, ("%q: %s"):format(text:sub(1, 200), result.reason))
  return result
end

describe("http1.parser", function()
  it("returns the status, the headers by lower-case name, and a body of Content-Length bytes", function()
    local result = parse("HTTP/1.1 404 Not Found\r\nContent-LENGTH: 3\r\nX-A:1\r\nx-a: \t2 \t\r\nX-Empty:\r\n\r\nabc")
    assert.same({ status = 404, body = "abc", headers = { ["content-length"] = "3", ["x-a"] = "1, 2", ["x-empty"] = "" } },
      result.response)
    assert.is_true(result.is_reusable)
  end)

  it("accepts a status line without a reason phrase, and lines that end in LF", function()
    assert.equal("", body_of "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")
    assert.equal("", body_of "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n")
    assert.equal("x", body_of "HTTP/1.1 200 OK\nContent-Length: 1\n\nx")
  end)

  it("accepts a repeated Content-Length only if its values agree", function()
    assert.equal("abc", body_of(OK .. "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"))
    assert.equal("abc", body_of(OK .. "Content-Length: 3, 3 ,03\r\n\r\nabc"))
    for _, length in ipairs { "3, 4", "3\r\nContent-Length: 4", "", "-3", "+3", "3.0", "0x3", "3 3", "3,", ",3", "three" } do
      fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc")
    end
    for _, length in ipairs { "5000, 3", "3, 5000", "5000, x", "5000\r\nContent-Length: 5001" } do
      fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc") -- checked before the size
    end
  end)

  it("decodes chunks, and drops chunk extensions and trailers", function()
    local text = OK .. "Transfer-Encoding: Chunked\r\n\r\n3;a=b;c=\"d\"\r\nabc\r\n000A ; x\r\n0123456789\r\n1\r\n\0\r\n" ..
      "0;last\r\nX-Trailer: 1\r\nContent-Type: evil\r\n\r\n"
    local body, result = body_of(text)
    assert.equal("abc0123456789\0", body)
    assert.same({ ["transfer-encoding"] = "Chunked" }, result.response.headers)
    assert.is_true(result.is_reusable)
  end)

  it("rejects malformed chunks", function()
    for _, chunks in ipairs { "x\r\nabc\r\n", "\r\nabc\r\n", "-1\r\n\r\n", "0x3\r\nabc\r\n", "3 3\r\nabc\r\n", "3\r\nabcd\r\n0\r\n\r\n",
      "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\r\nno trailer\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3;x\nabc\r\n0\r\n\r\n",
      "3\r\nabc\r\n0\n\r\n" } do
      fails("other", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. chunks)
    end
  end)

  it("rejects ambiguous body framing", function()
    fails("other", OK .. "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")
    fails("other", OK .. "Content-Length: 5000\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    fails("other", OK .. "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    fails("other", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    for _, coding in ipairs { "gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "", "identity" } do
      fails("other", OK .. "Transfer-Encoding: " .. coding .. "\r\n\r\n0\r\n\r\n")
    end
  end)

  it("reads a body without a length until the connection closes", function()
    local body, result = body_of(OK .. "\r\nall of it")
    assert.equal("all of it", body)
    assert.is_false(result.is_reusable)
    assert.equal("", body_of(OK .. "\r\n"))
  end)

  it("expects no body after HEAD and CONNECT and with status 204 and 304", function()
    local text = "Content-Length: 5000\r\n\r\n"
    assert.equal("", body_of(OK .. text, { method = "HEAD" }))
    assert.equal("", body_of(OK .. text, { method = "CONNECT" }))
    for _, status in ipairs { 204, 304 } do
      local body, result = body_of(("HTTP/1.1 %d x\r\n"):format(status) .. text)
      assert.equal("", body)
      assert.is_true(result.is_reusable)
    end
  end)

  it("drops interim responses, and rejects a protocol switch", function()
    local text = OK .. "Content-Length: 1\r\n\r\nx"
    assert.equal("x", body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n" .. text))
    fails("other", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" .. text)
  end)

  it("rejects a malformed status line as soon as it can be seen", function()
    for _, line in ipairs { "SSH-2.0-x", "", "HTTP/2 200", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 x", "HTTP/1.1200 OK",
      "http/1.1 200 OK", "HTTP/1.1  200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 200 \0", "HTTP/1.1 200 O\rK", "ICY 200 OK", "HTTP/1.2 200 OK" } do
      fails("other", line .. "\r\nContent-Length: 0\r\n\r\n")
    end
    -- before the line ends
    fails("other", "SSH-2.0-x")
    fails("other", "HTTQ")
    fails("other", ("x"):rep(300000), { whole = true })
    fails("closed", "HTTP")
  end)

  it("rejects malformed header lines", function()
    for _, line in ipairs { "none", ": x", "A : x", "A B: x", "A: x\0", "A: x\ry", "\195\169: x" } do
      fails("other", OK .. "Content-Length: 0\r\n" .. line .. "\r\n\r\n")
    end
  end)

  it("joins continuation lines to the header before them, and rejects one without a header", function()
    local result = parse(OK .. "A: 1\r\n  2 \r\n\t3\r\nContent-Length: 0\r\nB: x\r\n \r\nC:\r\n \r\n y\r\n\r\n")
    assert.same({ a = "1 2 3", b = "x", c = "y", ["content-length"] = "0" }, result.response.headers)
    fails("other", OK .. " A: 1\r\nContent-Length: 0\r\n\r\n")
    fails("other", "HTTP/1.1 103 Hints\r\nA: 1\r\n\r\n" .. OK .. " 2\r\n\r\n")
    fails("other", OK .. "Content-Length: 1\r\n 0\r\n\r\nx") -- "1 0" is not a length
    fails("too_large", OK .. "A: 1\r\n" .. (" " .. ("x"):rep(1000) .. "\r\n"):rep(300), { whole = true })
  end)

  it("fails with code closed if the connection closes within the response, wherever that is", function()
    for _, text in ipairs { OK .. "Content-Length: 3\r\n\r\nabc", OK .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" } do
      for length = 0, #text - 1 do
        local result = fails("closed", text:sub(1, length), { whole = true })
        assert.equal(length > 0, result.has_started)
      end
    end
  end)

  it("accepts a body of max_body bytes, and rejects a longer one", function()
    local function both(extra)
      local body = ("x"):rep(100 + extra)
      return { OK .. "\r\n" .. body, OK .. ("Content-Length: %d\r\n\r\n"):format(#body) .. body,
        OK .. ("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(#body, body),
        OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("1\r\nx\r\n"):rep(#body) .. "0\r\n\r\n" }
    end
    for _, text in ipairs(both(0)) do assert.equal(100, #body_of(text, { max = 100 })) end
    for _, text in ipairs(both(1)) do fails("too_large", text, { max = 100 }) end
    -- 2^32 + 3 and 2^64 + 3, in both bases, among them: no number is truncated.
    for _, size in ipairs { ("9"):rep(30), ("9"):rep(400), "4294967299", "18446744073709551619", "100000003", "10000000000000003" } do
      fails("too_large", OK .. "Content-Length: " .. size .. "\r\n\r\n")
      fails("too_large", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. size .. "\r\n")
    end
    assert.equal("x", body_of(OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("0"):rep(50) .. "1\r\nx\r\n0\r\n\r\n"))
  end)

  it("rejects more than 256 KiB of headers, with interim responses, chunk extensions and trailers counted", function()
    local many = ("X-Many: %s\r\n"):format(("x"):rep(1000)):rep(300)
    local extended = ("1;%s\r\nx\r\n"):format(("x"):rep(1000)):rep(300)
    for _, text in ipairs { "HTTP/1.1 200 " .. ("x"):rep(300000), OK .. "X-Long: " .. ("x"):rep(300000), OK .. many,
      ("HTTP/1.1 103 x\r\nLink: " .. ("x"):rep(1000) .. "\r\n\r\n"):rep(300), OK .. "Transfer-Encoding: chunked\r\n\r\n" .. extended,
      OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\n" .. many, OK .. "Transfer-Encoding: chunked\r\n\r\n1;" .. ("x"):rep(300000) } do
      fails("too_large", text, { whole = true })
    end
    body_of(OK .. many:sub(1, 1010 * 250) .. "Content-Length: 0\r\n\r\n", { whole = true })
  end)

  it("counts the same header bytes in one piece as in several", function()
    local head = OK .. "Transfer-Encoding: chunked\r\n\r\n"
    local function sized(length) return head .. "1;" .. ("x"):rep(length - 4) .. "\r\na\r\n0\r\n\r\n" end
    assert.equal("a", body_of(sized(256 * 1024 - #head - 1), { whole = true }))
    fails("too_large", sized(256 * 1024 - #head + 1), { whole = true })
    fails("too_large", OK .. "X-Long: " .. ("x"):rep(300000) .. "\0\r\n\r\n", { whole = true })
  end)

  it("marks a connection as not reusable after Connection: close, HTTP/1.0 or extra bytes", function()
    local function reusable(text, options) return select(2, body_of(text, options)).is_reusable end
    local length = "Content-Length: 0\r\n\r\n"
    assert.is_true(reusable(OK .. "Connection: keep-alive, not-close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: a , Close\r\n" .. length))
    assert.is_false(reusable(OK .. "Connection: close\r\nConnection: keep-alive\r\n" .. length))
    assert.is_true(reusable(OK .. "Connection: c lose\r\n" .. length))
    assert.is_false(reusable("HTTP/1.0 200 OK\r\n" .. length))
    local result = parse_pieces({ OK .. length .. "HTTP/1.1 200 OK" }, "GET", 10)
    assert.equal(200, result.response.status)
    assert.is_false(result.is_drained or result.is_reusable)
  end)

  it("never raises on random bytes, and keeps its limits", function()
    local pieces = { OK, "\r\n", "\n", "HTTP/1.1 ", "100 x\r\n", "Content-Length: 2", "Transfer-Encoding: chunked", ":", "2\r\n", "ab",
      "\0", "\r", "0\r\n\r\n", ";", " ", "\255", "Connection: close\r\n", "\r\n\r\n" }
    math.randomseed(20261123)
    local response_count = 0
    for _ = 1, 20000 do
      local parts = { math.random() < 0.7 and OK or nil }
      for i = #parts + 1, math.random(1, 12) do parts[i] = pieces[math.random(#pieces)] end
      local text = table.concat(parts)
      local whole = parse_pieces({ text }, "GET", 4)
      local in_pieces = parse_pieces(split(text, math.random(1, 4)), "GET", 4)
      assert.is_true((whole.response == nil) ~= (whole.code == nil))
      assert.same(whole.response, in_pieces.response)
      assert.same({ whole.code, whole.reason }, { in_pieces.code, in_pieces.reason })
      if whole.response then
        response_count = response_count + 1
        assert.is_true(#whole.response.body <= 4 and whole.response.status >= 200)
      end
    end
    assert.is_true(response_count > 100, response_count)
  end)
end)

describe("a parser of http1.parser", function()
  local RESPONSE = OK .. "A: 1\r\nContent-Length: 3\r\nA: 2\r\n\r\nabc"

  it("returns nothing until the response is complete, and raises after that", function()
    local parser = http1.parser("GET", 10)
    assert.is_false(parser:has_started())
    for at = 1, #RESPONSE - 1 do assert.equal(0, select("#", parser:feed(RESPONSE:sub(at, at)))) end
    assert.is_nil(parser:feed "")
    assert.is_true(parser:has_started())
    assert.same({ true, { status = 200, headers = { a = "1, 2", ["content-length"] = "3" }, body = "abc" }, true, true },
      { parser:feed "c" })
    assert.has_error(function() parser:feed "x" end, "parser has ended")
    assert.has_error(function() parser:finish() end, "parser has ended")
    assert.is_true(parser:has_started())
  end)

  it("returns false, code and reason when a response fails", function()
    assert.same({ false, "closed", "connection closed within the response headers" }, { http1.parser("GET", 10):finish() })
    assert.same({ false, "other", "malformed HTTP/1.1 status line" }, { http1.parser("GET", 10):feed "x" })
  end)

  it("raises argument errors, and continues after them", function()
    assert.has_error(function() http1.parser("GET") end)
    for _, max in ipairs { -1, 2 ^ 31, 0 / 0 } do
      assert.has_error(function() http1.parser("GET", max) end,
        "bad argument #2 to 'parser' (max_body must be 0 to 2147483647)")
    end
    local parser = http1.parser("GET", 10)
    parser:feed(RESPONSE:sub(1, 30))
    for _, value in ipairs { true, {} } do assert.has_error(function() parser:feed(value) end) end
    assert.has_error(function() parser:feed() end)
    assert.has_error(function() parser.feed(io.stdout, "x") end)
    assert.equal("abc", select(2, parser:feed(RESPONSE:sub(31))).body)
  end)

  it("has ended for a finalizer that runs while its response is pushed #gc", function()
    local newproxy = rawget(_G, "newproxy")
    local function call_finalizer(action)
      if newproxy then getmetatable(newproxy(true)).__gc = action else setmetatable({}, { __gc = action }) end
    end
    local text = OK .. ("A: " .. ("x"):rep(1000) .. "\r\n"):rep(5) .. "Content-Length: 3\r\n\r\nabc"
    local headers, rejected_count = (("x"):rep(1000) .. ", "):rep(5):sub(1, -3), 0
    for _ = 1, 5 do
      local parser = http1.parser("GET", 10)
      parser:feed(text:sub(1, -2))
      collectgarbage("stop")
      for _ = 1, 3 do
        call_finalizer(function()
          local ok, problem = pcall(parser.finish, parser)
          if not ok and problem == "parser has ended" then rejected_count = rejected_count + 1 end
          http1.parser("GET", 10):feed(text) -- other parsers work
        end)
      end
      local pause, multiplier = collectgarbage("setpause", 0), collectgarbage("setstepmul", rawget(_G, "jit") and 100000000 or 1000)
      collectgarbage("restart")
      local _, response = parser:feed "c" -- the first to allocate, and so to collect
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", multiplier)
      assert.equal(headers, response.headers.a)
    end
    collectgarbage()
    assert.equal(15, rejected_count)
  end)

  it("can be collected in any state", function()
    for length = 0, #RESPONSE do
      for _ = 1, 20 do http1.parser("GET", 10):feed(RESPONSE:sub(1, length)) end
    end
    collectgarbage()
    local parser = http1.parser("GET", 10)
    parser:feed(RESPONSE:sub(1, 40))
    debug.getmetatable(parser).__gc(parser)
    assert.has_error(function() parser:feed "x" end, "parser has ended")
  end)
end)
