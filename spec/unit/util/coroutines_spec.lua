--- kms.util.coroutines: a pcall that coroutines can yield across, and where it comes from.

local coroutines = require "kms.util.coroutines"
local lua_features = require "spec.helpers.lua_features"
local subprocess = require "spec.helpers.subprocess"

local is_lua51 = lua_features.is_lua51

--- What kms.util.coroutines is in a process in which the Lua code `prepare` runs first.
local function load_after(prepare)
  local output, ok = subprocess.run(prepare .. [[
    local coroutines = require "kms.util.coroutines"
    print(coroutines.is_native, coroutines.can_suspend, coroutines.pcall == pcall)
  ]])
  assert.is_true(ok, output)
  return output
end

describe("kms.util.coroutines", function()
  it("pcall passes on what a coroutine yields and is resumed with, and returns the results of its function", function()
    local thread = coroutine.create(function()
      return coroutines.pcall(function(...)
        local first = coroutine.yield(...)
        return first, coroutine.yield "second"
      end, 1, nil, 3)
    end)
    assert.same({ true, 1, nil, 3 }, { coroutine.resume(thread) })
    assert.same({ true, "second" }, { coroutine.resume(thread, "a") })
    assert.same({ true, true, "a", "b" }, { coroutine.resume(thread, "b") })
  end)

  it("pcall returns the value that its function raises, inside a coroutine and outside", function()
    local value = {}
    local function check()
      assert.same({ false, "text" }, { coroutines.pcall(error, "text", 0) })
      local ok, err = coroutines.pcall(error, value)
      assert.is_false(ok)
      assert.equal(value, err)
    end
    check()
    local ok, problem = coroutine.resume(coroutine.create(check))
    assert.is_true(ok, problem)
  end)

  it("running returns the coroutine of the caller inside pcall", function()
    local thread
    thread = coroutine.create(function()
      return coroutines.running(), select(2, coroutines.pcall(coroutines.running))
    end)
    local ok, outside, inside = coroutine.resume(thread)
    assert.is_true(ok, outside)
    assert.equal(thread, outside)
    assert.equal(thread, inside)
  end)

  it("pcall is that of Lua where coroutines can yield across it", function()
    local expected = is_lua51 and "false\ttrue\tfalse\n" or "true\ttrue\ttrue\n"
    assert.equal(expected, load_after "")
    assert.equal(not is_lua51, package.loaded.coxpcall == nil)
  end)

  it("can_suspend is false only where Lua needs the module coxpcall and does not find it", function()
    local expected = is_lua51 and "false\tfalse\ttrue\n" or "true\ttrue\ttrue\n"
    for _, prepare in ipairs {
      'package.preload.coxpcall = function() error "absent" end ', "package.preload.coxpcall = function() return true end ",
    } do
      assert.equal(expected, load_after(prepare))
    end
  end)
end)
