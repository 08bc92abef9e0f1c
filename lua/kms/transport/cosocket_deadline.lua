--- Ends what a cosocket waits for at a deadline, whatever the server sends.
-- The timers of cosockets do not: NGINX starts them again for each byte of a TLS record, and for each record that
-- carries no data, such as session tickets.

local semaphore = require "ngx.semaphore"

local ngx = rawget(_G, "ngx")

local cosocket_deadline = {}

-- Semaphores that no thread waits for, because making one costs more than a request's other bookkeeping.
local idle_semaphores = {}
local MAX_IDLE = 64

local function run_task(task, fn, ...)
  task.ok, task.first, task.second = pcall(fn, ...)
  task.has_ended = true
  if task.is_waiting then task.semaphore:post(1) end
end

local function wait(task, seconds)
  local ended = table.remove(idle_semaphores) or semaphore.new(0)
  task.semaphore, task.is_waiting = ended, true
  ngx.update_time() -- NGINX starts timers at its cached time, which is that of the current event
  ended:wait(seconds)
  task.is_waiting = false
  if ended:count() == 0 and #idle_semaphores < MAX_IDLE then idle_semaphores[#idle_semaphores + 1] = ended end
end

--- Calls `fn(...)` in a light thread, and kills the thread after `seconds`. Closes what the thread waits for then.
--- Do not look up a host name in it: killing a lookup leaves ngx_lua 0.10.23 with a resolver that still refers to the
--- socket.
---@param seconds number
---@param fn function
---@return boolean is_in_time
---@return any first result of `fn`
---@return any second
function cosocket_deadline.run(seconds, fn, ...)
  if seconds <= 0 then return false end
  local task = {}
  local thread = ngx.thread.spawn(run_task, task, fn, ...)
  if not task.has_ended then wait(task, seconds) end
  if not task.has_ended then
    ngx.thread.kill(thread)
    return false
  end
  ngx.thread.wait(thread) -- NGINX keeps a thread until then
  if not task.ok then error(task.first, 0) end
  return true, task.first, task.second
end

return cosocket_deadline
