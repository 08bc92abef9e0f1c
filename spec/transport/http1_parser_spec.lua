--- The response parser of kms.http1: strict, incremental, and independent of how the bytes are split.

local finalizers = require "spec.helpers.finalizers"
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
  local is_complete, first, second, third -- a response and two flags, or a code and a reason
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

local function parse_body(text, options)
  local result = parse(text, options)
  assert.is_nil(result.reason)
  return result.response.body, result
end

local function assert_fails(code, text, options)
  local result = parse(text, options)
  assert.is_nil(result.response)
  assert.equal(code, result.code, ("%q: %s"):format(text:sub(1, 200), result.reason))
  return result
end

describe("responses of http1.parser", function()
  it("the parser returns the status, the headers by lower-case name, and a body of Content-Length bytes", function()
    local result = parse("HTTP/1.1 404 Not Found\r\nContent-LENGTH: 3\r\nX-A:1\r\nx-a: \t2 \t\r\nX-Empty:\r\n\r\nabc")
    assert.same({ status = 404, body = "abc", headers = { ["content-length"] = "3", ["x-a"] = "1, 2", ["x-empty"] = "" } },
      result.response)
    assert.is_true(result.is_reusable)
  end)

  it("the parser accepts a status line without a reason phrase, and lines that end in LF", function()
    assert.equal("", parse_body "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")
    assert.equal("", parse_body "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n")
    assert.equal("x", parse_body "HTTP/1.1 200 OK\nContent-Length: 1\n\nx")
  end)

  it("the parser accepts a repeated Content-Length only if its values agree", function()
    assert.equal("abc", parse_body(OK .. "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"))
    assert.equal("abc", parse_body(OK .. "Content-Length: 3, 3 ,03\r\n\r\nabc"))
    for _, length in ipairs { "3, 4", "3\r\nContent-Length: 4", "", "-3", "+3", "3.0", "0x3", "3 3", "3,", ",3", "three" } do
      assert_fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc")
    end
    for _, length in ipairs { "5000, 3", "3, 5000", "5000, x", "5000\r\nContent-Length: 5001" } do
      assert_fails("other", OK .. "Content-Length: " .. length .. "\r\n\r\nabc") -- checked before the size
    end
  end)

  it("the parser decodes chunks, and drops chunk extensions and trailers", function()
    local text = OK .. "Transfer-Encoding: Chunked\r\n\r\n3;a=b;c=\"d\"\r\nabc\r\n000A ; x\r\n0123456789\r\n1\r\n\0\r\n" ..
      "0;last\r\nX-Trailer: 1\r\n folded\r\n\tagain\r\nContent-Type: evil\r\n\r\n"
    local body, result = parse_body(text)
    assert.equal("abc0123456789\0", body)
    assert.same({ ["transfer-encoding"] = "Chunked" }, result.response.headers)
    assert.is_true(result.is_reusable)
  end)

  it("the parser rejects malformed chunks", function()
    for _, chunks in ipairs { "x\r\nabc\r\n", "\r\nabc\r\n", "-1\r\n\r\n", "0x3\r\nabc\r\n", "3 3\r\nabc\r\n", "3\r\nabcd\r\n0\r\n\r\n",
      "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\r\nno trailer\r\n\r\n",
      "3\r\nabc\r\n0\r\n folded: 1\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3;x\nabc\r\n0\r\n\r\n",
      "3\r\nabc\r\n0\n\r\n" } do
      assert_fails("other", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. chunks)
    end
  end)

  it("the parser rejects ambiguous body framing", function()
    assert_fails("other", OK .. "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")
    assert_fails("other", OK .. "Content-Length: 5000\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert_fails("other", OK .. "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert_fails("other", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    for _, coding in ipairs { "gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "", "identity" } do
      assert_fails("other", OK .. "Transfer-Encoding: " .. coding .. "\r\n\r\n0\r\n\r\n")
    end
  end)

  it("the parser reads a body without a length until the connection closes", function()
    local body, result = parse_body(OK .. "\r\nall of it")
    assert.equal("all of it", body)
    assert.is_false(result.is_reusable)
    assert.equal("", parse_body(OK .. "\r\n"))
  end)

  it("the parser expects no body after HEAD and CONNECT, and with status 204 and 304", function()
    local text = "Content-Length: 5000\r\n\r\n"
    assert.equal("", parse_body(OK .. text, { method = "HEAD" }))
    assert.equal("", parse_body(OK .. text, { method = "CONNECT" }))
    for _, status in ipairs { 204, 304 } do
      local body, result = parse_body(("HTTP/1.1 %d x\r\n"):format(status) .. text)
      assert.equal("", body)
      assert.is_true(result.is_reusable)
    end
  end)

  it("the parser drops interim responses, and rejects a protocol switch", function()
    local text = OK .. "Content-Length: 1\r\n\r\nx"
    assert.equal("x", parse_body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n" .. text))
    assert_fails("other", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" .. text)
  end)

  it("the parser rejects a malformed status line, in part before the line ends", function()
    for _, line in ipairs { "SSH-2.0-x", "", "HTTP/2 200", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 x", "HTTP/1.1200 OK",
      "http/1.1 200 OK", "HTTP/1.1  200 OK", " HTTP/1.1 200 OK", "HTTP/1.1 200 \0", "HTTP/1.1 200 O\rK", "ICY 200 OK", "HTTP/1.2 200 OK" } do
      assert_fails("other", line .. "\r\nContent-Length: 0\r\n\r\n")
    end
    -- before the line ends
    assert_fails("other", "SSH-2.0-x")
    assert_fails("other", "HTTQ")
    assert_fails("other", ("x"):rep(300000), { whole = true })
    assert_fails("closed", "HTTP")
  end)

  it("the parser rejects malformed header lines", function()
    for _, line in ipairs { "none", ": x", "A : x", "A B: x", "A: x\0", "A: x\ry", "\195\169: x" } do
      assert_fails("other", OK .. "Content-Length: 0\r\n" .. line .. "\r\n\r\n")
    end
  end)

  it("the parser joins continuation lines to the header before them, and rejects one without a header", function()
    local result = parse(OK .. "A: 1\r\n  2 \r\n\t3\r\nContent-Length: 0\r\nB: x\r\n \r\nC:\r\n \r\n y\r\n\r\n")
    assert.same({ a = "1 2 3", b = "x", c = "y", ["content-length"] = "0" }, result.response.headers)
    assert_fails("other", OK .. " A: 1\r\nContent-Length: 0\r\n\r\n")
    assert_fails("other", "HTTP/1.1 103 Hints\r\nA: 1\r\n\r\n" .. OK .. " 2\r\n\r\n")
    assert_fails("other", OK .. "Content-Length: 1\r\n 0\r\n\r\nx") -- "1 0" is not a length
    assert_fails("too_large", OK .. "A: 1\r\n" .. (" " .. ("x"):rep(1000) .. "\r\n"):rep(300), { whole = true })
  end)

  it("the parser fails with the code closed if the connection closes at any byte of the response", function()
    for _, text in ipairs { OK .. "Content-Length: 3\r\n\r\nabc", OK .. "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" } do
      for length = 0, #text - 1 do
        local result = assert_fails("closed", text:sub(1, length), { whole = true })
        assert.equal(length > 0, result.has_started)
      end
    end
  end)

  it("the parser accepts a body of max_body bytes, and rejects a longer one", function()
    local function make_responses(extra)
      local body = ("x"):rep(100 + extra)
      return { OK .. "\r\n" .. body, OK .. ("Content-Length: %d\r\n\r\n"):format(#body) .. body,
        OK .. ("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(#body, body),
        OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("1\r\nx\r\n"):rep(#body) .. "0\r\n\r\n" }
    end
    for _, text in ipairs(make_responses(0)) do assert.equal(100, #parse_body(text, { max = 100 })) end
    for _, text in ipairs(make_responses(1)) do assert_fails("too_large", text, { max = 100 }) end
    -- 2^32 + 3 and 2^64 + 3, in both bases, among them: no number is truncated.
    for _, size in ipairs { ("9"):rep(30), ("9"):rep(400), "4294967299", "18446744073709551619", "100000003", "10000000000000003" } do
      assert_fails("too_large", OK .. "Content-Length: " .. size .. "\r\n\r\n")
      assert_fails("too_large", OK .. "Transfer-Encoding: chunked\r\n\r\n" .. size .. "\r\n")
    end
    assert.equal("x", parse_body(OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("0"):rep(50) .. "1\r\nx\r\n0\r\n\r\n"))
  end)

  it("the parser rejects more than 256 KiB of headers, interim responses, chunk extensions and trailers", function()
    local many = ("X-Many: %s\r\n"):format(("x"):rep(1000)):rep(300)
    local extended = ("1;%s\r\nx\r\n"):format(("x"):rep(1000)):rep(300)
    for _, text in ipairs { "HTTP/1.1 200 " .. ("x"):rep(300000), OK .. "X-Long: " .. ("x"):rep(300000), OK .. many,
      ("HTTP/1.1 103 x\r\nLink: " .. ("x"):rep(1000) .. "\r\n\r\n"):rep(300), OK .. "Transfer-Encoding: chunked\r\n\r\n" .. extended,
      OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\n" .. many, OK .. "Transfer-Encoding: chunked\r\n\r\n1;" .. ("x"):rep(300000) } do
      assert_fails("too_large", text, { whole = true })
    end
    parse_body(OK .. many:sub(1, 1010 * 250) .. "Content-Length: 0\r\n\r\n", { whole = true })
  end)

  it("the parser counts the bytes of headers in the same way in one piece and in several", function()
    local head = OK .. "Transfer-Encoding: chunked\r\n\r\n"
    local function make_response(length) return head .. "1;" .. ("x"):rep(length - 4) .. "\r\na\r\n0\r\n\r\n" end
    assert.equal("a", parse_body(make_response(256 * 1024 - #head - 1), { whole = true }))
    assert_fails("too_large", make_response(256 * 1024 - #head + 1), { whole = true })
    assert_fails("too_large", OK .. "X-Long: " .. ("x"):rep(300000) .. "\0\r\n\r\n", { whole = true })
  end)

  it("the parser marks a connection as not reusable after Connection: close, HTTP/1.0 or extra bytes", function()
    local function is_reusable(text, options) return select(2, parse_body(text, options)).is_reusable end
    local length = "Content-Length: 0\r\n\r\n"
    assert.is_true(is_reusable(OK .. "Connection: keep-alive, not-close\r\n" .. length))
    assert.is_false(is_reusable(OK .. "Connection: close\r\n" .. length))
    assert.is_false(is_reusable(OK .. "Connection: a , Close\r\n" .. length))
    assert.is_false(is_reusable(OK .. "Connection: close\r\nConnection: keep-alive\r\n" .. length))
    assert.is_true(is_reusable(OK .. "Connection: c lose\r\n" .. length))
    assert.is_false(is_reusable("HTTP/1.0 200 OK\r\n" .. length))
    local result = parse_pieces({ OK .. length .. "HTTP/1.1 200 OK" }, "GET", 10)
    assert.equal(200, result.response.status)
    assert.is_false(result.is_drained or result.is_reusable)
  end)

  it("the parser accepts or rejects random bytes without raising, and keeps its limits", function()
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

describe("the methods of a parser", function()
  local RESPONSE = OK .. "A: 1\r\nContent-Length: 3\r\nA: 2\r\n\r\nabc"

  it("feed returns nothing until the response is complete, and raises after that", function()
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

  it("a brief response has only the headers that a call reads, and is its own table of headers", function()
    local _, response = http1.parser("GET", 10, true):feed(OK
      .. "A: 1\r\nDate: now\r\nStatus: 7\r\nX-Request-Id: 7\r\nX-Request-Id: 8\r\nContent-Length: 1\r\n\r\nx")
    assert.equal(response, response.headers)
    response.headers = nil
    assert.same({ status = 200, body = "x", date = "now", ["x-request-id"] = "7, 8" }, response)
  end)

  it("error_status returns an error status as soon as its line is complete, also of a response that fails", function()
    for bytes, expected in pairs { ["HTTP/1.1 401"] = false, ["HTTP/1.1 401 \n"] = 401, ["HTTP/1.1 503 \r\nX"] = 503,
      ["HTTP/1.1 401 \r\nbad\r\n"] = 401, ["HTTP/1.1 401 \r\nContent-Length: 99\r\n\r\n"] = 401,
      ["HTTP/1.1 200 \r\nbad\r\n"] = false, ["HTTP/1.1 399 \r\n"] = false, ["HTTP/1.1 103 \r\n\r\n"] = false,
      ["HTTP/1.1 103 \r\n\r\nHTTP/1.1 401 \r\n"] = 401, ["x"] = false, [""] = false } do
      local parser = http1.parser("GET", 10)
      parser:feed(bytes)
      assert.equal(expected, parser:error_status() or false)
    end
  end)

  it("feed and finish return false, a code and a reason for a response that is not valid", function()
    assert.same({ false, "closed", "connection closed within the response headers" }, { http1.parser("GET", 10):finish() })
    assert.same({ false, "other", "malformed HTTP/1.1 status line" }, { http1.parser("GET", 10):feed "x" })
  end)

  it("parser and feed raise argument errors, and the parser continues after them", function()
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

  it("a parser has ended for a finalizer that runs while the response is pushed #gc", function()
    local text = OK .. ("A: " .. ("x"):rep(1000) .. "\r\n"):rep(5) .. "Content-Length: 3\r\n\r\nabc"
    local headers, rejected_count = (("x"):rep(1000) .. ", "):rep(5):sub(1, -3), 0
    for _ = 1, 5 do
      local parser = http1.parser("GET", 10)
      parser:feed(text:sub(1, -2))
      local function finalizer()
        local ok, problem = pcall(parser.finish, parser)
        if not ok and problem == "parser has ended" then rejected_count = rejected_count + 1 end
        http1.parser("GET", 10):feed(text) -- other parsers work
      end
      local _, response = finalizers.run_within(3, finalizer, function() return parser:feed "c" end)
      assert.equal(headers, response.headers.a)
    end
    collectgarbage()
    assert.equal(15, rejected_count)
  end)

  it("a parser that has ended can be used again, and keeps nothing of the earlier response", function()
    local parser = http1.parser("HEAD", 10)
    assert.equal(200, select(2, parser:feed(RESPONSE:sub(1, -4))).status)
    assert.equal(parser, http1.parser("GET", 2, true, parser))
    assert.is_false(parser:has_started())
    assert.same({ false, "too_large", "response body exceeds max_response" }, { parser:feed(RESPONSE) })
    assert.equal(parser, http1.parser("GET", 10, false, parser))
    assert.is_nil(parser:feed "HTTP/1.1 401 No\r\n\r\nx")
    assert.same({ true, { status = 401, headers = {}, body = "x" }, false, true }, { parser:finish() })
    assert.equal(401, parser:error_status())
    http1.parser("GET", 10, nil, parser)
    assert.is_nil(parser:error_status())
  end)

  it("a parser that has not ended is not used again", function()
    local parser = http1.parser("GET", 10)
    for _, text in ipairs { "", RESPONSE:sub(1, 20), RESPONSE:sub(21, -2) } do
      parser:feed(text)
      assert.has_error(function() http1.parser("GET", 10, false, parser) end,
        "bad argument #4 to 'parser' (parser is in use)")
      assert.has_error(function() http1.request({}, parser) end, "bad argument #2 to 'request' (parser is in use)")
    end
    assert.equal("abc", select(2, parser:feed "c").body)
    assert.has_error(function() http1.parser("GET", 10, false, io.stdout) end)
  end)

  it("a finalizer that runs while the response is pushed cannot use the parser again #gc", function()
    local text = OK .. ("A: " .. ("x"):rep(1000) .. "\r\n"):rep(5) .. "Content-Length: 3\r\n\r\nabc"
    local rejected_count = 0
    for _ = 1, 5 do
      local parser = http1.parser("GET", 10)
      local function finalizer()
        local ok, problem = pcall(http1.parser, "GET", 10, false, parser)
        if not ok and problem:find "parser is in use" then rejected_count = rejected_count + 1 end
      end
      local _, response = finalizers.run_within(3, finalizer, function() return parser:feed(text) end)
      assert.equal("abc", response.body)
    end
    assert.equal(15, rejected_count)
  end)

  it("a parser can be collected at any byte of a response", function()
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
