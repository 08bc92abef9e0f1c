--- The control interface of the emulator's server: who may use it, the clock, locks, and the saved state.

local cjson = require "cjson"
local emulated = require "spec.helpers.emulator_client"
local emulator_server = require "spec.helpers.emulator_server"

local PORT, DIR, TAG = emulator_server.PORT, emulator_server.DIR, emulator_server.TAG
local new_transport, move, rename = emulator_server.new_transport, emulator_server.move, emulator_server.rename

describe("the control interface of the emulator's server", function()
  before_each(emulated.reset)

  local CONTROL_HOST = "127.0.0.1:" .. PORT + 3

  local function send_control(method, target, headers, body)
    local response = new_transport():send {
      method = method, scheme = "http", host = CONTROL_HOST, target = target, headers = headers, body = body,
    }
    return response.status, response.body
  end

  local function control(method, target, body)
    return send_control(method, target, { { "X-Emulator-Token", emulated.token } }, body)
  end

  for _, case in ipairs {
    { "a change without the token", {}, "this request needs the header X-Emulator-Token" },
    { "a change with a wrong token", { { "X-Emulator-Token", ("0"):rep(32) } }, "this request needs the header X-Emulator-Token" },
    { "a change of another site", { { "X-Emulator-Token", emulated.token }, { "Origin", "https://site.example" } },
      'refuses requests of the site "https://site.example"' },
    { "a change of a page without an origin", { { "X-Emulator-Token", emulated.token }, { "Origin", "null" } },
      'refuses requests of the site "null"' },
    { "another port of this machine", { { "X-Emulator-Token", emulated.token }, { "Origin", "http://127.0.0.1:1" } },
      'refuses requests of the site "http://127.0.0.1:1"' },
  } do
    it("the control interface refuses " .. case[1], function()
      for _, operation in ipairs { "POST reset", "POST faults", "POST settings", "POST clock", "PUT saved", "GET saved" } do
        emulated.clock(5)
        local method, name = operation:match "^(%u+) (%l+)$"
        local status, body = send_control(method, "/_emulator/" .. name, case[2], '{"kind":"bad_gateway","offset":7}')
        assert.equal(403, status)
        assert.truthy(cjson.decode(body).error:find(case[3], 1, true), body)
        assert.equal(5, emulated.state().offset)
      end
      assert.equal(200, new_transport():send(rename()).status)
    end)
  end

  it("the control interface refuses a host name that is not its own, also to show the state", function()
    local socket = assert(require("socket").connect("127.0.0.1", PORT + 3))
    socket:settimeout(5)
    socket:send "GET /_emulator/state HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n"
    local response = socket:receive "*a"
    socket:close()
    assert.truthy(response:find "^HTTP/1.1 403 ", response)
    assert.truthy(response:find("the control interface has no host", 1, true), response)
  end)

  it("every port of the emulator listens on loopback only", function()
    local ports = {}
    for line in io.lines(DIR .. "/nginx.conf") do
      local address, port = line:match "^%s*listen ([^:;]*):(%d+)"
      if line:find "^%s*listen" then
        assert.equal("127.0.0.1", address, line)
        ports[tonumber(port) - PORT] = true
      end
    end
    for i = 0, 8 do assert.is_true(ports[i]) end
  end)

  it("the control interface saves and loads the state", function()
    assert.equal(200, new_transport():send(rename()).status)
    local status, saved = control("GET", "/_emulator/saved")
    assert.equal(200, status)
    assert.equal(1, cjson.decode(saved).format)
    emulated.reset()
    assert.equal("oldKeyName", emulated.state().keys[TAG].key_name)
    local state
    status, state = control("PUT", "/_emulator/saved", saved)
    assert.equal(200, status, state)
    assert.equal("newKeyName", cjson.decode(state).keys[TAG].key_name)
    local _, again = control("GET", "/_emulator/saved")
    local first, second = cjson.decode(saved), cjson.decode(again)
    first.time, second.time = nil, nil
    assert.same(first, second)
  end)

  for _, case in ipairs {
    { "PUT", "saved", "{}", 400, "field 'format' is missing" },
    { "POST", "faults", '{"kind":"flood"}', 400, '; got "flood"' },
    { "POST", "faults", '[{"kind":"delay"}]', 400, "'seconds' is missing" },
    { "POST", "faults", "{", 400, "the body must be JSON" },
    { "POST", "settings", '{"agency":1}', 400, "boolean expected" },
    { "POST", "clock", '{"offset":"soon"}', 400, 'to 2147483648; got "soon"' },
    { "POST", "clock", "{}", 400, "offset must be a number of seconds from -2147483648 to 2147483648; got nil" },
    { "POST", "clock", '{"offset":1e999}', 400, "offset must be a number of seconds from -2147483648" },
    { "POST", "clock", '{"offset":NaN}', 400, "the body must be JSON" },
    { "POST", "clock", '{"offset":1}\0x', 400, "the body must be JSON" },
    { "POST", "clock", '{"offset":1e300}', 400, "offset must be a number of seconds from -2147483648" },
    { "POST", "settings", '{"clock_offset":1e999}', 400, "'clock_offset': finite number expected" },
    { "POST", "settings", '{"key_lifetime":-Infinity}', 400, "the body must be JSON" },
    { "POST", "faults", '{"kind":"delay","seconds":1e999}', 400, "a number above 0 expected" },
    { "GET", "reset", nil, 404, "has no operation GET /_emulator/reset" },
    { "POST", "nothing", "{}", 404, "has no operation POST /_emulator/nothing" },
  } do
    it(("the control interface refuses %s %s %s"):format(case[1], case[2], case[3] or ""), function()
      local status, body = control(case[1], "/_emulator/" .. case[2], case[3])
      assert.equal(case[4], status)
      local problem = cjson.decode(body).error
      assert.truthy(problem:find(case[5], 1, true), problem)
      assert.is_nil(problem:find "%.lua:")
    end)
  end

  it("the ports of the clouds have no control interface", function()
    local response = new_transport():send {
      method = "GET", scheme = "https", host = "localhost:" .. PORT + 2, target = "/_emulator/state", headers = {},
    }
    assert.equal(404, response.status)
  end)

  it("the control interface sets the clock", function()
    emulated.clock(901)
    local response = new_transport():send(move())
    assert.truthy(response.body:find("signature expired", 1, true))
    local date = response.headers.date
    emulated.clock(0)
    response = new_transport():send(move { target = "cn-north-4" })
    assert.equal(200, response.status)
    assert.not_equal(date, response.headers.date)
  end)

  it("the state shows locks, and a reset removes them", function()
    for _ = 1, 5 do assert.equal(401, new_transport():send(move { secret_key = "wrong" }).status) end
    assert.truthy(new_transport():send(move()).body:find("AK access failed to reach the limit,forbidden", 1, true))
    assert.truthy(emulated.state().locks[emulated.accounts.huawei.access_key].locked_until)
    emulated.reset()
    assert.equal(200, new_transport():send(move()).status)
  end)
end)
