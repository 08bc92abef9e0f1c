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

  local function find_hint(code, message)
    for _, hint in ipairs(errors.hints) do
      if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then return hint.hint end
    end
  end

  local file = assert(io.open "spec/fixtures/ncloud_errors.json")
  local documented = assert(cjson.decode((file:read "*a")))
  file:close()

  it("every documented code that tells what to do has a hint, and no other code has one", function()
    assert.is_true(#documented > 10)
    for _, row in ipairs(documented) do
      assert.equal(row.needs_hint or false, find_hint(row.code, row.message or "") ~= nil, row.code)
    end
  end)

  it("every hint belongs to a documented code", function()
    for _, hint in ipairs(errors.hints) do
      local is_documented = false
      for _, row in ipairs(documented) do is_documented = is_documented or row.code:find(hint.code) ~= nil end
      assert.is_true(is_documented, hint.code)
    end
  end)

  it("the more exact hint of a code comes first", function()
    assert.matches("no credentials", find_hint("200", "Authentication information are missing."))
    assert.matches("secret key", find_hint("200", "Authentication Failed"))
  end)

  it("the status that a web framework puts into its body has no hint of the gateway's codes", function()
    for _, status in ipairs { "400", "410", "420", "500" } do assert.is_nil(find_hint(status, "Bad Request")) end
  end)
end)
