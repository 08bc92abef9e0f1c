--- Transports of a worker, used from outside: each kms.transport.cosocket is called through POST /remote. In NGINX only.
-- luacheck: std ngx_lua

local cosocket = require "kms.transport.cosocket"
local wire = require "spec.helpers.serializer"

local transports = {}

-- No tail call: a raised message is to name this file.
local function call(order)
  if order.method == "new" then
    local made = cosocket.new(order.argument)
    transports[#transports + 1] = made
    return #transports
  end
  local transport = transports[order.id]
  local value, err
  local function run() value, err = transport[order.method](transport, order.argument) end
  local others = {}
  for i = 2, order.together or 1 do others[i - 1] = ngx.thread.spawn(run) end
  run()
  for _, thread in ipairs(others) do ngx.thread.wait(thread) end
  return value, err
end

return {
  run = function()
    ngx.req.read_body()
    local ok, value, err = pcall(call, wire.decode(ngx.req.get_body_data()))
    ngx.print(wire.encode(ok and { value = value, err = err } or { raised = tostring(value) }))
  end,
}
