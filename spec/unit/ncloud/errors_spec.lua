local cjson = require "cjson.safe"
local errors = require "kms.ncloud.errors"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

describe("kms.ncloud.errors", function()
  -- Name of the shape, status, body, and the code and message in it.
  local SHAPES = {
    { "KMS", 400, '{"code":"INVALID_REQUEST","msg":"Invalid request","data":null}', "INVALID_REQUEST", "Invalid request" },
    { "KMS, with message", 404, '{"code":"NOT_FOUND","message":"no key"}', "NOT_FOUND", "no key" },
    { "KMS, under a success status", 200, '{"code":"FORBIDDEN","msg":"Forbidden","data":null}', "FORBIDDEN", "Forbidden" },
    { "KMS, with an empty message", 200, '{"code":"INTERNAL_SERVER_ERROR","msg":""}', "INTERNAL_SERVER_ERROR", "no message" },
    { "the gateway", 401,
      '{"error":{"errorCode":"210","message":"Permission Denied","details":"A subscription to the API is required."}}',
      "210", "Permission Denied: A subscription to the API is required." },
    { "the gateway, without details", 429, '{"error":{"errorCode":"410","message":"Throttle Limited"}}', "410",
      "Throttle Limited" },
    { "the gateway, with a numeric code", 503, '{"error":{"errorCode":500,"message":"Endpoint Error"}}', "500",
      "Endpoint Error" },
    { "the gateway, with a word as code", 404, '{"error":{"errorCode":"NOT_FOUND","message":"Not found"}}', "NOT_FOUND",
      "Not found" },
    { "older services", 500, '{"responseError":{"returnCode":"1000","returnMessage":"Please try again later"}}', "1000",
      "Please try again later" },
    { "a flat object", 400, '{"errorCode":9014,"message":"Tenant not created"}', "9014", "Tenant not created" },
    { "a web framework", 404,
      '{"timestamp":"2026-01-02T03:04:05Z","status":404,"error":"Not Found","message":"no such path","path":"/x"}',
      "404", "no such path" },
    { "a web framework, with an empty message", 404, '{"timestamp":1,"status":404,"error":"Not Found","message":""}', "404",
      "Not Found" },
    { "a web framework, without a message", 404, '{"timestamp":1,"status":404,"error":"Not Found"}', "404", "Not Found" },
    { "a status object", 401, '{"status":{"code":"40100","message":"Unauthorized"}}', "40100", "Unauthorized" },
    { "error.code", 403, '{"error":{"code":"77202","message":"No permission"}}', "77202", "No permission" },
    { "an error that outranks a code beside it", 401,
      '{"code":"X","error":{"errorCode":"200","message":"Authentication Failed"}}', "200", "Authentication Failed" },
    { "an error string", 400, '{"error":"bad thing"}', "400", "bad thing" },
  }
  for _, shape in ipairs(SHAPES) do
    local name, status, body, code, message = unpack(shape, 1, 5)
    it("parse reads code and message in the shape of " .. name, function()
      assert.same({ code, message }, { errors.parse(cjson.decode(body), status) })
    end)
  end

  it("parse returns nil for an object of another shape, and for success", function()
    for _, body in ipairs { "{}", '{"code":"SUCCESS","data":null}', '{"data":{}}', '{"error":{}}', '{"status":"x"}' } do
      assert.is_nil(errors.parse(cjson.decode(body), 200), body)
    end
  end)

  it("every code of the gateway has a hint, and the more exact one comes first", function()
    local function find_hint(code, message)
      for _, hint in ipairs(errors.hints) do
        if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then return hint.hint end
      end
    end
    assert.matches("no credentials", find_hint("200", "Authentication information are missing."))
    assert.matches("secret key", find_hint("200", "Authentication Failed"))
    assert.matches("no permission", find_hint("210", "Permission Denied"))
    assert.is_nil(find_hint("FORBIDDEN", ""))
  end)
end)
