local assert_entries = require "spec.helpers.operation_entries"
local catalog = require "kms.call.catalog"
local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local facts = require "spec.helpers.huawei_facts"
local huawei_wire = require "spec.helpers.huawei_wire"
local operations = require "kms.huawei.operations"

describe("kms.huawei.operations", function()
  it("has complete entries", function()
    assert_entries(catalog.new(operations), { "project_id" })
  end)

  it("has the 75 documented operations", function()
    local count = 0
    for entry in catalog.new(operations):each() do
      assert.equal(entry.official, facts.find(entry.name).official)
      count = count + 1
    end
    assert.same({ 75, 75 }, { count, #facts.list() })
  end)

  it("says in every note whether it is inferred or unverified, or says nothing of the kind", function()
    for entry in catalog.new(operations):each() do
      for _, note in ipairs(entry.notes or {}) do
        assert.is_nil(note:find("^%l"), entry.name)
        assert.is_truthy(note:find "%.$", entry.name .. ": " .. note)
      end
      local has_status = facts.find(entry.name).success ~= nil
      local is_marked = table.concat(entry.notes or {}):find("no HTTP status of a success", 1, true) ~= nil
      assert.equal(not has_status, is_marked, entry.name)
    end
  end)

  it("have examples that the library sends and the emulator authenticates", function()
    for entry in catalog.new(operations):each() do
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(cloud, { retry = false })
      local result, err = client[entry.name](client, entry.example)
      assert.equal(1, cloud:requests("huawei", entry.name), entry.name)
      assert.is_true(result ~= nil or err.status ~= 401 and not err.code:find "^APIGW", tostring(err))
    end
  end)

  -- Shapes of error bodies: name, body, kind and code of the error.
  local SHAPES = {
    { "KMS", '{"error":{"error_code":"KMS.0205","error_msg":"m"}}', "service", "KMS.0205" },
    { "the gateway", '{"error_code":"APIGW.0106","error_msg":"m","request_id":"r"}', "service", "APIGW.0106" },
    { "IAM", '{"error":{"code":403,"message":"m","title":"Forbidden"}}', "service", "403" },
    { "older services", '{"code":"VPC.0105","message":"m"}', "service", "VPC.0105" },
    { "some services", '{"errorCode":"X.1","errorMsg":"m"}', "service", "X.1" },
    { "identity policies", '{"error_code":"PAP5.0001","error_msg":"m","encoded_authorization_message":"Egp"}', "service",
      "PAP5.0001" },
    { "batch operations", '{"error_code":"B.1","error_msg":"m","details":[{"error_code":"B.2","error_msg":"n"}]}', "service", "B.1" },
    { "a wrapper", '{"badRequest":{"code":400,"message":"m"}}', "service", "400" },
    { "a proxy, HTML", "<html>Bad Gateway</html>", "protocol", "not_json" },
    { "a proxy, nothing", "", "protocol", "empty" },
    { "a connection that was cut", '{"error":{"error_code":"KMS.02', "protocol", "not_json" },
    { "JSON that is not an object", '["KMS.0205"]', "protocol", "not_object" },
  }
  for _, shape in ipairs(SHAPES) do
    local name, body, kind, code = shape[1], shape[2], shape[3], shape[4]
    it("return the error of a body in the shape of " .. name, function()
      -- A read, a write without a result, and one with an envelope.
      for _, operation in ipairs { "list_keys", "delete_alias", "enable_key" } do
        local client = huawei_wire.new_client { status = 400, body = body }
        local result, err = client[operation](client, facts.params(facts.find(operation)))
        assert.is_nil(result)
        assert.same({ kind, code, 400, false }, { err.kind, err.code, err.status, err.uncertain })
      end
    end)
  end

  it("succeed with an empty body if no field of the result is required", function()
    for _, operation in ipairs(facts.list()) do
      local entry, is_optional = catalog.new(operations):find(operation.name), true
      for _, field in ipairs(entry.result) do is_optional = is_optional and not field.required end
      for _, status in ipairs { 200, 201, 204 } do
        local client = huawei_wire.new_client { status = status, body = "" }
        local result, err = client[operation.name](client, facts.params(operation))
        if is_optional then
          assert.same({}, result, operation.name)
        else
          assert.same({ "protocol", "empty" }, { err.kind, err.code }, operation.name)
        end
      end
    end
  end)
end)
