--- kms.emulator.random_faults: faults at random, from a seed.

local emulator = require "kms.emulator"
local random = require "kms.emulator.random"
local random_faults = require "kms.emulator.random_faults"
local requests = require "spec.helpers.emulator_requests"

local function draw(setting, count)
  local generator, list = random.new(setting.seed or 0), {}
  for i = 1, count do list[i] = random_faults.draw(setting, generator) or false end
  return list
end

local function count_faults(list)
  local count = 0
  for _, fault in ipairs(list) do count = count + (fault and 1 or 0) end
  return count
end

-- The outcomes of requests to an emulator with random faults.
local function send_all(setting, count)
  local cloud, outcomes = emulator.new { settings = { random_faults = setting } }, {}
  for i = 1, count do
    local response, err = cloud:send(requests.rename(cloud, { name = "name" .. i }))
    outcomes[i] = response and response.status or err.code
  end
  return outcomes, cloud
end

describe("random faults of the emulator", function()
  it("the rate is the share of requests that meet a fault", function()
    assert.equal(0, count_faults(draw({ rate = 0 }, 1000)))
    assert.equal(1000, count_faults(draw({ rate = 1 }, 1000)))
    local count = count_faults(draw({ rate = 0.1, seed = 7 }, 10000))
    assert.is_true(count > 900 and count < 1100, count)
  end)

  it("the same seed gives the same faults, another seed others", function()
    local setting = { rate = 0.3, seed = 7 }
    assert.same(send_all(setting, 50), send_all(setting, 50))
    assert.not_same(send_all(setting, 50), send_all({ rate = 0.3, seed = 8 }, 50))
  end)

  it("the kinds do not decide which requests meet a fault", function()
    local first, second = draw({ rate = 0.2, seed = 3 }, 200), draw({ rate = 0.2, seed = 3, kinds = { "delay" } }, 200)
    for i = 1, 200 do assert.equal(first[i] ~= false, second[i] ~= false) end
  end)

  it("all kinds of the setting occur, named or with their fields", function()
    local outcomes = {}
    for _, outcome in ipairs(send_all({ rate = 1, kinds = { "bad_gateway", { kind = "status", status = 418 } } }, 50)) do
      outcomes[outcome] = true
    end
    assert.same({ [502] = true, [418] = true }, outcomes)
  end)

  it("requests that do not match meet no fault", function()
    local outcomes, cloud = send_all({ rate = 1, match = { operation = "get_key" } }, 20)
    for _, outcome in ipairs(outcomes) do assert.equal(200, outcome) end
    local status = requests.handle(cloud, requests.rename(cloud, { method = "GET", path = "/kms/v1/keys/" .. requests.TAG,
      body = "" }))
    assert.is_not.equal(404, status)
  end)

  it("a fault of cloud:fault has precedence, and does not change the random ones", function()
    local expected = send_all({ rate = 0.5, seed = 1 }, 20)
    local cloud = emulator.new { settings = { random_faults = { rate = 0.5, seed = 1 } } }
    cloud:fault { kind = "status", status = 418 }
    for i = 1, 20 do
      local response, err = cloud:send(requests.rename(cloud, { name = "name" .. i }))
      assert.equal(i == 1 and 418 or expected[i], response and response.status or err.code)
    end
  end)

  it("a change of the setting starts its numbers again", function()
    local setting = { rate = 0.5, seed = 4 }
    local expected, cloud = send_all(setting, 20)
    cloud:settings { random_faults = setting }
    for i = 1, 20 do
      local response, err = cloud:send(requests.rename(cloud, { name = "name" .. i }))
      assert.equal(expected[i], response and response.status or err.code)
    end
  end)

  local function find_problem(setting)
    return random_faults.find_problem(setting, function(fault) return fault.kind == "flood" and "no such kind" or nil end)
  end

  for _, case in ipairs {
    { "a number", 1, "table expected" },
    { "a rate above 1", { rate = 1.5 }, "rate must be a number from 0 to 1; got 1.5" },
    { "a kind that is a number", { rate = 1, kinds = { 5 } }, "kinds[1] must be the name of a kind or a fault; got 5" },
    { "a wrong fault", { rate = 1, kinds = { "delay", { kind = "flood" } } }, "kinds[2]: no such kind" },
    { "no kind", { rate = 1, kinds = {} }, "kinds must have a member" },
    { "an unknown field", { rate = 1, chance = 1 }, 'unknown field "chance"' },
  } do
    it("find_problem finds " .. case[1], function()
      local problem = find_problem(case[2])
      assert.truthy(problem and problem:find(case[3], 1, true), problem)
    end)
  end
end)
