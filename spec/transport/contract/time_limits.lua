--- How long a transport waits, as specs.

local monotonic = require("kms.http1").monotonic
local with_raw_server = require "spec.helpers.raw_server"

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send, count_requests, assert_fails = client.open, client.send, client.count_requests, client.assert_fails

  describe("the time limits of a transport", function()
    it("the option timeout limits a request to a silent or slow server", function()
      for _, fault in ipairs({ "silent", "drip" }) do
        assert_fails("timeout", true, send(open({ timeout = 0.2 }), "/fault/" .. fault))
      end
    end)

    for _, case in ipairs({
      { mode = "drip_handshake", part = "handshake", is_sent = false },
      { mode = "drip_response", part = "response", is_sent = true },
    }) do
      it(("the timeout of a request limits a TLS %s that arrives byte by byte #timing"):format(case.part), function()
        with_raw_server(case.mode, function()
          local transport = open()
          local started_at = monotonic()
          assert_fails("timeout", case.is_sent, send(transport, "/", {
            method = "PUT", scheme = "https", host = client.servers.host("proxy"), body = ("x"):rep(8192), timeout = 0.5,
          }))
          local seconds = monotonic() - started_at
          -- The server sends for much longer; a busy machine may let this process wait.
          assert.is_true(seconds > 0.45 and seconds < 1.5, seconds)
        end)
      end)
    end

    it("the timeout of a request limits that request only", function()
      local transport = open()
      assert_fails("timeout", true, send(transport, "/fault/silent", { timeout = 0.2 }))
      assert.equal(200, send(transport, "/", { timeout = 20 }).status)
    end)

    it("a request without time left opens no connection", function()
      local transport = open()
      assert.equal(0, count_requests("late", function()
        assert_fails("timeout", false, send(transport, "/counted/late", { timeout = 0 }))
      end))
    end)

    it("sleep waits for the given seconds", function()
      local transport = open()
      local before = monotonic() -- the transport may have no clock
      transport:sleep(0.02)
      assert.is_true(monotonic() - before >= 0.019)
    end)
  end)
end
