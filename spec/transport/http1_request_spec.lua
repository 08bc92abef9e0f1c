--- Requests, hosts and error messages of kms.http1.

local finalizers = require "spec.helpers.finalizers"
local http1 = require "kms.http1"

local function new_request(fields)
  local request_table = { method = "PUT", scheme = "https", host = "kms.example", target = "/a?b", headers = { { "A", "b" } }, body = "x" }
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

--- The field of the validation error; nil if the request is valid.
local function find_invalid_field(request_table)
  local bytes, err = http1.request(request_table)
  if bytes then return nil end
  assert.equal("invalid", err.kind)
  return err.code
end

--- The text of the argument error.
local function get_argument_error(request_table)
  local bytes, err, problem = http1.request(request_table)
  assert.same({ nil, nil }, { bytes, err })
  return problem
end

describe("requests as bytes", function()
  it("http1.request writes the request line, Host, the headers, Content-Length and the body", function()
    assert.equal("PUT /a?b HTTP/1.1\r\nHost: kms.example\r\nA: b\r\nContent-Length: 1\r\n\r\nx", http1.request(new_request()))
    local bare = new_request()
    bare.body, bare.headers = nil, nil
    assert.equal("PUT /a?b HTTP/1.1\r\nHost: kms.example\r\nContent-Length: 0\r\n\r\n", http1.request(bare))
    local get = new_request { method = "GET" }
    get.body = nil
    assert.equal("GET /a?b HTTP/1.1\r\nHost: kms.example\r\nA: b\r\n\r\n", http1.request(get))
  end)

  it("http1.request writes the caller's Host first, whether it is shorter or longer than the default", function()
    for _, host in ipairs { "o", "kms.exampl3", "a-much-longer-name.kms.example:8443" } do
      local bytes = http1.request(new_request { headers = { { "A", "b" }, { "host", " " .. host .. "\t" }, { "C", "d" } } })
      assert.equal(("PUT /a?b HTTP/1.1\r\nHost: %s\r\nA: b\r\nC: d\r\nContent-Length: 1\r\n\r\nx"):format(host), bytes)
    end
  end)

  it("http1.request trims header values, and writes empty ones", function()
    local bytes = http1.request(new_request { headers = { { "A", " \tb c\t " }, { "B", "" }, { "C", " " } } })
    assert.is_truthy(bytes:find("\r\nA: b c\r\nB:\r\nC:\r\n", 1, true))
  end)

  it("http1.request uses the memory of a parser that has ended, for a request of any kind", function()
    local parser = http1.parser("GET", 10)
    parser:feed "HTTP/1.1 204 No Content\r\n\r\n"
    for _ = 1, 2 do
      assert.equal(http1.request(new_request()), http1.request(new_request(), parser))
      assert.equal("target", select(2, http1.request(new_request { target = "" }, parser)).code)
      assert.same({ nil, nil, "request.body must be a string, got boolean" },
        { http1.request(new_request { body = true }, parser) })
    end
    http1.parser("GET", 10, false, parser)
    local _, response = parser:feed "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    assert.equal("x", response.body)
    assert.has_error(function() http1.request(new_request(), {}) end)
  end)

  it("a finalizer that runs while the bytes are pushed cannot use the parser #gc", function()
    if _VERSION == "Lua 5.2" then
      pending "Lua 5.2 collects before it allocates a string, so no finalizer runs between"
      return
    end
    local body, other_request, rejected_count = ("y"):rep(5000), new_request(), 0
    local long_request = new_request { body = body }
    for _ = 1, 5 do
      local parser = http1.parser("GET", 10)
      parser:feed "HTTP/1.1 204 No Content\r\n\r\n"
      local function finalizer()
        local ok, problem = pcall(http1.request, other_request, parser)
        if not ok and problem:find "parser is in use" then rejected_count = rejected_count + 1 end
      end
      local bytes = finalizers.run_within(3, finalizer, function() return http1.request(long_request, parser) end)
      assert.equal(body, bytes:sub(-5000))
    end
    assert.equal(15, rejected_count)
  end)

  it("http1.request returns the text of an argument error", function()
    assert.equal("table expected, got no value", get_argument_error())
    assert.equal("request.method must be a string, got number", get_argument_error(new_request { method = 5 }))
    local without_target = new_request()
    without_target.target = nil
    assert.equal("request.target must be a string, got nil", get_argument_error(without_target))
    for _, timeout in ipairs { "5", 0 / 0, math.huge, -math.huge } do
      assert.matches("^request.timeout must be a finite number of seconds, got ", get_argument_error(new_request { timeout = timeout }))
    end
    assert.equal("request.headers must be a list of {name, value}, got string", get_argument_error(new_request { headers = "" }))
    assert.equal("request.headers must be a list of {name, value}", get_argument_error(new_request { headers = { A = "b" } }))
    assert.equal("request.headers[2] must be {name, value}, two strings",
      get_argument_error(new_request { headers = { { "A", "b" }, { "C", 5 } } }))
  end)

  it("http1.request allows plain HTTP to loopback only", function()
    for _, host in ipairs { "localhost", "LOCALHOST:1", "127.0.0.1", "127.255.255.255:65535", "[::1]:80" } do
      assert.is_nil(find_invalid_field(new_request { scheme = "http", host = host }))
    end
    for _, host in ipairs { "127.1", "127.0.0.01", "127.0.0.256", "127.0.0.1.", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost.", "x" } do
      assert.equal("scheme", find_invalid_field(new_request { scheme = "http", host = host }), host)
    end
  end)

  it("http1.request allows plain HTTP to link-local addresses if link_local is true", function()
    assert.equal("scheme", find_invalid_field(new_request { scheme = "http", host = "169.254.169.254" }))
    assert.is_nil(find_invalid_field(new_request { scheme = "http", host = "169.254.169.254", link_local = true }))
    assert.equal("scheme", find_invalid_field(new_request { scheme = "http", host = "169.255.0.1", link_local = true }))
  end)

  it("a validation error of http1.request names the rule, the byte and its position", function()
    local _, err = http1.request(new_request { target = "/a b" })
    assert.same({ "target", "target must be percent-encoded; got byte 0x20 at position 3" }, { err.code, err.message })
    _, err = http1.request(new_request { headers = { { "A", "b\nc" } } })
    assert.same({ "headers", "value of header A must have no control characters; got byte 0x0a at position 2" },
      { err.code, err.message })
  end)
end)

describe("hosts and ports", function()
  it("http1.parse_host splits a name or an address from its port", function()
    assert.same({ "KMS.example", 65535 }, { http1.parse_host "KMS.example:65535" })
    assert.same({ "[::1]" }, { http1.parse_host "[::1]" })
    for _, address in ipairs { "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4", "ABCD:ef01::" } do
      assert.same({ "[" .. address .. "]", 1 }, { http1.parse_host("[" .. address .. "]:1") })
    end
  end)

  it("http1.parse_host returns nothing for a malformed host", function()
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

describe("the classes of hosts", function()
  it("http1.is_ip is true for IP addresses, and false for names", function()
    for _, name in ipairs { "127.0.0.1", "255.255.255.255", "[::1]" } do assert.is_true(http1.is_ip(name), name) end
    for _, name in ipairs { "localhost", "127.1", "127.0.0.01", "1.2.3.4.5", "" } do assert.is_false(http1.is_ip(name), name) end
  end)

  it("http1.is_loopback and http1.is_link_local recognize their addresses, and no others", function()
    for _, name in ipairs { "localhost", "LocalHost", "127.9.9.9", "[::1]" } do assert.is_true(http1.is_loopback(name), name) end
    for _, name in ipairs { "128.0.0.1", "[::2]", "localhost." } do assert.is_false(http1.is_loopback(name), name) end
    assert.is_true(http1.is_link_local "169.254.0.1")
    assert.is_false(http1.is_link_local "169.253.0.1")
  end)
end)

describe("error messages", function()
  it("http1.error_message describes each transport error code, and raises for another code", function()
    for _, code in ipairs(http1.error_codes) do
      assert.matches("kms%.example.*: the reason$", http1.error_message(code, "kms.example", "the reason"))
    end
    assert.has_error(function() http1.error_message("lost", "h", "r") end)
  end)

  it("http1.error_message replaces control characters", function()
    assert.equal("cannot resolve h: a?b?", http1.error_message("dns", "h", "a\nb\127"))
  end)
end)

describe("clocks", function()
  it("http1.monotonic never decreases, and http1.now returns the Unix time", function()
    local before = http1.monotonic()
    assert.is_true(http1.monotonic() >= before)
    -- Since the machine has started. Unix time, which can be set, is more than 50 years.
    assert.is_true(http1.monotonic() < 50 * 365 * 86400)
    assert.is_true(math.abs(http1.now() - os.time()) < 2)
  end)
end)
