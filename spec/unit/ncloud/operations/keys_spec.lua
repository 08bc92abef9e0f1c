local cjson = require "cjson.safe"
local encoder = require "kms.call.encoder"
local operations = require "kms.ncloud.operations.keys"
local result_reader = require "kms.call.result_reader"

local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

describe("kms.ncloud.operations.keys", function()
  local rename_key, get_key = operations[1], operations[2]
  local SETTINGS = { scheme = "https", host = "h", headers = {} }

  it("rename_key has the documented path and body", function()
    local request = encoder.build_request(rename_key, { key_tag = TAG, key_name = "newKeyName" }, SETTINGS)
    assert.same({ "PUT", "/kms/v1/keys/" .. TAG .. "/name" }, { request.method, request.target })
    assert.same({ keyName = "newKeyName" }, cjson.decode(request.body))
  end)

  it("get_key has the documented path and no body", function()
    local request = encoder.build_request(get_key, { key_tag = TAG }, SETTINGS)
    assert.same({ "GET", "/kms/v1/keys/" .. TAG }, { request.method, request.target })
    assert.is_nil(request.body)
  end)

  it("rename_key may be repeated, because it sets a final state, and get_key only reads", function()
    assert.same({ true, nil }, { rename_key.repeatable, rename_key.read_only })
    assert.same({ nil, true }, { get_key.repeatable, get_key.read_only })
  end)

  it("a key_tag is one segment of the path, whatever it contains", function()
    for tag, segment in pairs { ["a b"] = "a%20b", ["a/b"] = "a%2Fb", ["%2F"] = "%252F", ["a?b#c"] = "a%3Fb%23c",
      ["키"] = "%ED%82%A4", ["..."] = "..." } do
      assert.equal("/kms/v1/keys/" .. segment, encoder.build_request(get_key, { key_tag = tag }, SETTINGS).target)
    end
  end)

  it("get_key returns what the response contains", function()
    assert.same({ key_tag = "t", key_name = "n", status = "ENABLE", base_url = "u" }, result_reader.read(get_key,
      { keyTag = "t", keyName = "n", status = "ENABLE", baseUrl = "u", keyType = {}, other = "x" }, { key_tag = "t" }))
  end)
end)
