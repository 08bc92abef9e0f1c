--- Which hosts a transport reaches, as specs.

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send, assert_fails = client.open, client.send, client.assert_fails

  describe("the hosts of a transport", function()
    it("a request to a host at which no server listens fails with a connect error that names the host", function()
      local err = assert_fails("connect", false, send(open(), "/", { host = client.servers.host("nobody") }))
      assert.equal("string", type(err.message:match("localhost:%d+")))
    end)

    it("a request to a host name that does not exist fails with a dns error", function()
      assert_fails("dns", false, send(open({ timeout = 5 }), "/", { scheme = "https", host = "x.invalid" }))
    end)

    it("plain HTTP does not reach other machines", function()
      for _, host in ipairs({ "192.0.2.1", "kms.example", "127.0.0.1.example", "localhost.example", "128.0.0.1",
        "127.1", "0127.0.0.1", "2130706433", "[::2]", "[::ffff:192.0.2.1]" }) do
        local response, err = send(open(), "/", { host = host })
        assert.is_nil(response)
        assert.equal("invalid", err.kind)
        assert.equal("scheme", err.code)
        assert.equal("string", type(err.message:match("loopback only")))
      end
    end)

    it("plain HTTP reaches link-local addresses only if the request allows it", function()
      -- No time is left, so a valid request fails before anything is sent.
      local function find_problem(host, link_local)
        local transport = open()
        local fields = { host = host, link_local = link_local, timeout = -1 }
        local _, err = send(transport, "/", fields)
        return err.kind .. " " .. err.code
      end
      assert.equal("invalid scheme", find_problem("169.254.169.254", nil))
      assert.equal("transport timeout", find_problem("169.254.169.254", true))
      for _, host in ipairs({ "192.0.2.1", "169.255.0.1", "kms.example", "0169.254.0.1" }) do
        assert.equal("invalid scheme", find_problem(host, true))
      end
    end)

    it("the timeout of a request can exceed the default", function()
      -- The response arrives at once; the request must only be accepted.
      local transport = open()
      assert.equal(200, send(transport, "/", { timeout = 1e6 }).status)
    end)
  end)
end
