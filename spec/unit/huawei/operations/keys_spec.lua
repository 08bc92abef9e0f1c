local cjson = require "cjson.safe"
local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.keys", function()
  huawei_wire.declare("keys", it)

  it("list_keys sends numbers as text, whether the caller passes numbers or text", function()
    local expected = { limit = "100", marker = "200", key_state = "2" }
    assert.same(expected, huawei_wire.send("list_keys", { limit = 100, marker = 200, key_state = 2 }).body)
    assert.same(expected, huawei_wire.send("list_keys", { limit = "100", marker = "200", key_state = "2" }).body)
  end)

  it("list_keys reads numbers, times and booleans from text and from JSON's own types", function()
    local key = { creation_date = 1502799822, key_state = 2, default_key_flag = 1, key_rotation_enabled = false, key_type = "1" }
    local as_text = [[{"keys":[],"key_details":[{"creation_date":"1502799822000","key_state":"2","default_key_flag":"1",
      "key_rotation_enabled":"false","key_type":"1"}],"next_marker":"2","truncated":"true","total":1}]]
    local as_types = [[{"keys":[],"key_details":[{"creation_date":1502799822000,"key_state":2,"default_key_flag":1,
      "key_rotation_enabled":false,"key_type":1}],"next_marker":2,"truncated":true,"total":"1"}]]
    local expected = { keys = {}, key_details = { key }, next_marker = 2, truncated = true, total = 1 }
    assert.same(expected, huawei_wire.receive("list_keys", as_text))
    assert.same(expected, huawei_wire.receive("list_keys", as_types))
  end)

  it("list_keys sends a marker together with a limit, as documented", function()
    local first = { body = '{"key_details":[{"key_id":"a"}],"next_marker":"1","truncated":"true"}' }
    local client, transport = huawei_wire.new_client(first, { body = '{"key_details":[{"key_id":"b"}],"truncated":"false"}' })
    for _, key, err in client:each("list_keys", { key_spec = "ALL" }) do assert(key, err) end
    assert.equal('{"key_spec":"ALL"}', transport.requests[1].body)
    assert.same({ key_spec = "ALL", marker = "1", limit = "2000" }, cjson.decode(transport.requests[2].body))
    assert.equal(2, #transport.requests)
  end)

  it("list_key_detail leaves out empty and unknown members", function()
    assert.same({ key_state = 2 }, huawei_wire.receive("list_key_detail",
      [[{"key_info":{"key_state":"2","expiration_time":"","scheduled_deletion_date":"","keystore_id":null,"new_member":{"a":1}}}]]))
  end)

  it("delete_key refuses a waiting time outside 7 to 1096 days", function()
    for _, days in ipairs { 6, 1097, 0, -1, "6" } do
      local err = huawei_wire.refuse("delete_key", { pending_days = days })
      assert.equal("pending_days", err.code)
      assert.matches("pending_days must be 7 to 1096; got " .. days, err.message, 1, true)
    end
    assert.equal("1096", huawei_wire.send("delete_key",
      { key_id = "636accf6-4d8d-43f2-9913-5ea1badad9d5", pending_days = "1096" }).body.pending_days)
  end)

  it("create_key and update_key_alias refuse a name that the cloud does not accept", function()
    for _, name in ipairs { "", "a b", "x/default", ("a"):rep(256) } do
      assert.equal("key_alias", huawei_wire.refuse("create_key", { key_alias = name }).code)
      assert.equal("key_alias", huawei_wire.refuse("update_key_alias", { key_alias = name }).code)
    end
  end)

  it("create_key accepts kinds of keys that the documentation does not list yet", function()
    assert.equal("AES_512", huawei_wire.send("create_key", { key_alias = "a", key_spec = "AES_512" }).body.key_spec)
  end)

  it("enable_key names the operation that verifies an uncertain change", function()
    local client = huawei_wire.new_client { status = 500, body = '{"error":{"error_code":"KMS.0101","error_msg":"m"}}' }
    local _, err = client:enable_key { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" }
    assert.is_true(err.uncertain)
    assert.matches("to verify, read the key with list_key_detail", err.message, 1, true)
  end)
end)
