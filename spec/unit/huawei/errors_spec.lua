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

  it("one hint matches each of the gateway's refusals", function()
    local function count_hints(code, message)
      local count = 0
      for _, hint in ipairs(errors.hints) do
        if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then count = count + 1 end
      end
      return count
    end
    assert.equal(1, count_hints("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"))
    assert.equal(1, count_hints("APIG.0301", "Incorrect IAM authentication information: ak not exist"))
    assert.equal(1, count_hints("APIGW.0307", "The token must be updated."))
    assert.equal(1, count_hints("KMS.0321", ""))
    assert.equal(0, count_hints("KMS.0106", ""))
  end)
end)
