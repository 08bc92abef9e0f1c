--- kms.emulator.router: which operation a method and a path belong to.

local router = require "kms.emulator.router"

local OPERATIONS = {
  list = { name = "list", route = "GET /v1/{project}/keys" },
  create = { name = "create", route = "POST /v1/{project}/keys" },
  show = { name = "show", route = "GET /v1/{project}/keys/{key_id}" },
  tags = { name = "tags", route = "GET /v1/{project}/{key_id}/tags" },
  action = { name = "action", route = "POST /v1/{project}/instances/action" },
  two = { name = "two", route = { "GET /roles", "GET /roles/" } },
  role = { name = "role", route = "GET /roles/{id}" },
  root = { name = "root", route = "GET /" },
}

local function find(method, target)
  local operation, params, is_known_path = router.new(OPERATIONS):find { method = method, target = target }
  return operation and operation.name, params, is_known_path
end

describe("kms.emulator.router", function()
  it("find returns the operation of a method and path, and the segments in place of the placeholders", function()
    assert.same({ "show", { project = "p", key_id = "a/b" }, true }, { find("GET", "/v1/p/keys/a%2Fb?x=1") })
    assert.same({ "list", { project = "p" }, true }, { find("GET", "/v1/p/keys") })
    assert.same({ "create", { project = "p" }, true }, { find("POST", "/v1/p/keys") })
    assert.equal("root", (find("GET", "/")))
  end)

  it("find prefers a literal segment to a placeholder, and tries the placeholder when the literal leads nowhere", function()
    assert.equal("show", (find("GET", "/v1/p/keys/tags")))
    assert.same({ "tags", { project = "p", key_id = "instances" }, true }, { find("GET", "/v1/p/instances/tags") })
    assert.equal("action", (find("POST", "/v1/p/instances/action")))
  end)

  it("an operation can have several routes", function()
    assert.equal("two", (find("GET", "/roles")))
    assert.equal("two", (find("GET", "/roles/")))
    assert.same({ "role", { id = "x" }, true }, { find("GET", "/roles/x") })
  end)

  it("find tells a known path with another method from an unknown path", function()
    local operation, params, is_known_path = find("DELETE", "/v1/p/keys")
    assert.is_nil(operation)
    assert.is_nil(params)
    assert.is_true(is_known_path)
    for _, target in ipairs { "/v1/p", "/v1/p/keys/k/x", "/v1/p/keys/", "/v2/p/keys" } do
      is_known_path = select(3, find("PATCH", target))
      assert.equal(target == "/v1/p/keys/", is_known_path, target)
    end
  end)

  it("new raises an error for two operations with the same method and path", function()
    assert.has_error(function()
      router.new { a = { route = "GET /x/{a}" }, b = { route = "GET /x/{b}" } }
    end)
  end)
end)
