--- The contract of every transport for a transport of your own: make test TESTS=spec/transport/contract_spec.lua
--- TRANSPORT=your.module. The module has a function `new`, which takes options of kms.transport.curl. Without TRANSPORT, the
--- contract runs for an adapter of kms.loop outside its host, where it blocks.

local servers = require "spec.helpers.test_servers"

local name = os.getenv "TRANSPORT" or "kms.loop.luv"

describe("a transport of " .. name, function()
  require("spec.transport.contract")(require(name).new, servers, { describe = describe, it = it, assert = assert })
end)
