--- kms.cli.tls: the TLS version and the certificate of an endpoint. spec/e2e/command_spec.lua asks a server.

local tls = require "kms.cli.tls"

describe("kms.cli.tls", function()
  it("reads the version and the end of the server's own certificate", function()
    assert.same({ "TLS 1.3", "2027-03-01" }, { tls.parse [[
Certificate chain
 0 s:CN = localhost
   v:NotBefore: Nov 28 11:24:18 2026 GMT; NotAfter: Mar  1 11:24:18 2027 GMT
 1 s:CN = authority
   v:NotBefore: Nov 28 11:24:18 2020 GMT; NotAfter: Nov 28 11:24:18 2040 GMT
---
New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384
notAfter=Mar  1 11:24:18 2027 GMT
]] })
  end)

  it("knows nothing without a handshake, or where the program is silent", function()
    local version, expires = tls.parse "---\nNew, (NONE), Cipher is (NONE)\n"
    assert.is_nil(version)
    assert.is_nil(expires)
    assert.equal("TLS 1.2", (tls.parse "\nNew, TLSv1.2, Cipher is X\n"))
  end)

  it("calls the endpoint with the certificates that are trusted", function()
    assert.matches("(timeout 5 openssl s_client -connect kms.example:443 -servername kms.example < /dev/null 2> /dev/null)",
      tls.write_command("kms.example", {}), 1, true)
    assert.matches("%-connect localhost:8443 %-servername localhost %-CAfile '/a b/ca.pem' ",
      tls.write_command("localhost:8443", { ca_file = "/a b/ca.pem" }))
  end)

  it("calls through a plain proxy, and not at all where it cannot do as libcurl does", function()
    assert.matches(" %-proxy proxy:3128 ", tls.write_command("kms.example", { proxy = "http://proxy:3128" }))
    for _, settings in ipairs { { proxy = "http://user:secret@proxy:3128" }, { proxy = "http://proxy:3128", no_proxy = "x" },
      { proxy = "socks5://proxy:1080" } } do
      assert.is_nil(tls.write_command("kms.example", settings))
      assert.is_nil((tls.ask("kms.example", settings)))
    end
    assert.is_nil(tls.write_command("kms.example; rm", {}))
  end)
end)
