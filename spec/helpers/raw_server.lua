--- Does something beside spec/servers/raw_server.lua, the servers that NGINX cannot be.

local child = require "spec.helpers.subprocess"
local servers = require "spec.helpers.test_servers"

--- Calls `call` while a server of that mode listens at the place "proxy"; what the server read as head.
---@param mode string of raw.lua
---@param call function
---@return string
return function(mode, call)
  local pipe = assert(io.popen(("%s spec/servers/raw_server.lua %s %d"):format(child.lua, mode, servers.port "proxy")))
  assert(pipe:read "*l" == "ready")
  call()
  local seen = pipe:read "*a"
  pipe:close()
  return seen
end
