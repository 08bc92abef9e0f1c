local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

describe("kms.sign.ncloud with the vectors", function()
  local vectors = signing.vectors "ncloud_signature_v2"
  for _, vector in ipairs(vectors) do
    it("computes all stages of vector " .. vector.name, function()
      local request = { method = vector.method, target = vector.uri }
      local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
      local time = vector.timestamp_ms / 1000
      local actual = assert(sign.ncloud_stages(request, credentials, time))
      assert.same({ string_to_sign = vector.string_to_sign, signature = vector.signature }, actual)
      assert.same({
        ["x-ncp-apigw-timestamp"] = ("%.0f"):format(vector.timestamp_ms),
        ["x-ncp-iam-access-key"] = vector.access_key,
        ["x-ncp-apigw-signature-v2"] = vector.signature,
      }, assert(sign.ncloud(request, credentials, time)))
    end)
  end

  it("covers 48 vectors", function() assert.equal(48, #vectors) end)
end)

describe("kms.sign.ncloud", function()
  local function stages(changes, credentials, time)
    return sign.ncloud_stages(signing.request(changes), credentials or signing.credentials, time or signing.time)
  end

  local function first_line(changes) return (assert(stages(changes)).string_to_sign:match "^[^\n]*") end

  it("signs the target built from path and query if the request has none", function()
    local path, query = { "kms", "v1", "keys", "a/ü b", "name" }, { { "z", "1 2" }, { "a", "" } }
    assert.equal("PUT /kms/v1/keys/a%2F%C3%BC%20b/name?z=1%202&a=", first_line { path = path, query = query })
    assert.equal("PUT " .. sign.target(path, query), first_line { path = path, query = query })
    assert.same(stages { path = path, query = query }, stages { target = sign.target(path, query) })
  end)

  it("signs a target byte for byte and ignores path and query", function()
    local target = "/a/../b//%e2%82%ac?x&y=+&%2f"
    assert.equal("PUT " .. target, first_line { target = target })
    assert.equal("PUT " .. target, first_line { target = target, path = signing.none, query = signing.none })
    assert.equal("PUT " .. target, first_line { target = target, path = "no", query = { { "\0", "" } } })
  end)

  it("does not read body, headers and host", function()
    assert.same(stages(), stages { body = signing.none, headers = { { "\n", 1 } }, host = false })
  end)

  it("rounds the time to the nearest millisecond", function()
    local times = {
      [0] = "0", [0.0004] = "0", [0.0005] = "1", [0.0015] = "2", [1767323045.1234] = "1767323045123",
      [1767323045.1236] = "1767323045124", [1767323045.9996] = "1767323046000", [253402300799.999] = "253402300799999",
    }
    for time, expected in pairs(times) do
      assert.equal(expected, sign.ncloud(signing.request(), signing.credentials, time)["x-ncp-apigw-timestamp"])
    end
    -- Every millisecond of a second survives, although no binary fraction is exact.
    for ms = 1767323045000, 1767323045999 do
      local added = sign.ncloud(signing.request(), signing.credentials, ms / 1000)
      assert.equal(("%.0f"):format(ms), added["x-ncp-apigw-timestamp"])
    end
  end)

  it("refuses targets that a request line cannot carry", function()
    local long = "/" .. ("a"):rep(32768)
    for _, target in ipairs { "", "a", "http://h/", "*", "/a b", "/a#b", "/\n", "/\0", "/é", long } do
      signing.assert_invalid("target", "target must", stages { target = target })
    end
    assert(stages { target = long:sub(1, 32768) })
  end)

  it("refuses the same methods, keys, times, paths and queries as kms.sign.huawei", function()
    signing.assert_invalid("method", "0x20", stages { method = "P T" })
    signing.assert_invalid("access_key", "0x2c", stages(nil, { access_key = "a,b", secret_key = "s" }))
    signing.assert_invalid("access_key", "empty", stages(nil, { access_key = "", secret_key = "s" }))
    signing.assert_invalid("secret_key", "empty", stages(nil, { access_key = "a", secret_key = "" }))
    signing.assert_invalid("timestamp", "timestamp must be", stages(nil, nil, 0 / 0))
    signing.assert_invalid("path", "must start", stages { path = "kms" })
    signing.assert_invalid("path", "32768", stages { path = { ("a"):rep(32768) } })
    signing.assert_invalid("query", "query[1].value must be UTF-8 without NUL; got byte 0x00",
      stages { query = { { "a", "\0" } } })
  end)
end)
