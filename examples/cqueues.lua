--- Calls in coroutines of cqueues: the controller runs other coroutines while a call waits.
--- Run with the variables of docs/usage.md: lua examples/cqueues.lua KEY_TAG...

local controller = require("cqueues").new()
local cqueues = require "cqueues"
local kms = require "kms"

local ncloud = kms.ncloud {
  transport = require("kms.loop.cqueues").new { ca_file = os.getenv "KMS_CA_FILE" },
}
local remaining = #arg

for _, key_tag in ipairs(arg) do
  controller:wrap(function()
    local key, err = ncloud:get_key { key_tag = key_tag }
    print(key and ("%s is named %s"):format(key_tag, key.key_name) or tostring(err))
    remaining = remaining - 1
  end)
end

-- The rest of the program, which the calls do not block.
controller:wrap(function()
  local tick_count = 0
  while remaining > 0 do
    cqueues.sleep(0.001)
    tick_count = tick_count + 1
  end
  print(("the program went on: %d ticks"):format(tick_count))
end)

assert(controller:loop())
