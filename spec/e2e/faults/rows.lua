--- The fault matrix: all rows, in one list. A row is its name, what is wrong, and `gives`: what a call ends in, as
--- "kind code [status] [uncertain]", or "done". There is one expectation per row, for every transport and way of calling.
---
--- What is wrong is one of: `place` or `host`, where to call (spec/e2e/faults/unreachable.lua); `send`, the bytes that come, with
--- more about them (spec/e2e/faults/malformed_bytes.lua); `status`, with `headers` and `body` (responses.lua,
--- json_bodies.lua). Bytes, headers and bodies may be functions of the request's head (echoed_secrets.lua).
--- `emulator` is the same as a fault of kms.emulator; a row with `status` needs none. `cloud` and `scheme` narrow a row down;
--- `timeout` is the client's, in seconds. `alike` says that the scheme makes no difference: the row is tried over one.

local rows = {}

for _, name in ipairs { "unreachable", "malformed_bytes", "responses", "json_bodies", "echoed_secrets" } do
  local alike = name == "responses" or name == "json_bodies"
  for _, row in ipairs(require("spec.e2e.faults." .. name)) do
    row.alike = alike or row.timeout ~= nil
    rows[#rows + 1] = row
  end
end

return rows
