--- Requests, hosts and error messages of kms.http1.

local http1 = require "kms.http1"

local function request(fields)
  local request_table = { method = "PUT", scheme = "https", host = "kms.example", target = "/a?b", headers = { { "A", "b" } }, body = "x" }
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

--- The field of the validation error; nil if the request is valid.
local function invalid_field(request_table)
  local bytes, err = http1.request(request_table)
  if bytes then return nil end
  assert.equal("invalid", err.kind)
  return err.code
end

--- The text of the argument error.
local function argument_error(request_table)
  local bytes, err, problem = http1.request(request_table)
  assert.same({ nil, nil }, { bytes, err })
  return problem
end

describe("http1.request", function()
  it("writes the request line, Host, the headers, Content-Length and the body", function()
    assert.equal("PUT /a?b HTTP/1.1\r\nHost: kms.example\r\nA: b\r\nContent-Length: 1\r\n\r\nx", http1.request(request()))
    local bare = request()
    bare.body, bare.headers = nil, nil
    assert.equal("PUT /a?b HTTP/1.1\r\nHost: kms.example\r\nContent-Length: 0\r\n\r\n", http1.request(bare))
    local get = request { method = "GET" }
    get.body = nil
    assert.equal("GET /a?b HTTP/1.1\r\nHost: kms.example\r\nA: b\r\n\r\n", http1.request(get))
  end)

  it("puts the caller's Host in first place, whether it is shorter or longer than the default", function()
    for _, host in ipairs { "o", "kms.exampl3", "a-much-longer-name.kms.example:8443" } do
      local bytes = http1.request(request { headers = { { "A", "b" }, { "host", " " .. host .. "\t" }, { "C", "d" } } })
      assert.equal(("PUT /a?b HTTP/1.1\r\nHost: %s\r\nA: b\r\nC: d\r\nContent-Length: 1\r\n\r\nx"):format(host), bytes)
    end
  end)

  it("trims header values, and writes an empty one", function()
    local bytes = http1.request(request { headers = { { "A", " \tb c\t " }, { "B", "" }, { "C", " " } } })
    assert.is_truthy(bytes:find("\r\nA: b c\r\nB:\r\nC:\r\n", 1, true))
  end)

  it("returns the text of an argument error", function()
    assert.equal("table expected, got no value", argument_error())
    assert.equal("request.method must be a string, got number", argument_error(request { method = 5 }))
    local without_target = request()
    without_target.target = nil
    assert.equal("request.target must be a string, got nil", argument_error(without_target))
    for _, timeout in ipairs { "5", 0 / 0, math.huge, -math.huge } do
      assert.matches("^request.timeout must be a finite number of seconds, got ", argument_error(request { timeout = timeout }))
    end
    assert.equal("request.headers must be a list of {name, value}, got string", argument_error(request { headers = "" }))
    assert.equal("request.headers must be a list of {name, value}", argument_error(request { headers = { A = "b" } }))
    assert.equal("request.headers[2] must be {name, value}, two strings",
      argument_error(request { headers = { { "A", "b" }, { "C", 5 } } }))
  end)

  it("allows plain HTTP to loopback only", function()
    for _, host in ipairs { "localhost", "LOCALHOST:1", "127.0.0.1", "127.255.255.255:65535", "[::1]:80" } do
      assert.is_nil(invalid_field(request { scheme = "http", host = host }))
    end
    for _, host in ipairs { "127.1", "127.0.0.01", "127.0.0.256", "127.0.0.1.", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost.", "x" } do
      assert.equal("scheme", invalid_field(request { scheme = "http", host = host }), host)
    end
  end)

  it("allows plain HTTP to link-local addresses if the request says so", function()
    assert.equal("scheme", invalid_field(request { scheme = "http", host = "169.254.169.254" }))
    assert.is_nil(invalid_field(request { scheme = "http", host = "169.254.169.254", link_local = true }))
    assert.equal("scheme", invalid_field(request { scheme = "http", host = "169.255.0.1", link_local = true }))
  end)

  it("names the rule and the byte in a validation error", function()
    local _, err = http1.request(request { target = "/a b" })
    assert.same({ "target", "target must be percent-encoded; got byte 0x20 at position 3" }, { err.code, err.message })
    _, err = http1.request(request { headers = { { "A", "b\nc" } } })
    assert.same({ "headers", "value of header A must have no control characters; got byte 0x0a at position 2" },
      { err.code, err.message })
  end)
end)

describe("http1.parse_host", function()
  it("splits a name or an address from its port", function()
    assert.same({ "KMS.example", 65535 }, { http1.parse_host "KMS.example:65535" })
    assert.same({ "[::1]" }, { http1.parse_host "[::1]" })
    for _, address in ipairs { "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4", "ABCD:ef01::" } do
      assert.same({ "[" .. address .. "]", 1 }, { http1.parse_host("[" .. address .. "]:1") })
    end
  end)

  it("returns nothing for another form", function()
    for _, address in ipairs { ":", ":::", "::::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", ":1::",
      "::1.2.3", "::1.2.3.256", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:", "::1:" } do
      assert.is_nil((http1.parse_host("[" .. address .. "]")), address)
    end
    for _, host in ipairs { "", ":1", "a:", "a:0", "a:65536", "a:000001", "a:1:1", "a/b", "a@b", "a b", "a\n", "a\0", "::1", "[::1",
      "[a]x", "[g]", "[]", "[::1]x", "[127.0.0.1]", ("a"):rep(256), ".", "-a" } do
      assert.is_nil((http1.parse_host(host)), host)
    end
  end)
end)

describe("the host tests of http1", function()
  it("tell IP addresses from names", function()
    for _, name in ipairs { "127.0.0.1", "255.255.255.255", "[::1]" } do assert.is_true(http1.is_ip(name), name) end
    for _, name in ipairs { "localhost", "127.1", "127.0.0.01", "1.2.3.4.5", "" } do assert.is_false(http1.is_ip(name), name) end
  end)

  it("recognize loopback and link-local addresses", function()
    for _, name in ipairs { "localhost", "LocalHost", "127.9.9.9", "[::1]" } do assert.is_true(http1.is_loopback(name), name) end
    for _, name in ipairs { "128.0.0.1", "[::2]", "localhost." } do assert.is_false(http1.is_loopback(name), name) end
    assert.is_true(http1.is_link_local "169.254.0.1")
    assert.is_false(http1.is_link_local "169.253.0.1")
  end)
end)

describe("http1.error_message", function()
  it("describes each transport error code, and takes no other", function()
    for _, code in ipairs(http1.error_codes) do
      assert.matches("kms%.example.*: the reason$", http1.error_message(code, "kms.example", "the reason"))
    end
    assert.has_error(function() http1.error_message("lost", "h", "r") end)
  end)

  it("replaces control characters", function()
    assert.equal("cannot resolve h: a?b?", http1.error_message("dns", "h", "a\nb\127"))
  end)
end)

describe("the clocks of http1", function()
  it("return monotonic time and Unix time", function()
    local before = http1.monotonic()
    assert.is_true(http1.monotonic() >= before)
    assert.is_true(math.abs(http1.now() - os.time()) < 2)
  end)
end)
