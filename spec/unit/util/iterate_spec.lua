local iterate = require "kms.util.iterate"
local subprocess = require "spec.helpers.subprocess"

describe("kms.util.iterate", function()
  it("members iterates over all members, and calls no metamethod", function()
    local copy = {}
    local value = setmetatable({ 1, 2, a = 3 }, { __pairs = error, __index = error })
    for name, member in iterate.members(value) do copy[name] = member end
    assert.same({ 1, 2, a = 3 }, copy)
  end)

  it("copy returns a table of its own with the same members and no metatable, and calls no metamethod", function()
    local value = setmetatable({ 1, 2, a = 3 }, { __pairs = error, __index = error })
    local copy = iterate.copy(value)
    assert.same({ 1, 2, a = 3 }, copy)
    assert.is_nil(getmetatable(copy))
    copy.a = 4
    assert.equal(3, value.a)
  end)

  it("a loop over members ends in a finalizer, also if LuaJIT has compiled it for other tables", function()
    local output, ok = subprocess.run([[
      local finalizers = require "spec.helpers.finalizers"
      local redact = require "kms.util.redact"
      local SECRETS, count = { "secret of the spec" }, 0
      local ROUNDS = rawget(_G, "jit") and 200 or 10 -- until LuaJIT has compiled the loop
      local function copy_error(name)
        redact.fields({ kind = "service", code = "X", message = "m", status = 500, uncertain = true, [name] = "x" }, SECRETS)
      end
      for _ = 1, ROUNDS do copy_error "request_id" end
      for i = 1, ROUNDS do
        finalizers.add(function()
          count = count + 1
          redact.fields({ kind = "invalid", code = "coroutine", message = "m", uncertain = false }, {})
        end)
        for j = 1, 20 do copy_error(j) end
        if i % 10 == 0 then collectgarbage() end
      end
      collectgarbage()
      print(count == ROUNDS)
    ]], nil, "timeout 60")
    assert.equal("true\n", output)
    assert.is_true(ok)
  end)
end)
