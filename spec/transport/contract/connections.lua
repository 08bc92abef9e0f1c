--- Which connections a transport reuses, as specs.

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send, send_echo = client.open, client.send, client.send_echo
  local send_for_connection, assert_fails = client.send_for_connection, client.assert_fails

  describe("kept connections of a transport", function()
    it("a connection is reused, also after a response with an error status", function()
      local transport = open()
      for _, fields in ipairs({ { scheme = "http" }, client.HTTPS }) do
        local first = send_for_connection(transport, fields)
        assert.equal(first, send_for_connection(transport, fields))
        assert.equal(404, send(transport, "/status?is=404", fields).status)
        assert.equal(first, send_for_connection(transport, fields))
      end
    end)

    it("a connection is not reused with keepalive = 0", function()
      local transport = open({ keepalive = 0 })
      assert.is_true(send_for_connection(transport) ~= send_for_connection(transport))
    end)

    it("a connection is not reused after keepalive seconds", function()
      local transport = open({ keepalive = 0.01 })
      local first = send_for_connection(transport)
      transport:sleep(0.02)
      assert.is_true(first ~= send_for_connection(transport))
    end)

    it("a connection that the server has closed is replaced", function()
      local transport = open()
      assert.equal("well", send(transport, "/fault/liar").body)
      assert.equal(200, send(transport, "/").status)
    end)

    for name, fault in pairs({
      ["a timeout"] = { "timeout", "/late", 0.2 },
      ["a response that is too large"] = { "too_large", "/fault/large" },
      ["a response that is cut off"] = { "closed", "/fault/closed_in_body" },
      ["a closed connection"] = { "closed", "/fault/closed" },
      ["garbage"] = { "other", "/fault/no_colon" },
    }) do
      it("a connection is closed after " .. name, function()
        for _, fields in ipairs({ { scheme = "http" }, client.HTTPS }) do
          local transport = open({ max_response = 1000 })
          local first = send_for_connection(transport, fields)
          local failing = { scheme = fields.scheme, host = fields.host }
          failing.timeout = fault[3]
          assert_fails(fault[1], true, send(transport, fault[2], failing))
          local echo, response = send_echo(transport, "/next", fields)
          assert.equal("GET /next HTTP/1.1", echo.line)
          assert.is_true(first ~= response.headers["x-connection"])
        end
      end)
    end

    it("a transport with an open connection returns a connect error for another host, and continues", function()
      local transport = open()
      send_for_connection(transport)
      assert_fails("connect", false, send(transport, "/", { host = client.servers.host("nobody") }))
      assert.equal("string", type(send_for_connection(transport)))
    end)
  end)
end
