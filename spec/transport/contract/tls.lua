--- Which servers a transport trusts, as specs.

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send = client.open, client.send
  local send_for_connection, assert_fails = client.send_for_connection, client.assert_fails

  describe("TLS connections of a transport", function()
    it("a TLS connection accepts a certificate of the CA in ca_file for the name and the address of the host", function()
      local transport = open()
      assert.equal("string", type(send_for_connection(transport, client.HTTPS)))
      assert.equal("string",
        type(send_for_connection(transport, { scheme = "https", host = client.servers.host("https", "127.0.0.1") })))
    end)

    for server, problem in pairs({
      unknown_ca = "of an unknown CA",
      self_signed = "that is self-signed",
      expired = "that has expired",
      wrong_host = "for another name",
    }) do
      it("a TLS connection rejects a certificate " .. problem, function()
        assert_fails("tls", false, send(open(), "/", { scheme = "https", host = client.servers.host(server) }))
      end)
    end

    it("a TLS connection rejects a server with TLS 1.1", function()
      assert_fails("tls", false, send(open(), "/", { scheme = "https", host = client.servers.host("tls11") }))
    end)

    it("a TLS connection to a server without TLS fails", function()
      assert_fails("tls", false, send(open(), "/", { scheme = "https", host = client.servers.host("http") }))
    end)
  end)
end
