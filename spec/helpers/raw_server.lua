--- Runs a function while spec/servers/raw_server.lua listens: a server that does what NGINX cannot.

local piped_server = require "spec.helpers.piped_server"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

--- Calls `call` while the server listens at the port "proxy".
---@param mode string of spec/servers/raw_server.lua
---@param call function
---@return string heads of the requests that the server received
return function(mode, call)
  return piped_server(("%s spec/servers/raw_server.lua %s %d"):format(subprocess.lua, mode, servers.port "proxy"), call)
end
