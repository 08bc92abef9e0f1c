--- kms.emulator.settings: defaults, changes and validation.

local emulator = require "kms.emulator"
local settings = require "kms.emulator.settings"

local cloud

before_each(function() cloud = emulator.new { clock = function() return 1767323045.6789 end } end)

describe("the settings of the emulator", function()
  it("a new emulator has the default settings", function()
    assert.same({ metadata_v2 = "optional", metadata_v2_status = 404, metadata_token_lifetime = 21600, agency = true,
      server_role = true, token_lifetime = 86400, key_lifetime = 21600, clock_offset = 0, inferred_replica_changes = "refused",
      inferred_replica_key_ids = "same", alias_list = "array", key_quota = 100, grant_quota = 100, random_faults = { rate = 0 },
      latency = { distribution = "fixed", seconds = 0 }, huawei_quota = 0, ncloud_quota = 0, consistency_delay = 0, request_log = 0,
      inferred_key_name_case = "ignored", inferred_present_key_name = "accepted", inferred_other_zone = "NOT_FOUND", key_list = "sample" },
      cloud:settings())
    assert.same(settings.new(), cloud:settings())
  end)

  it("cloud:settings changes the named settings, and cloud:reset restores the defaults", function()
    local before = cloud:settings()
    local after = cloud:settings { metadata_v2 = "required", clock_offset = -5 }
    assert.equal("required", after.metadata_v2)
    assert.is_true(after.agency)
    assert.same(after, cloud:state().settings)
    assert.equal(cloud:now() - 5, cloud:state().now)
    cloud:reset()
    assert.same(before, cloud:settings())
  end)

  it("cloud:settings copies what it takes and what it returns", function()
    local latency = { distribution = "fixed", seconds = 1 }
    cloud:settings { latency = latency }.latency.seconds = 2
    latency.seconds = 3
    assert.equal(1, cloud:settings().latency.seconds)
  end)

  it("the option settings sets the settings of a new emulator, and cloud:reset restores them", function()
    cloud = emulator.new { settings = { agency = false } }
    cloud:settings { agency = true, server_role = false }
    cloud:reset()
    assert.is_false(cloud:settings().agency)
    assert.is_true(cloud:settings().server_role)
  end)

  for _, case in ipairs {
    { "a string", "required", "table expected" },
    { "an unknown setting", { agency = false, imds = "v2" }, 'unknown setting "imds"' },
    { "an unknown value of metadata_v2", { metadata_v2 = "on" }, "metadata_v2 must be one of" },
    { "another metadata_v2_status", { metadata_v2_status = 500 }, "metadata_v2_status must be 404, 405 or 503; got 500" },
    { "a negative lifetime", { key_lifetime = -1 }, "key_lifetime must be a number of seconds from 0" },
    { "an unknown value of inferred_replica_changes", { inferred_replica_changes = true }, "string expected" },
    { "a negative quota", { key_quota = -1 }, "key_quota must be a whole number from 0" },
    { "an infinite lifetime", { key_lifetime = math.huge }, "'key_lifetime': finite number expected, got inf" },
    { "a clock offset that is not a number", { clock_offset = 0 / 0 }, "'clock_offset': finite number expected" },
    { "a clock offset of a million years", { clock_offset = 1e14 }, "clock_offset must be a number of seconds from -" },
    { "a lifetime that is a string", { token_lifetime = "1" }, "number expected" },
    { "random faults without a rate", { random_faults = {} }, "setting 'random_faults': field 'rate' is missing" },
    { "random faults of an unknown kind", { random_faults = { rate = 1, kinds = { "flood" } } },
      "setting 'random_faults': kinds[1]: kind must be one of" },
    { "an unknown distribution", { latency = { distribution = "even" } }, "setting 'latency': distribution must be one of" },
    { "a quota that is not whole", { huawei_quota = 0.5 }, "huawei_quota must be a whole number from 0" },
    { "an unknown form of the key list", { key_list = "array" }, "key_list must be one of sample, table" },
    { "an agency that is a number", { clock_offset = 0 / 0, agency = 1 }, "boolean expected" },
  } do
    it("cloud:settings raises an argument error for " .. case[1] .. " and changes nothing", function()
      local before = cloud:settings()
      local ok, message = pcall(function() cloud:settings(case[2]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*settings_spec.lua:%d+: bad argument #1 to 'settings' %("), message)
      assert.truthy(message:find(case[3], 1, true), message)
      assert.same(before, cloud:settings())
    end)
  end
end)
