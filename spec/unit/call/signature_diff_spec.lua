local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local sign = require "kms.sign"
local signature_diff = require "kms.call.signature_diff"

local TOKEN_HEADER, OTHER_HEADER = { "X-Security-Token", "hush" }, { "X-A", "1" }

local function compute_canonical_request(changes)
  local request = { method = "PUT", host = "h", path = "/p", headers = { TOKEN_HEADER, OTHER_HEADER }, body = "{}" }
  for name, value in pairs(changes or {}) do request[name] = value end
  return sign.huawei_stages(request, { access_key = "A", secret_key = "S" }, 0).canonical_request
end

--- Compares a request with the message of a gateway that received it with changes.
local function compare(changes, suffix)
  local printed = compute_canonical_request(changes):gsub("\n", "|")
  return signature_diff.compare("verify aksk signature fail, canonicalRequest:" .. printed .. (suffix or ""),
    compute_canonical_request())
end

describe("kms.call.signature_diff", function()
  it("returns the first line that differs, with its role", function()
    assert.same({ role = "method", theirs = "POST", ours = "PUT" }, compare { method = "POST" })
    assert.same({ role = "path", theirs = "/q/", ours = "/p/" }, compare { path = "/q" })
    assert.same({ role = "query", theirs = "a=1", ours = "" }, compare { query = { { "a", "1" } } })
    assert.same({ role = "header host", theirs = "i", ours = "h" }, compare { host = "i" })
    assert.same({ role = "header x-a", theirs = "2", ours = "1" }, compare { headers = { TOKEN_HEADER, { "X-A", "2" } } })
    assert.equal("payload hash", compare({ body = "[]" }).role)
  end)

  it("shows the length of a secret header, not its value", function()
    assert.same({ role = "header x-security-token", theirs = "(8 bytes, not shown)", ours = "(4 bytes, not shown)" },
      compare { headers = { { "X-Security-Token", "hushhush" }, OTHER_HEADER } })
  end)

  it("names a header that one side does not have", function()
    local diff = compare { headers = { TOKEN_HEADER } }
    assert.equal("header x-a", diff.role)
    assert.matches("x%-sdk%-date", diff.theirs)
  end)

  it("returns false if both sides are the same, also with text after the payload hash", function()
    assert.is_false(compare())
    assert.is_false(compare(nil, ". request id 5f3c"))
  end)

  it("returns nil if the message contains no canonical request", function()
    assert.is_nil(signature_diff.compare("verify aksk signature fail", compute_canonical_request()))
  end)

  it("is in the error of a refused call, with a hint", function()
    local cloud = emulator.new()
    local _, err = emulated_huawei.new_client(cloud, emulated_huawei.wrong_keys())
      :update_primary_region(emulated_huawei.PARAMS)
    assert.matches("the secret key does not belong to this access key", err.message, 1, true)
    assert.is_nil(err.diff)

    local transport = emulated_huawei.shift_clock(cloud, 0)
    function transport.send(_, request)
      request.target = request.target:gsub("0d0466b0", "1d0466b0")
      return cloud:send(request)
    end
    _, err = emulated_huawei.new_client(transport):update_primary_region(emulated_huawei.PARAMS)
    assert.equal("path", err.diff.role)
    assert.matches("the gateway received another path than the one that was signed, see diff", err.message, 1, true)
  end)
end)
