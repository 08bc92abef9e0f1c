--- Sends a request whose host name cannot be resolved in time. Run by host.c, whose lookups take longer than the timeout.

local transport = require("kms.transport.curl").new { timeout = 0.1 }
local response, err = transport:send {
  method = "GET", scheme = "https", host = "unresolved.example.com", target = "/", headers = {}, timeout = 0.1,
}
assert(response == nil and err.code == "timeout", tostring(err))
