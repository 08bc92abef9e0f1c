--- kms.util.endpoint: parsing and validation.

local endpoint = require "kms.util.endpoint"
local validate = require "kms.util.validate"

describe("kms.util.endpoint", function()
  it("parses an endpoint into scheme and host, without the default port", function()
    for url, expected in pairs {
      ["https://kms.example.com"] = { "https", "kms.example.com" },
      ["https://kms.example.com/"] = { "https", "kms.example.com" },
      ["https://KMS.example.com:8443"] = { "https", "kms.example.com:8443" },
      ["https://kms.example.com:443"] = { "https", "kms.example.com" },
      ["https://kms.example.com:4430"] = { "https", "kms.example.com:4430" },
      ["http://127.0.0.1:80"] = { "http", "127.0.0.1" },
      ["http://[::1]:8080"] = { "http", "[::1]:8080" },
    } do
      assert.same(expected, { endpoint.parse(url) })
    end
  end)

  it("refuses a path, a query, user information, an unknown scheme, and http beyond loopback", function()
    for _, url in ipairs { "", "kms.example.com", "ftp://x", "https://", "https://x/path", "https://x?q", "https://u@x",
      "https://x y", "https://x\r\nHost: y", "HTTPS://x", "http://kms.example.com" } do
      assert.is_nil(endpoint.parse(url))
      assert.is_string(validate.value("endpoint", url, endpoint.RULE))
    end
  end)

  it("does not show user information in the problem", function()
    local problem = validate.value("endpoint", "https://user:password@x", endpoint.RULE)
    assert.equal('endpoint must be https://host[:port] without a path (http:// for loopback only); got "https://[secret]@x"', problem)
  end)
end)
