--- Runs methods of cosocket transports for a spec outside NGINX: POST /transport.
-- luacheck: std ngx_lua

local cosocket = require "kms.transport.cosocket"
local remote_call = require "spec.nginx.application.remote_call"

local transports = {}

-- No tail calls: an argument error must name this file.
local function run(order)
  if order.method == "new" then
    local transport = cosocket.new(order.argument)
    transports[#transports + 1] = transport
    return #transports
  end
  local transport = transports[order.id]
  local value, err
  local function call() value, err = transport[order.method](transport, order.argument) end
  local threads = {}
  for i = 2, order.thread_count or 1 do threads[i - 1] = ngx.thread.spawn(call) end
  call()
  for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
  return value, err
end

return { serve = function() remote_call.serve(run) end }
