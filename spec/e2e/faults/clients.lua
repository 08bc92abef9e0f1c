--- Clients of the fault matrix, kept between calls: in the spec's own process, and inside NGINX for the transports there.

local kms = require "kms"
local wire = require "spec.helpers.serializer"

local caller = {}

local clients = {}

local function open(order)
  local options = {}
  for name, value in pairs(order.options) do options[name] = value end
  options.transport = require(order.transport).new(order.transport_options)
  -- One attempt: what becomes of it is what a row tells.
  options.retry, options.lock_guard = false, false
  return kms[order.cloud](options)
end

--- Calls with the client of this name, made at its first call.
---@param order table `client`, `cloud`, `options`, `transport` (a module's name), `transport_options`, `call`, `params`
---@return table? result, kms.Error? err
function caller.call(order)
  local client = clients[order.client] or open(order)
  clients[order.client] = not order.last and client or nil
  return client[order.call](client, order.params)
end

--- The same from outside NGINX, in kms's own Lua values.
function caller.run()
  local ngx = rawget(_G, "ngx")
  ngx.req.read_body()
  local ok, result, err = pcall(caller.call, wire.decode(ngx.req.get_body_data()))
  ngx.print(wire.encode(ok and { value = result, err = err } or { raised = tostring(result) }))
end

return caller
