local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.tags", function()
  huawei_wire.declare("tags", it)

  local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

  it("delete_tag encodes the key of the tag as one segment of the path, and has no body", function()
    for key, segment in pairs { ["a/b"] = "a%2Fb", ["a b"] = "a%20b", ["é"] = "%C3%A9", ["50%"] = "50%25", ["a?b#c"] = "a%3Fb%23c" } do
      local request = huawei_wire.send("delete_tag", { key_id = KEY, key = key })
      assert.matches("/kms/" .. KEY .. "/tags/" .. segment, request.path, 1, true)
      assert.same({ nil, {} }, { request.body, request.query })
    end
    for _, key in ipairs { "", ".", "..", "a\0" } do assert.equal("key", huawei_wire.refuse("delete_tag", { key = key }).code) end
  end)

  it("batch_create_kms_tags names the path of a wrong member", function()
    local client = huawei_wire.new_client {}
    local function call(tags) client:batch_create_kms_tags { key_id = KEY, action = "create", tags = tags } end
    assert.has_error(function() call { { key = "a" }, { key = "b", value = 1 } } end,
      "bad argument #1 to 'batch_create_kms_tags' (field 'tags[2].value': string expected, got number)")
    assert.has_error(function() call { { key = "a", name = "b" } } end,
      "bad argument #1 to 'batch_create_kms_tags' (field 'tags[1]': unknown field \"name\"; known: key, value)")
    assert.has_error(function() call { { value = "b" } } end,
      "bad argument #1 to 'batch_create_kms_tags' (field 'tags[1].key' is missing)")
  end)

  it("list_kms_by_tags reads the types of the documented sample: numbers in place of text, and the reverse", function()
    -- The sample of a cloud that runs the same service.
    local result = huawei_wire.receive("list_kms_by_tags", [[{"resources":[{"resource_id":"r","resource_detail":{
      "creation_date":1638806642000,"key_state":2,"default_key_flag":0,"key_type":1},"tags":[]}],"total_count":"1"}]])
    assert.same({ resources = { { resource_id = "r", tags = {}, resource_detail = { creation_date = 1638806642, key_state = 2,
      default_key_flag = 0, key_type = "1" } } }, total_count = 1 }, result)
  end)
end)
