local param_search = require "kms.call.param_search"

describe("kms.call.param_search", function()
  local PAINT = {
    params = {
      { name = "wall", type = "string", required = true, is_key = true },
      { name = "owner", type = "object", place = "body", fields = {
        { name = "name", type = "string" }, { name = "pin", type = "string", secret = true },
      } },
      { name = "text", type = "string|list", secret = true, items = { type = "string" },
        place = "body" },
    },
  }

  it("find_key returns the param that names the key", function()
    assert.equal("w", param_search.find_key(PAINT, { wall = "w", colour = "red" }))
    assert.is_nil(param_search.find_key(PAINT, { wall = 1 }))
    assert.is_nil(param_search.find_key({ params = {} }, {}))
  end)

  it("collect_secrets finds secrets in lists and objects too", function()
    assert.same({ "1234", "a", "b" }, param_search.collect_secrets(PAINT, { wall = "w", owner = { pin = "1234", name = "n" },
      text = { "a", "b" } }))
    local entry = { params = { { name = "list", type = "list", items = { type = "object", fields = {
      { name = "token", type = "string", secret = true }, { name = "id", type = "string" } } } } } }
    assert.same({ "t1", "t2" }, param_search.collect_secrets(entry, { list = { { token = "t1", id = "1" }, { token = "t2" } } }))
  end)
end)
