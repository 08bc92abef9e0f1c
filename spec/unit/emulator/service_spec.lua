--- kms.emulator.service: what all services do for a request before and after the handler of the operation.

local http = require "kms.emulator.http"
local service = require "kms.emulator.service"

local operations = {
  plain = { route = "GET /plain", handler = function(_, call) return { { "body", call.body ~= nil } } end },
  created = { route = "POST /created", status = 201, handler = function() return { { "a", 1 } } end },
  deleted = { route = "DELETE /deleted", status = 204, handler = function() return { { "a", 1 } } end },
  checked = { route = "PUT /checked", required = { "a", "b" }, handler = function(_, call) return { { "a", call.body.a } } end },
  failing = { route = "GET /failing", handler = function() return nil, "WRONG", "details" end },
}

local class = service.new_class(operations)
class.MALFORMED_BODY, class.MISSING_MEMBER = "MALFORMED", "MISSING"

function class:admit(call) -- luacheck: no self
  if not call.operation then return http.text_response(404, "no operation") end
end

function class:refuse(code, details) -- luacheck: no self
  return http.text_response(400, code .. (details and " " .. details or ""))
end

local function handle(method, target, body)
  local self = setmetatable({}, class)
  local call = { request = { method = method, target = target, body = body } }
  call.operation, call.params, call.is_known_path = self.router:find(call.request)
  local response = self:handle(call)
  return response.status, response.body
end

describe("kms.emulator.service", function()
  it("new_class names the operations by their keys", function()
    for name, operation in pairs(operations) do assert.equal(name, operation.name) end
  end)

  it("handle returns what admit returns, without calling a handler", function()
    assert.same({ 404, "no operation" }, { handle("GET", "/none") })
  end)

  it("handle encodes the value of the handler, with status 200 or the status of the operation", function()
    assert.same({ 200, '{"body":false}' }, { handle("GET", "/plain") })
    assert.same({ 201, '{"a":1}' }, { handle("POST", "/created") })
  end)

  it("handle responds with status 204 without content", function()
    assert.same({ 204, "" }, { handle("DELETE", "/deleted") })
  end)

  it("handle decodes the body, and an operation without required members accepts any body", function()
    assert.same({ 200, '{"body":true}' }, { handle("GET", "/plain", "{}") })
    assert.same({ 200, '{"body":false}' }, { handle("GET", "/plain", "{") })
  end)

  it("handle refuses a body that is not an object, and a body without a required member", function()
    assert.same({ 400, "MALFORMED" }, { handle("PUT", "/checked", "[1]") })
    assert.same({ 400, "MALFORMED" }, { handle("PUT", "/checked") })
    assert.same({ 400, "MISSING" }, { handle("PUT", "/checked", '{"a":1}') })
    assert.same({ 200, '{"a":1}' }, { handle("PUT", "/checked", '{"a":1,"b":null}') })
  end)

  it("handle refuses with the code and the details that the handler returns", function()
    assert.same({ 400, "WRONG details" }, { handle("GET", "/failing") })
  end)
end)

describe("the operations of the emulator", function()
  for _, name in ipairs { "huawei", "ncloud", "iam", "metadata" } do
    it("every operation of " .. name .. " has a name, a route and a handler", function()
      local count = 0
      for key, operation in pairs(require("kms.emulator." .. name).operations) do
        count = count + 1
        assert.equal(key, operation.name)
        assert.is_function(operation.handler)
        assert.is_true(type(operation.route) == "string" or #operation.route > 0)
      end
      assert.is_true(count > 0)
    end)
  end
end)
