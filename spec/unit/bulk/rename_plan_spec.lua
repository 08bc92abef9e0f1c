--- kms.bulk.rename_plan: an order of renames in which every name is free when it is needed.

local plan = require "kms.bulk.plan"
local rename_plan = require "kms.bulk.rename_plan"

--- Makes steps from a table of tag to new name.
local function new_steps(renames)
  local tags, steps = {}, {}
  for tag in pairs(renames) do tags[#tags + 1] = tag end
  table.sort(tags)
  for i, tag in ipairs(tags) do
    steps[i] = { n = i, line = i, key = tag, params = { key_tag = tag, key_name = renames[tag] } }
  end
  return steps
end

--- Renames step by step; a name in use is an error.
local function apply(steps, names)
  local copy, used, count = {}, {}, 0
  for tag, name in pairs(names) do copy[tag], used[name] = name, tag end
  plan.link(steps)
  for _, first in ipairs(steps) do
    local step = not first.after and first or nil
    while step do
      local name = step.params.key_name
      assert(used[name] == nil or used[name] == step.key, name .. " is in use")
      used[copy[step.key]] = nil
      copy[step.key], used[name], count = name, step.key, count + 1
      step = step.next
    end
  end
  assert.equal(#steps, count)
  return copy
end

local function check(names, renames)
  local steps = new_steps(renames)
  assert.same({}, rename_plan.order(steps, names))
  local result = apply(steps, names)
  for tag, name in pairs(names) do assert.equal(renames[tag] or name, result[tag]) end
  return steps
end

describe("the order of renames", function()
  it("renames independent keys without waiting", function()
    for _, step in ipairs(check({ a = "one", b = "two" }, { a = "three", b = "four" })) do assert.is_nil(step.after) end
  end)

  it("renames the key that has a name before the one that gets it", function()
    local steps = check({ a = "one", b = "two", c = "three" }, { a = "two", b = "three", c = "four" })
    assert.same({ 2, 3 }, { steps[1].after, steps[2].after })
    assert.is_nil(steps[3].after)
  end)

  it("swaps names through a temporary one", function()
    local steps = check({ a = "one", b = "two" }, { a = "two", b = "one" })
    assert.equal(3, #steps)
    assert.same({ "kms-tmp-1", true, "a", "one" },
      { steps[3].params.key_name, steps[3].is_temporary, steps[3].key, steps[3].before })
  end)

  it("breaks circles of any length, beside chains, and avoids temporary names that exist", function()
    local steps = check({ a = "one", b = "two", c = "three", d = "four", e = "five", f = "six", g = "seven", h = "kms-tmp-1" },
      { a = "two", b = "three", c = "one", d = "five", e = "four", f = "seven", g = "eight" })
    assert.equal(9, #steps)
    assert.same({ "kms-tmp-2", "kms-tmp-3" }, { steps[8].params.key_name, steps[9].params.key_name })
  end)

  it("gives every order of up to five keys its new names", function()
    local tags, names = { "a", "b", "c", "d", "e" }, { a = "one", b = "two", c = "three", d = "four", e = "five" }
    local function permute(list, count)
      if count == 1 then
        local renames = {}
        for i, tag in ipairs(tags) do renames[tag] = list[i] end
        check(names, renames)
        return
      end
      for i = 1, count do
        list[i], list[count] = list[count], list[i]
        permute(list, count - 1)
        list[i], list[count] = list[count], list[i]
      end
    end
    permute({ "one", "two", "three", "four", "five" }, 5)
  end)

  it("marks a key that has the name already", function()
    local steps = new_steps { a = "one", b = "three" }
    rename_plan.order(steps, { a = "one", b = "two" })
    assert.same({ "already", "one" }, { steps[1].outcome, steps[1].before })
    assert.is_nil(steps[2].outcome)
  end)

  it("lists names that are taken or wanted twice, and tags that do not exist", function()
    local steps = new_steps { a = "two", b = "new", c = "new", x = "any" }
    steps[4].key = "nowhere"
    assert.same({ { line = 1, message = 'name "two" is taken by key k' }, { line = 3, message = 'name "new" is also in line 2' },
      { line = 4, message = 'there is no key with tag "nowhere"' } },
      rename_plan.order(steps, { a = "one", b = "three", c = "four", k = "two" }))
  end)

  it("takes names that differ only in letter case for the same name", function()
    local steps = new_steps { a = "Two", b = "three" }
    rename_plan.order(steps, { a = "one", b = "two" })
    assert.equal(2, steps[1].after)
    assert.same({ { line = 1, message = 'name "TWO" is taken by key b, whose name is "two"; case does not count' } },
      rename_plan.order(new_steps { a = "TWO" }, { a = "one", b = "two" }))
    assert.same({}, rename_plan.order(new_steps { a = "ONE" }, { a = "one" }))
  end)

  it("without the names that exist finds only names that are wanted twice", function()
    local steps = new_steps { a = "new", b = "new", c = "one" }
    assert.same({ { line = 2, message = 'name "new" is also in line 1' } }, rename_plan.order(steps, nil))
    assert.is_nil(steps[1].before)
  end)
end)
