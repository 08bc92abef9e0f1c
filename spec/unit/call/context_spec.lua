local Context = require "kms.call.context"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local huawei = require "kms.huawei"

local function new_context(transport, timeout)
  local context = setmetatable({ transport = transport }, Context.new_class(huawei, "cn-north-4"))
  context:start(timeout or 30)
  return context
end

describe("kms.call.context", function()
  it("describes the provider and the region of the client", function()
    local context = new_context(fake_transport.new {})
    assert.same({ "huawei", huawei, huawei.credentials, "cn-north-4" },
      { context.provider, context.cloud, context.fields, context.region })
  end)

  it("start sets a deadline on the scale of clock", function()
    local transport = fake_transport.new {}
    function transport.clock() return 100 end
    assert.equal(130, new_context(transport, 30).deadline)
  end)

  it("reads both clocks of the transport", function()
    local context = new_context { clock = function() return 7 end, now = function() return 9 end }
    assert.same({ 7, 9 }, { context:clock(), context:now() })
  end)

  it("has clocks of its own if the transport offers none", function()
    local context = new_context {}
    local time = context:clock()
    assert.is_true(context:clock() >= time)
    assert.is_true(math.abs(context:now() - os.time()) <= 1)
  end)

  it("sleep waits on the transport's clock", function()
    local transport = fake_transport.new {}
    local context, before = new_context(transport), transport.time
    context:sleep(2)
    assert.equal(before + 2, transport.time)
  end)

  describe("send", function()
    it("gives the request the time left, or its own timeout if that is shorter", function()
      local transport = fake_transport.new {}
      local context = new_context(transport, 30)
      context:send {}
      transport.time = transport.time + 10
      context:send {}
      context:send { timeout = 5 }
      context:send { timeout = 500 }
      local timeouts = {}
      for i, request in ipairs(transport.requests) do timeouts[i] = request.timeout end
      assert.same({ 30, 20, 5, 20 }, timeouts)
    end)

    it("reads the clock once per call, unless something may have waited", function()
      local transport, count = fake_transport.new {}, 0
      function transport:clock()
        count = count + 1
        return self.time
      end
      local context = new_context(transport)
      context:send {}
      assert.equal(1, count)
      context:send {}
      assert.equal(2, count)
      context = new_context(transport)
      context:sleep(1)
      context:send {}
      assert.equal(29, transport.requests[3].timeout)
      assert.equal(4, count)
    end)

    it("sends nothing after the deadline", function()
      local transport = fake_transport.new {}
      local context = new_context(transport, 30)
      context:sleep(30)
      local response, err = context:send {}
      assert.is_nil(response)
      assert.same({ "transport", "timeout", false }, { err.kind, err.code, err.uncertain })
      assert.equal(0, #transport.requests)
    end)

    it("returns a response with headers and body, whatever the transport left out", function()
      local context = new_context { send = function() return { status = 204 } end }
      assert.same({ status = 204, headers = {}, body = "" }, (context:send {}))
    end)

    it("says of a transport of the caller that it may keep the request", function()
      local own = { is_own = true, send = function() return { status = 200 } end }
      for transport, expected in pairs { [fake_transport.new {}] = true, [own] = false } do
        local _, _, is_kept = new_context(transport):send {}
        assert.equal(expected, is_kept or false)
      end
    end)

    it("returns a copy of the transport's error", function()
      local own = Error.new { kind = "transport", code = "closed", message = "m", uncertain = true }
      local _, err = new_context(fake_transport.new(own)):send {}
      assert.same(own, err)
      assert.is_false(rawequal(own, err))
    end)

    it("adds Accept-Encoding to every request, once per request", function()
      local transport = fake_transport.new { status = 200 }
      local context, request = new_context(transport), { headers = { { "A", "b" } } }
      context:send(request)
      context:send(request)
      context:send {}
      assert.same({ { "A", "b" }, { "Accept-Encoding", "identity" } }, transport.requests[2].headers)
      assert.same({ { "Accept-Encoding", "identity" } }, transport.requests[3].headers)
    end)
  end)
end)
