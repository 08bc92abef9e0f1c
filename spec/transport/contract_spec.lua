--- The contract of every transport for a transport of your own: make test TESTS=spec/transport/contract_spec.lua
--- TRANSPORT=your.module. The module has a function `new`, which takes options of kms.transport.curl. Without TRANSPORT, the
--- contract runs for the adapters of kms.loop outside their hosts, where they block.

local servers = require "spec.helpers.test_servers"

local modules = { os.getenv "TRANSPORT" }
if not modules[1] then modules = { "kms.loop.luv", "kms.loop.cqueues" } end

for _, name in ipairs(modules) do
  local ok, module = pcall(require, name)
  if ok then
    describe("a transport of " .. name, function()
      require("spec.transport.contract")(module.new, servers, { describe = describe, it = it, assert = assert })
    end)
  else
    it(("a transport of %s keeps the contract"):format(name), function()
      assert.is_true(not os.getenv "TRANSPORT" and not os.getenv "CI", module)
      pending(name .. " is not installed for this Lua")
    end)
  end
end
