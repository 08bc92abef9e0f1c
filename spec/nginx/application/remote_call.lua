--- Serves function calls from outside NGINX. spec.helpers.nginx_server makes them.
-- luacheck: std ngx_lua

local serializer = require "spec.helpers.serializer"

local remote_call = {}

--- Calls `fn` with the value in the request's body, and sends what it returns or raises.
---@param fn fun(argument: any): any, kms.Error?
function remote_call.serve(fn)
  ngx.req.read_body()
  local ok, value, err = pcall(fn, serializer.decode(ngx.req.get_body_data()))
  ngx.print(serializer.encode(ok and { value = value, err = err } or { raised = tostring(value) }))
end

return remote_call
