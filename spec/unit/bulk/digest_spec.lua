--- kms.bulk.digest: the digest of the lines of a plan.

local digest = require "kms.bulk.digest"

local function compute(lines)
  local self = digest.new()
  for _, line in ipairs(lines) do self:add(line) end
  return self:finish()
end

describe("the digest of a plan", function()
  local lines = {}
  for i = 1, 2500 do lines[i] = i .. "\n" end

  it("is the same for the same lines", function()
    assert.matches("^" .. ("%x"):rep(64) .. "$", compute(lines))
    assert.equal(compute(lines), compute(lines))
  end)

  it("is another one if any line differs, or one is missing", function()
    local expected, found = compute(lines), {}
    for _, i in ipairs { 1, 1000, 1001, 2500 } do
      local line = lines[i]
      lines[i] = "x\n"
      found[#found + 1] = compute(lines)
      lines[i] = line
    end
    local last = table.remove(lines)
    found[#found + 1] = compute(lines)
    lines[#lines + 1] = last
    for _, value in ipairs(found) do assert.are_not.equal(expected, value) end
  end)

  it("of no lines is that of no other plan", function()
    assert.are_not.equal(compute {}, compute { "\n" })
  end)
end)
