local catch = require "spec.helpers.catch"
local fake_transport = require "spec.helpers.fake_transport"
local huawei_client = require "spec.helpers.huawei_client"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

local PARAMS, MOVED = huawei_client.PARAMS, huawei_client.MOVED
local new_client = huawei_client.new

describe("the transport of a client", function()
  it("has its options validated by the first call, which raises for an unknown one", function()
    local ncloud = kms.ncloud { credentials = { access_key = "A", secret_key = "S" }, transport = { time_out = 1 } }
    local message = catch(function() ncloud:rename_key { key_tag = "t", key_name = "name" } end)
    assert.matches("^bad argument #1 to 'ncloud' %(option 'transport': .*time_out", message)
  end)

  it("is shared with other clients without transport options, and the last one closes it", function()
    local output, ok = subprocess.run([[
      local created = {}
      package.loaded["kms.transport.curl"] = { new = function(options)
        local transport = { options = options, open = true, sends = 0, sleep = function() end }
        function transport:send() self.sends = self.sends + 1 return nil, "nobody there" end
        function transport:close() self.open = false end
        created[#created + 1] = transport
        return transport
      end }
      local kms = require "kms"
      local function client(transport)
        return kms.ncloud { credentials = { access_key = "A", secret_key = "S" }, transport = transport, retry = false }
      end
      local function call(one) one:rename_key { key_tag = "t", key_name = "name" } end
      local one, other, own = client(), client {}, client { timeout = 5 }
      call(one) call(other) call(own)
      assert(#created == 2 and created[1].sends == 2 and created[2].sends == 1 and created[2].options.timeout == 5)
      own:close()
      assert(not created[2].open and created[1].open)
      one:close()
      assert(created[1].open)
      call(one) -- uses it again
      assert(#created == 2 and created[1].sends == 3)
      other:close() one:close() one:close()
      assert(not created[1].open)
      call(other)
      assert(#created == 3 and created[3].open and created[3].sends == 1)
      other = nil
      collectgarbage() collectgarbage()
      local last = client()
      call(last)
      assert(#created == 3 or #created == 4) -- the same transport, unless it was collected with its last client
      last:close()
      assert(not created[#created].open)
    ]])
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("stays open if the client is closed in a callback, until the call has ended with its outcome", function()
    local output, ok = subprocess.run([[
      local created = {}
      package.loaded["kms.transport.curl"] = { new = function()
        local transport = { open = true, sends = 0, time = 0 }
        function transport:clock() assert(self.open, "transport is closed") return self.time end
        function transport:sleep(seconds) assert(self.open, "transport is closed") self.time = self.time + seconds end
        function transport:send()
          assert(self.open, "transport is closed")
          self.sends = self.sends + 1
          if self.sends == 1 then return nil, { code = "closed", message = "lost" } end
          return { status = 200, headers = {}, body = '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"name"}}' }
        end
        function transport:close() self.open = false end
        created[#created + 1] = transport
        return transport
      end }
      local kms = require "kms"
      local client
      local KEYS = { access_key = "A", secret_key = "S" }
      local PARAMS = { key_tag = "t", key_name = "name" }
      for _, options in ipairs {
        { credentials = KEYS, on_attempt = function() client:close() end },
        { credentials = function() client:close() return KEYS end },
        { credentials = { name = "own", get = function() client:close() return KEYS end } },
      } do
        created = {}
        options.transport = { timeout = 9 }
        client = kms.ncloud(options)
        local result = assert(client:rename_key(PARAMS))
        assert(result.key_name == "name" and result.warning == nil, result.warning)
        assert(#created == 1 and created[1].sends == 2 and not created[1].open)
        client:rename_key(PARAMS)
        assert(#created == 2)
      end
      -- A raise in the caller's code ends the call too.
      created = {}
      client = kms.ncloud { credentials = function() client:close() error "broken" end, transport = { timeout = 9 } }
      assert(not pcall(client.rename_key, client, PARAMS))
      assert(not created[1].open)
    ]])
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("is not opened again if it is the caller's and closed: the call raises at the caller's line", function()
    local curl = require "kms.transport.curl"
    local transport = curl.new {}
    transport:close()
    local closed_client = new_client(transport)
    local message = catch(function() closed_client:update_primary_region(PARAMS) end)
    assert.equal("bad argument #1 to 'huawei' (transport is closed)", message)
  end)

  it("is closed with the client if the client has created it, and is not otherwise", function()
    local closed = 0
    local transport = fake_transport.new(MOVED)
    function transport.close() closed = closed + 1 end
    local own = new_client(transport)
    own:update_primary_region(PARAMS)
    own:close()
    assert.equal(0, closed)
    new_client({}):close() -- before the first call there is nothing to close
  end)
end)
