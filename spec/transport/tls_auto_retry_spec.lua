--- TLS records without application data, which must not keep a read from returning.

local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local piped_server = require "spec.helpers.piped_server"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local BUILD = ("%s/%s"):format(os.getenv "BUILD" or "build", subprocess.lua)

describe("the TLS contexts of kms.transport.curl", function()
  local SERVER = BUILD .. "/key_update_server"

  setup(function()
    assert(os.execute(("gcc -o %s spec/transport/key_update/server.c $(pkg-config --cflags --libs libssl libcrypto)"):format(SERVER)))
  end)

  --- Calls a function while a server listens that sends KeyUpdate messages without pause after its first response.
  local function with_key_update_server(call)
    piped_server(("%s %d %s/server.pem %s/server.key"):format(SERVER, servers.port "proxy", servers.dir, servers.dir), call)
  end

  local function new_request(timeout)
    return curl_requests.new_request("proxy", "/", { method = "PUT", scheme = "https", timeout = timeout })
  end

  -- The code is "timeout" with OpenSSL. GnuTLS ends such a connection itself.
  it("a blocking send ends by its deadline while the server sends KeyUpdate messages without pause #timing", function()
    with_key_update_server(function()
      local transport = curl_requests.new_transport()
      assert.equal("ok", transport:send(new_request(10)).body)
      local before = transport:clock()
      local _, err = transport:send(new_request(0.5))
      assert.same({ "transport", true }, { err.kind, err.uncertain })
      assert.is_true(transport:clock() - before < 1.5)
    end)
  end)

  it("a server that sends KeyUpdate messages without pause does not delay other requests of the multi", function()
    with_key_update_server(function()
      local transport, multi = curl_requests.new_transport(), curl.multi()
      assert.equal("ok", transport:send(new_request(10)).body)
      local flooded = assert(multi:add(transport, new_request(1)))
      local good = assert(multi:add(transport, curl_requests.new_request "https"))
      local start, durations = multi:clock(), {}
      while not (durations[good] and durations[flooded]) and multi:clock() < start + 10 do
        local id = multi:step(1)
        if id then durations[id] = multi:clock() - start end
      end
      -- With GnuTLS the other one may end first.
      assert.is_true(durations[good] < 1)
      assert.is_true(durations[flooded] < 10)
    end)
  end)
end)
