local assert_entries = require "spec.helpers.operation_entries"
local cjson = require "cjson.safe"
local operation = require "kms.call.operation"
local operations = require "kms.ncloud.operations"

local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

describe("kms.ncloud.operations", function()
  it("has complete entries", function()
    assert_entries(operations, {})
  end)

  local rename_key, get_key = operations[1], operations[2]
  local SETTINGS = { scheme = "https", host = "h", headers = {} }

  local function assert_refused(name, params)
    local values, err = operation.validate_params(rename_key, params)
    assert.is_nil(values)
    assert.same({ "invalid", name }, { err.kind, err.code })
    return err.message
  end

  it("rename_key has the documented path and body", function()
    local request = operation.build_request(rename_key, { key_tag = TAG, key_name = "newKeyName" }, SETTINGS)
    assert.same({ "PUT", "/kms/v1/keys/" .. TAG .. "/name" }, { request.method, request.target })
    assert.same({ keyName = "newKeyName" }, cjson.decode(request.body))
  end)

  it("get_key has the documented path and no body", function()
    local request = operation.build_request(get_key, { key_tag = TAG }, SETTINGS)
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
      assert.equal("/kms/v1/keys/" .. segment, operation.build_request(get_key, { key_tag = tag }, SETTINGS).target)
    end
  end)

  it("rename_key refuses a key_tag that is empty, too long, not UTF-8, or not possible in a path", function()
    for _, tag in ipairs { "", ".", "..", "\255", "a\0b", "\237\160\128", ("x"):rep(1025) } do
      assert_refused("key_tag", { key_tag = tag, key_name = "name" })
    end
    assert(operation.validate_params(rename_key, { key_tag = ("x"):rep(1024), key_name = "name" }))
  end)

  it("rename_key refuses a key_name that is too short or too long, and shows its length", function()
    assert.equal('key_name must be 3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter; '
      .. 'got "ab" (2)', assert_refused("key_name", { key_tag = TAG, key_name = "ab" }))
    assert_refused("key_name", { key_tag = TAG, key_name = ("a"):rep(16) })
  end)

  it("rename_key refuses a key_name that does not begin with a letter", function()
    for _, name in ipairs { "1abc", "-abc", "_abc" } do assert_refused("key_name", { key_tag = TAG, key_name = name }) end
  end)

  it("rename_key refuses other characters in a key_name", function()
    for _, name in ipairs { "", "a b", "a.b", "abc\n", "이름이름" } do
      assert_refused("key_name", { key_tag = TAG, key_name = name })
    end
  end)

  it("rename_key accepts every documented key_name", function()
    for _, name in ipairs { "abc", ("a"):rep(15), "Ab-_9" } do
      assert(operation.validate_params(rename_key, { key_tag = TAG, key_name = name }))
    end
  end)

  it("get_key returns what the response contains", function()
    assert.same({ key_tag = "t", key_name = "n", status = "ENABLE", base_url = "u" }, operation.parse_result(get_key,
      { keyTag = "t", keyName = "n", status = "ENABLE", baseUrl = "u", keyType = 1, other = "x" }, { key_tag = "t" }))
  end)
end)
