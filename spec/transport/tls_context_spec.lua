--- TLS peers that send records without application data do not outlast the deadline of a request.

local curl = require "kms.transport.curl"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local BUILD = ("%s/%s"):format(os.getenv "BUILD" or "build", subprocess.lua)

describe("a peer that sends KeyUpdate messages without pause", function()
  local SERVER = BUILD .. "/key_update_server"

  setup(function()
    assert(os.execute(("gcc -o %s spec/transport/key_update/server.c $(pkg-config --cflags --libs libssl libcrypto)"):format(SERVER)))
  end)

  --- Calls `call` while the server listens.
  local function with_server(call)
    local pipe = assert(io.popen(("%s %d %s/server.pem %s/server.key"):format(SERVER, servers.port "proxy", servers.dir, servers.dir)))
    assert.equal("ready", pipe:read "*l")
    call()
    pipe:close()
  end

  local function request(timeout)
    return { method = "PUT", scheme = "https", host = servers.host "proxy", target = "/", timeout = timeout }
  end

  it("does not outlast the deadline of a blocking send", function()
    with_server(function()
      local transport = curl.new { ca_file = servers.ca_file }
      assert.equal("ok", transport:send(request(10)).body)
      local before = transport:clock()
      local _, err = transport:send(request(0.5))
      assert.same({ "timeout", true }, { err.code, err.uncertain })
      assert.is_true(transport:clock() - before < 0.7)
    end)
  end)

  it("does not hold up the other requests of a multi", function()
    with_server(function()
      local transport, multi = curl.new { ca_file = servers.ca_file }, curl.multi()
      assert.equal("ok", transport:send(request(10)).body)
      local flooded = assert(multi:add(transport, request(2)))
      local good = assert(multi:add(transport, { method = "GET", scheme = "https", host = servers.host "https", target = "/" }))
      local ids = {}
      local deadline = multi:clock() + 10
      while #ids < 2 and multi:clock() < deadline do ids[#ids + 1] = (multi:step(1)) end
      assert.same({ good, flooded }, ids)
    end)
  end)
end)
