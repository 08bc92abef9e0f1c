--- The programs in examples, run as `make demo` runs them: against the emulator, with the variables that it prints.

local emulator_client = require "spec.helpers.emulator_client"
local subprocess = require "spec.helpers.subprocess"

local variables = {}
for line in io.lines(os.getenv "KMS_EMULATOR_DIR" .. "/env") do
  local name, value = line:match "^export ([%w_]+)='(.*)'$"
  if name then variables[name] = value end
end

--- Runs an example.
---@return string output, boolean ok
local function run(arguments)
  return subprocess.execute(("%s examples/%s"):format(subprocess.lua, arguments), variables)
end

--- The first words of the lines of a tour, without its title.
local function list_steps(output)
  local steps = {}
  for name in output:gmatch "\n  ([%l_]+) " do steps[#steps + 1] = name end
  return steps
end

describe("examples/tour.lua", function()
  before_each(emulator_client.reset)

  it("shows the life of a Huawei key in two regions", function()
    local output, ok = run("tour.lua huawei cn-east-3 " .. variables.KMS_EMULATOR_OTHER_PROJECT_ID)
    assert.is_true(ok, output)
    assert.same({ "create_key", "create_alias", "create_kms_tag", "encrypt_data", "replicate_key", "update_primary_region",
      "list_keys", "decrypt_data", "delete_key", "cancel_key_deletion" }, list_steps(output))
    assert.matches("hello, decrypted in cn-east-3", output, 1, true)
  end)

  it("shows the life of a NAVER key", function()
    local output, ok = run "tour.lua ncloud"
    assert.is_true(ok, output)
    assert.same({ "create_key", "rename_key", "encrypt", "rotate_key", "re_encrypt", "create_token_set", "decrypt",
      "delete_token_generator", "request_key_deletion", "cancel_key_deletion" }, list_steps(output))
    assert.matches("its status is DISABLE", output, 1, true)
  end)

  it("prints the error of the cloud and stops at it", function()
    local output, ok = run "tour.lua huawei cn-east-3 00000000000000000000000000000000"
    assert.is_false(ok)
    assert.matches("huawei replicate_key .*: service error KMS%.", output)
    assert.is_nil(output:find("update_primary_region", 1, true))
  end)

  it("says how it is used", function()
    local output, ok = run "tour.lua"
    assert.is_false(ok)
    assert.matches("^usage: ", output)
  end)
end)
