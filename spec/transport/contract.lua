--- The contract of every transport, as specs: contract(new, servers, test).
-- `new(options)` returns a transport with options of kms.transport.curl. It may ignore `ca_file` if the transport trusts the
-- test CA in another way. `servers` is spec.helpers.test_servers. `test` has busted's describe, it and assert (equal, same,
-- is_nil, is_true, is_false), because busted defines them for spec files only.

local new_client = require "spec.transport.contract.client"

local PARTS = { "requests", "responses", "tls", "time_limits", "hosts", "connections" }

return function(new, servers, test)
  local client = new_client(new, servers, test.assert)
  for _, part in ipairs(PARTS) do require("spec.transport.contract." .. part)(client, test) end
end
