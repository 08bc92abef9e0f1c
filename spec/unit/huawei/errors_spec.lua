local cjson = require "cjson.safe"
local errors = require "kms.huawei.errors"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

describe("kms.huawei.errors", function()
  -- Name of the shape, body, code and message in it.
  local SHAPES = {
    { "KMS", '{"error":{"error_code":"KMS.0205","error_msg":"The key id is invalid."}}', "KMS.0205",
      "The key id is invalid." },
    { "the gateway", '{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information","request_id":"5f3c"}',
      "APIGW.0301", "Incorrect IAM authentication information" },
    { "IAM, with a numeric code", '{"error":{"code":401,"message":"The request requires authentication.","title":"x"}}', "401",
      "The request requires authentication." },
    { "older services", '{"code":"VPC.0105","message":"{\\"x\\":1}"}', "VPC.0105", '{"x":1}' },
    { "some services", '{"errorCode":"X.1","errorMsg":"no"}', "X.1", "no" },
    { "batch operations", '{"error_code":"B.1","error_msg":"two failed","details":[{"error_code":"B.2","error_msg":"no"}]}',
      "B.1", "two failed" },
    { "a wrapper", '{"badRequest":{"code":400,"message":"bad"}}', "400", "bad" },
    { "several wrappers, of which the first by name counts",
      '{"z":{"code":2,"message":"two"},"a":{"code":1,"message":"one"}}', "1", "one" },
    { "a code without a message", '{"error":{"error_code":"KMS.0306"}}', "KMS.0306", "no message" },
    { "null in error", '{"error":null,"error_code":"KMS.0204","error_msg":"missing"}', "KMS.0204", "missing" },
    { "an error that outranks a code beside it",
      '{"code":"9","message":"no","error":{"error_code":"KMS.0105","error_msg":"x"}}', "KMS.0105", "x" },
  }
  for _, shape in ipairs(SHAPES) do
    local name, body, code, message = unpack(shape, 1, 4)
    it("parse reads code and message in the shape of " .. name, function()
      assert.same({ code, message }, { errors.parse(cjson.decode(body)) })
    end)
  end

  it("parse returns nil for an object of another shape", function()
    for _, body in ipairs { "{}", '{"hello":"world"}', '{"error":"text"}', '{"error":{}}', '{"error_code":null}' } do
      assert.is_nil(errors.parse(cjson.decode(body)), body)
    end
  end)

  it("parse keeps an encoded authorization message in the cause", function()
    for _, body in ipairs {
      '{"error":{"error_code":"KMS.0306","error_msg":"denied","encoded_authorization_message":"Egp"}}',
      '{"error":{"error_code":"KMS.0306","error_msg":"denied"},"encoded_authorization_message":"Egp"}',
      '{"error_code":"PAP5.0001","error_msg":"denied","encoded_authorization_message":"Egp"}',
    } do
      local _, _, cause = errors.parse(cjson.decode(body))
      assert.same({ encoded_authorization_message = "Egp" }, cause)
    end
  end)

  --- Lists the hints for an error.
  local function list_hints(code, message)
    local list = {}
    for _, hint in ipairs(errors.hints) do
      if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then list[#list + 1] = hint.hint end
    end
    return list
  end

  it("one hint matches each of the gateway's refusals", function()
    for _, row in ipairs {
      { "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail" },
      { "APIG.0301", "Incorrect IAM authentication information: ak not exist" },
      { "APIGW.0307", "The token must be updated." },
      { "APIGW.0308", "policy user over ratelimit,limit:20,time:1 second" },
      { "APIG.0101", "The API does not exist or has not been published in the environment." },
    } do
      assert.equal(1, #list_hints(row[1], row[2]), row[1])
    end
  end)

  it("one hint at most belongs to a code of KMS, and none to a longer code", function()
    local count = 0
    for number = 0, 9999 do
      local code = ("KMS.%04d"):format(number)
      local hints = list_hints(code, "")
      assert.is_true(#hints <= 1, code)
      if hints[1] then
        count = count + 1
        assert.same({}, list_hints(code .. "0", ""))
        assert.same({}, list_hints("x" .. code, ""))
        assert.same({}, list_hints(code:gsub("%.", "x"), ""))
      end
    end
    assert.equal(72, count)
  end)

  it("the hints for what callers often meet say what to do", function()
    for code, text in pairs { ["KMS.0209"] = "enable_key", ["KMS.0210"] = "cancel_key_deletion", ["KMS.0207"] = "region",
      ["KMS.0321"] = "project_id", ["KMS.1104"] = "name", ["KMS.1401"] = "7 to 1096", ["KMS.2601"] = "create_parameters_for_import" } do
      assert.is_truthy(list_hints(code, "")[1]:find(text, 1, true), code)
    end
  end)

  it("the hint of KMS.0106 marks its inference", function()
    assert.is_truthy(list_hints("KMS.0106", "")[1]:find("probably", 1, true))
  end)
end)
