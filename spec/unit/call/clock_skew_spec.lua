local clock_skew = require "kms.call.clock_skew"
local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"

local PARAMS = emulated_huawei.PARAMS
local RENAME = { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "newKeyName" }

local function new_ncloud(transport)
  local account = emulator.fixtures.accounts[3]
  return kms.ncloud { transport = transport,
    credentials = { access_key = account.access_key, secret_key = account.secret_key } }
end

describe("kms.call.clock_skew", function()
  local NOW = 1767323045 -- Fri, 02 Jan 2026 03:04:05 GMT

  local SIGNED = { offset = 0, tolerance = 60 }

  it("detect reads the server's time from the gateway's message, however small the difference is", function()
    local response = { status = 401, headers = {} }
    assert.equal(-45, clock_skew.detect(response, "x,server time:20260102T030320Z", NOW, SIGNED))
  end)

  it("detect reads the Date header of status 401 if it is above the cloud's tolerance", function()
    local response = { status = 401, headers = { date = "Fri, 02 Jan 2026 03:05:06 GMT" } }
    assert.equal(61, clock_skew.detect(response, "", NOW, SIGNED))
    assert.is_nil(clock_skew.detect(response, "", NOW, { offset = 0, tolerance = 61 }))
    response.headers.date = "Fri, 02 Jan 2026 03:04:55 GMT"
    assert.is_nil(clock_skew.detect(response, "", NOW, SIGNED))
    assert.equal(50, clock_skew.detect(response, "", NOW, { offset = -20, tolerance = 60 }))
  end)

  it("detect learns no offset above 24 hours, and returns it apart", function()
    local response = { status = 401, headers = { date = "Fri, 02 Jan 2026 03:05:06 GMT" } }
    local DAY = 86400
    assert.equal(61 + DAY - 60, clock_skew.detect(response, "", NOW - DAY + 60, SIGNED))
    assert.same({ nil, 61 + DAY }, { clock_skew.detect(response, "", NOW - DAY, SIGNED) })
    assert.same({ nil, -45 + 400 * DAY },
      { clock_skew.detect(response, "server time:20260102T030320Z", NOW - 400 * DAY, SIGNED) })
    assert.matches("an offset of more than 24 h is not corrected", clock_skew.describe(61 + DAY), 1, true)
  end)

  it("detect returns nil for another status and for a malformed Date header", function()
    local response = { status = 403, headers = { date = "Fri, 02 Jan 2026 03:05:06 GMT" } }
    assert.is_nil(clock_skew.detect(response, "", NOW, SIGNED))
    response.status, response.headers.date = 401, "yesterday"
    assert.is_nil(clock_skew.detect(response, "", NOW, SIGNED))
  end)

  it("is_different ignores the error of one measurement", function()
    assert.is_false(clock_skew.is_different(100, 104.9))
    assert.is_true(clock_skew.is_different(100, 105))
    assert.is_true(clock_skew.is_different(100, 95))
  end)

  it("describe says in which direction the clock is off", function()
    assert.equal("this machine's clock is 61 s behind the server's clock", clock_skew.describe(60.6))
    assert.equal("this machine's clock is 3600 s ahead of the server's clock", clock_skew.describe(-3600))
  end)
end)

describe("a call with a clock skew", function()
  for _, shift in ipairs { 901, -901, 3600, -3600, 86400, -86400 } do
    it(("of %d s learns it from the response, once per client"):format(shift), function()
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, shift))
      assert(client:update_primary_region(PARAMS))
      assert.equal(2, cloud:requests "huawei")
      client:update_primary_region(PARAMS)
      assert.equal(3, cloud:requests "huawei")
    end)
  end

  it("of more than 24 hours is not learnt, and the error says so", function()
    for _, shift in ipairs { 86400 * 400, -86400 * 2 } do
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, shift))
      local _, err = client:update_primary_region(PARAMS)
      assert.equal(1, cloud:requests "huawei")
      assert.matches("an offset of more than 24 h is not corrected", err.message, 1, true)
      assert.equal(0, client.clock_offset)
    end
  end)

  it("within the cloud's tolerance does not make it send a wrong secret key twice", function()
    for _, shift in ipairs { 61, 600, 899, -899 } do
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, shift), emulated_huawei.wrong_keys())
      client:update_primary_region(PARAMS)
      assert.equal(1, cloud:requests "huawei")
    end
  end)

  it("learns it from the Date header of status 401, whatever the body is", function()
    for _, body in ipairs { "", "<html></html>", "[]", '{"foo":1}' } do
      local transport
      transport = fake_transport.new(function(request)
        local time = require("kms.util.time").parse_iso8601(fake_transport.headers(request)["x-sdk-date"])
        local server_time = transport.time + 7200
        if math.abs(time - server_time) <= 900 then
          return { status = 200, headers = {},
            body = '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":"cn-east-3"}' }
        end
        return { status = 401, body = body,
          headers = { date = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(server_time)) } }
      end)
      assert(emulated_huawei.new_client(transport):update_primary_region(PARAMS))
      assert.equal(2, #transport.requests)
    end
  end)

  it("learns it from the Date header if the service does not mention it", function()
    local cloud = emulator.new()
    assert(new_ncloud(emulated_huawei.shift_clock(cloud, 600)):rename_key(RENAME))
    assert.equal(2, cloud:requests "ncloud")
  end)

  it("names the skew in the error that remains", function()
    local cloud = emulator.new()
    local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, 3600), emulated_huawei.wrong_keys())
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "APIGW.0301", 2 }, { err.code, err.attempts })
    assert.matches("this machine's clock is 3600 s ahead of the server's clock", err.message, 1, true)
  end)

  it("learns again when the clock is corrected later", function()
    local cloud, shift = emulator.new(), 600
    local transport = emulated_huawei.shift_clock(cloud, 0)
    function transport.now() return cloud:now() + shift end
    local client = new_ncloud(transport)
    assert(client:rename_key { key_tag = RENAME.key_tag, key_name = "first-name" })
    shift = 0
    assert(client:rename_key { key_tag = RENAME.key_tag, key_name = "second-name" })
    assert.equal(4, cloud:requests "ncloud")
  end)

  it("that concurrent calls meet is learnt by all of them, and none of them trips the lock guard", function()
    local cloud = emulator.new()
    local transport = emulated_huawei.new_yielding(cloud)
    local client = emulated_huawei.new_client(transport)
    assert.same({ moved = 1 }, emulated_huawei.count_concurrent(client, 1)) -- the key is known to be good
    function transport.now() return cloud:now() + 3600 end
    -- Five refusals in a row would lock the key, whatever is learnt from them.
    assert.same({ ["KMS.0106"] = 3 }, emulated_huawei.count_concurrent(client, 3))
  end)

  it("costs one more request and no more if the gateway refuses the learnt offset too", function()
    local message = "signature expired, signature time:20260102T030405Z,server time:20260102T032006Z"
    local transport = fake_transport.new {
      status = 401, body = ('{"error_code":"APIGW.0301","error_msg":"%s"}'):format(message),
    }
    local client = emulated_huawei.new_client(transport, { lock_guard = false })
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ 2, 2 }, { #transport.requests, err.attempts })
    client:update_primary_region(PARAMS)
    assert.equal(3, #transport.requests)
  end)

  it("is forgotten by reset", function()
    local cloud = emulator.new()
    local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, 3600))
    assert(client:update_primary_region(PARAMS))
    client:reset()
    client:update_primary_region(PARAMS)
    assert.equal(4, cloud:requests "huawei")
  end)
end)
