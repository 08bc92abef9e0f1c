--- Runs kms.parallel in handlers: one function per path below /parallel.
-- luacheck: std ngx_lua

local kms = require "kms"
local remote_call = require "spec.nginx.application.remote_call"

local paths = {}

--- Moves the order's `keys` at its `endpoint`, `concurrency` at once, and stops after `result_limit` results. A key
--- "raise" raises. Returns a list of each result's number, and its key or its error code.
paths["/parallel/move"] = function(order)
  local client = kms.huawei { endpoint = order.endpoint, project_id = ("a"):rep(32), lock_guard = false,
    credentials = { access_key = "many-access", secret_key = "many-secret" }, retry = order.retry or false, timeout = 20 }
  local run = kms.parallel { concurrency = order.concurrency, order = order.order }:map(order.keys, function(key_id)
    if key_id == "raise" then error("raised", 0) end
    local inner = coroutine.wrap(function() -- a coroutine of ngx_lua
      return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
    end)
    return inner()
  end)
  local results = {}
  for number, result, err in run do
    results[#results + 1] = { number, result and result.key_id or type(err) == "table" and err.code or err }
    if #results == order.result_limit then run:close() end
  end
  return results
end

--- Closes a parallel with a run that was not read to its end. Returns how many tasks had started, and how many had
--- ended when `close` returned.
paths["/parallel/close"] = function()
  local own, started, ended = kms.parallel { concurrency = 4 }, 0, 0
  local run = own:map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
    started = started + 1
    ngx.sleep(started == 1 and 0 or 0.05)
    ended = ended + 1
    return true
  end)
  run()
  own:close()
  return { started, ended }
end

local shared_parallel

--- Starts a task that sleeps long in a parallel of the whole worker, and ends the request.
paths["/parallel/abandon"] = function()
  shared_parallel = kms.parallel { concurrency = 2, order = "finished" }
  local run = shared_parallel:map({ 0, 1000 }, function(seconds) ngx.sleep(seconds) return seconds end)
  local number = run()
  return number
end

--- Closes that parallel in another request.
paths["/parallel/close_abandoned"] = function()
  shared_parallel:close()
  return tostring(shared_parallel)
end

--- Calls the iterator of a run in one of its own tasks, and the parallel in another one. Returns both results.
paths["/parallel/nested"] = function()
  local own = kms.parallel { concurrency = 2 }
  local run, results = nil, {}
  run = own:map({ 1, 2 }, function(item)
    if item == 1 then return pcall(run) end
    local inner = own:map({ 1, 2, 3 }, function(value) return value end)
    local sum = 0
    for _, value in inner do sum = sum + value end
    return sum
  end)
  for number, result, err in run do results[number] = tostring(err or result) end
  return results
end

return {
  serve = function()
    local path = ngx.var.uri
    remote_call.serve(paths[path])
    if path == "/parallel/abandon" then -- ends the request at once, with its light threads
      ngx.eof()
      ngx.exit(ngx.HTTP_OK)
    end
  end,
}
