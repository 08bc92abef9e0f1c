local guard_store = require "kms.call.guard_store"
local shared_guard_store = require "kms.call.shared_guard_store"

--- Creates a context on a clock that `context.time` sets.
local function new_context()
  return { time = 0, clock = function(self) return self.time end }
end

--- Creates an NGINX shared dictionary without expiry.
local function new_dictionary()
  local entries, dictionary = {}, {}
  function dictionary.get(_, key) return entries[key] end
  function dictionary.set(_, key, value) entries[key] = value end
  function dictionary.delete(_, key) entries[key] = nil end
  function dictionary.add(_, key, value)
    if entries[key] ~= nil then return false end
    entries[key] = value
    return true
  end
  function dictionary.incr(_, key, step, initial) entries[key] = (entries[key] or initial) + step end
  function dictionary.get_keys()
    local keys = {}
    for key in pairs(entries) do keys[#keys + 1] = key end
    return keys
  end
  return dictionary
end

local STORES = {
  ["a store of one process"] = guard_store.new,
  ["a store of all workers"] = function() return shared_guard_store.new(new_dictionary(), "guard") end,
}

describe("kms.call.guard_store", function()
  for name, new in pairs(STORES) do
    it(name .. " returns what was set last, refusals with their cause", function()
      local store, context = new(), new_context()
      assert.is_nil(store:get("id", context))
      store:set_good "id"
      assert.equal("good", (store:get("id", context)))
      store:set_refused("id", { code = "c", message = "m" }, context)
      assert.same({ "refused", { code = "c", message = "m" } }, { store:get("id", context) })
      assert.is_nil(store:get("other", context))
      store:reset()
      assert.is_nil(store:get("id", context))
    end)

    it(name .. " has three slots, and gives a slot back", function()
      local store, context = new(), new_context()
      local slots = {}
      for i = 1, 3 do slots[i] = assert(store:begin_trial("id", 10, context)) end
      assert.is_nil(store:begin_trial("id", 10, context))
      assert(store:begin_trial("other", 10, context))
      store:end_trial("id", slots[2])
      assert.equal(slots[2], store:begin_trial("id", 10, context))
    end)

    it(name .. " counts refusals and attempts under way together, four at most", function()
      local store, context = new(), new_context()
      local slot = store:begin_trial("id", 10, context)
      for _ = 1, 3 do store:add_refusal("id") end
      assert.is_nil(store:begin_trial("id", 10, context))
      store:end_trial("id", slot)
      assert(store:begin_trial("id", 10, context))
    end)

    it(name .. " keeps the failure of the last attempt on trial", function()
      local store, context = new(), new_context()
      store:begin_trial("id", 10, context)
      assert.is_nil(store:get_failure "id")
      store:set_failure("id", { code = "connect", message = "m" })
      assert.same({ code = "connect", message = "m" }, store:get_failure "id")
    end)
  end

  it("a slot of a store of one process expires", function()
    local store, context = guard_store.new(), new_context()
    for _ = 1, 3 do store:begin_trial("id", 10, context) end
    context.time = 10
    assert(store:begin_trial("id", 10, context))
  end)

  it("check of a store of all workers names the dictionary if other data is in it", function()
    local dictionary = new_dictionary()
    local store = shared_guard_store.new(dictionary, "everything")
    store:reset()
    store:set_good "id"
    dictionary:set("kms.token:x", "y")
    assert.is_nil(store:check())
    dictionary:set("session", "x")
    assert.matches("lua_shared_dict everything also holds other data", store:check(), 1, true)
  end)
end)
