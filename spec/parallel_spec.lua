--- kms.parallel: many calls of the unchanged client at once.

local curl = require "kms.transport.curl"
local emulated = require "spec.support.emulated"
local kms = require "kms"
local many = require "spec.support.many"

--- Everything that a run gives: numbers, results and errors in the order they came.
local function drain(...)
  local numbers, results, errs = {}, {}, {}
  for number, result, err in ... do
    numbers[#numbers + 1] = number
    results[number], errs[number] = result, err
  end
  return numbers, results, errs
end

local function ascending(numbers)
  for i = 2, #numbers do
    if numbers[i] ~= numbers[i - 1] + 1 then return false end
  end
  return true
end

describe("kms.parallel", function()
  before_each(function() many.state "reset" end)

  for _, case in ipairs { { "many", "1.1", 64 }, { "many_http2", "2", 1 } } do
    it("makes 1,000 calls, 64 at a time, over HTTP/" .. case[2], function()
      local client = many.client { endpoint = case[1], transport = many.transport { http_version = case[2] } }
      local parallel = kms.parallel { concurrency = 64 }
      local keys = many.keys(1000, { delay = 50 })
      local numbers, results = drain(parallel:map(keys, many.move(client)))
      assert.equal(1000, #numbers)
      assert.is_true(ascending(numbers))
      for i, key in ipairs(keys) do assert.equal(key, results[i].key_id) end
      local state = many.state()
      assert.equal(1000, state.calls)
      assert.equal(64, state.most)
      assert.equal(case[3], state.connections)
      assert.same({ requests = 1000, connections = case[3] }, parallel:stats())
      parallel:close()
    end)
  end
end)
