--- Runs methods of cosocket transports for a spec outside NGINX: POST /transport.
-- luacheck: std ngx_lua

local cosocket = require "kms.transport.cosocket"
local remote_call = require "spec.nginx.application.remote_call"

local transports = {}

--- Makes a transport, with another version of ngx_lua if the order has one. The argument error must name this file, so
--- `cosocket.new` is not called as a tail call.
local function new_transport(order)
  local version = ngx.config.ngx_lua_version
  rawset(ngx.config, "ngx_lua_version", order.ngx_lua_version or version)
  local ok, transport = pcall(function()
    local transport = cosocket.new(order.argument)
    return transport
  end)
  rawset(ngx.config, "ngx_lua_version", version)
  if not ok then error(transport, 0) end
  return transport
end

--- Searches what a program can print of a value: its text, its fields and its metatable, as deep as they go.
---@return string path of the text in the value; "" if it is not there
local function find_text(value, text, path, visited)
  if tostring(value):find(text, 1, true) then return path end
  if type(value) ~= "table" or visited[value] then return "" end
  visited[value] = true
  for key, member in pairs(value) do
    for _, part in ipairs { key, member } do
      local found = find_text(part, text, path .. "." .. tostring(key), visited)
      if found ~= "" then return found end
    end
  end
  return find_text(getmetatable(value), text, path .. " metatable", visited)
end

--- Tells this worker to exit. It does so after the events under way, so not before the caller waits for something.
--- os.execute would ignore the signal.
local function start_exit()
  io.popen("kill -QUIT " .. ngx.worker.pid()):close()
end

local function run(order)
  if order.method == "new" then
    transports[#transports + 1] = new_transport(order)
    return #transports
  elseif order.method == "find_text" then
    return find_text(cosocket.new(order.argument), order.text, "transport", {})
  end
  local transport, how = transports[order.id], order.how or {}
  local value, err
  local function call() value, err = transport[order.method](transport, order.argument) end
  local threads = {}
  if how.busy_seconds then
    local busy_until = os.clock() + how.busy_seconds
    while os.clock() < busy_until do end -- NGINX does not update its cached time meanwhile
    -- The end of this thread is an event during the call, with which NGINX updates it.
    threads[1] = ngx.thread.spawn(function() ngx.sleep(0.01) end)
  end
  if how.exit then start_exit() end
  while how.exit == "before" and not ngx.worker.exiting() do ngx.sleep(0.001) end
  for _ = 2, how.thread_count or 1 do threads[#threads + 1] = ngx.thread.spawn(call) end
  call()
  for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
  return value, err
end

return { serve = function() remote_call.serve(run) end }
