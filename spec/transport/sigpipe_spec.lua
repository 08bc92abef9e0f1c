--- SIGPIPE, which libcurl before 7.87 raises when it writes to a lost TLS connection.

local curl_requests = require "spec.helpers.curl_requests"
local subprocess = require "spec.helpers.subprocess"

local HOST = ("%s/%s/sigpipe_host"):format(os.getenv "BUILD" or "build", subprocess.lua)

describe("SIGPIPE", function()
  it("is dropped while it is blocked, and otherwise left to the host", function()
    -- The version makes every libcurl an old one.
    assert(os.execute(("gcc -pthread -Icsrc -DKMS_SIGPIPE_FIXED_IN=0xffffff -o %s spec/transport/sigpipe/host.c csrc/curl/sigpipe.c "
      .. "$(pkg-config --cflags --libs libcurl)"):format(HOST)))
    local pipe = assert(io.popen(HOST))
    local output = pipe:read "*a"
    pipe:close()
    assert.equal("dropped\nnested\nblocked by the host\npending for the host\n", output)
  end)

  it("does not reach a host whose server resets the connection during a long request", function()
    -- A SIGPIPE would end this process.
    local transport = curl_requests.new_transport()
    for _ = 1, 3 do
      local _, err = transport:send(curl_requests.new_request("https", "/fault/reset", {
        method = "PUT", body = ("x"):rep(2 ^ 23),
      }))
      assert.equal("closed", err.code)
    end
  end)
end)
