--- A transport for NGINX that has libcurl do the work in NGINX's thread pool: for what cosockets cannot do, HTTP/2 and
--- proxies with authentication among it. The worker's event loop goes on meanwhile.
--- Needs, at the main level of nginx.conf: `thread_pool kms threads=32;`
-- luacheck: std ngx_lua
-- luacheck: read globals ngx.run_worker_thread

local check = require "kms.check"
local Error = require "kms.error"

local worker_thread = {}

local POOL = "kms"
-- NGINX runs a call in a Lua VM of its own; a worker has lua_worker_thread_vm_pool_size of them, 100 unless it is told
-- otherwise, for all who use threads. A call for which the pool's queue has no room left ends the worker process: the
-- calls in flight must stay below the pool's threads and max_queue together.
local MAX_IN_FLIGHT = 64
local TIMEOUT = 30 -- seconds, where neither the request nor an option bounds an exchange
local GRACE = 1 -- seconds after the deadline in which a thread has certainly ended its call

local OPTIONS = {
  { name = "pool", type = "string" },
  { name = "max_in_flight", type = "number", positive = true },
  { name = "curl", type = "table" },
}

-- ngx.run_worker_thread's own list, and timers.
local PHASES = { server_rewrite = true, rewrite = true, access = true, content = true, timer = true }

-- What ngx.run_worker_thread says when the call has not begun. What passes by itself has the code of a connection that
-- could not be made: nothing was sent, and the same call may work later.
local NOT_BEGUN = {
  { "^no available Lua vm$", "connect",
    "no Lua VM is left for a thread: raise lua_worker_thread_vm_pool_size, or lower max_in_flight" },
  { "^thread[ _]pool .*not found$", "other", "no thread pool has the name of the option pool: nginx.conf needs, at its "
    .. "main level, thread_pool NAME threads=32;" },
  { "^ngx_thread_task_post failed$", "connect", "the thread pool's queue is full: raise max_queue" },
  { "^no memory$", "connect", "no memory for a thread's call" },
  { "^module 'kms%.worker' not found", "other", "kms.worker is not found through lua_package_path" },
  { "^error loading module", "other", "kms.worker cannot be loaded" },
}

-- What it says, without a call, of a value that no thread can have (ngx_lua 0.10.23).
local UNSENDABLE = " in the argument$"

-- The worker process's calls in flight, of all transports together: slot -> the time when its thread has ended for
-- certain. A request that NGINX ends early (its client has gone) never gives its slot back, and its thread works on.
local slots, in_flight = {}, 0

local function release(slot)
  if slots[slot] then
    slots[slot], in_flight = nil, in_flight - 1
  end
end

local function take(limit, now, free_at)
  if in_flight >= limit then
    for slot, time in pairs(slots) do
      if time < now then release(slot) end
    end
    if in_flight >= limit then return nil end
  end
  local slot = {}
  slots[slot], in_flight = free_at, in_flight + 1
  return slot
end

local function fail(code, reason, uncertain, cause)
  return nil, Error.new {
    kind = "transport", code = code, message = reason, uncertain = uncertain or false,
    cause = cause and { message = cause },
  }
end

--- Why there can be no call now, if so.
local function wrong_place()
  if not rawget(_G, "ngx") then return "kms.transport.worker_thread works inside NGINX only" end
  local phase = ngx.get_phase()
  if PHASES[phase] then return nil end
  return ("no worker thread can be waited for in NGINX's %s phase: call from a timer without delay: "
    .. "ngx.timer.at(0, ...)"):format(phase)
end

--- A reload lets a worker end as soon as no timer is left, whatever its threads do: so a light thread sleeps beside.
---@return boolean ok, kms.WorkerAnswer|string answer
local function run(pool, seconds, options, request)
  local guard = ngx.thread.spawn(function() ngx.sleep(seconds) end)
  local ok, answer = ngx.run_worker_thread(pool, "kms.worker", "send", options, request)
  ngx.thread.kill(guard)
  return ok, answer
end

--- What came of a call whose function did not return.
local function not_run(text)
  for _, row in ipairs(NOT_BEGUN) do
    local pattern, code, reason = row[1], row[2], row[3]
    if text:find(pattern) then return fail(code, "not sent: " .. reason, false, text) end
  end
  return fail("other", "the thread of the call has failed", true, text)
end

--- The request with a deadline in any case: the wait for a thread counts too.
---@return table request, number deadline
local function copy_of(request, latest)
  local copy = {}
  for name, value in pairs(request) do copy[name] = value end
  if copy.deadline == nil or type(copy.deadline) == "number" and copy.deadline > latest then copy.deadline = latest end
  return copy, type(copy.deadline) == "number" and copy.deadline or latest
end

---@class kms.WorkerThread
local methods = {}

--- Unix time in seconds. NGINX's own clock stands still while a handler runs.
---@return number
function methods:now() -- luacheck: no unused args
  if not rawget(_G, "ngx") then return os.time() end
  ngx.update_time()
  return ngx.now()
end

---@param seconds number
function methods:sleep(seconds) -- luacheck: no unused args
  ngx.sleep(math.max(seconds, 0.001)) -- NGINX's timers count milliseconds, and it warns of a sleep of none
end

--- Sends a request in a thread; the calling light thread yields.
---@param request table
---@return table? response
---@return kms.Error? err
function methods:send(request)
  if type(request) ~= "table" then
    error(check.bad_argument(1, "send", "table expected, got " .. type(request)), 2)
  end
  local problem = wrong_place()
  if problem then return nil, Error.new { kind = "invalid", code = "phase", message = problem } end
  if not ngx.run_worker_thread then return fail("other", "not sent: this NGINX has no ngx.run_worker_thread") end
  local now = self:now()
  local timeout = self.timeout or not request.deadline and TIMEOUT
  local copy, deadline = copy_of(request, timeout and now + timeout or math.huge)
  local free_at = math.max(deadline, now) + GRACE
  local slot = take(self.max_in_flight, now, free_at)
  if not slot then
    return fail("connect", ("not sent: %d calls of this worker process are in flight, max_in_flight is %d"):format(
      in_flight, self.max_in_flight))
  end
  local ok, answer = run(self.pool, free_at - now, self.curl, copy)
  release(slot)

  if not ok then
    answer = tostring(answer)
    if not answer:find(UNSENDABLE) then return not_run(answer) end
    problem = "the request holds what cannot go to a thread: a function, userdata, or tables without end"
    error(check.bad_argument(1, "send", problem), 2)
  elseif answer.bad_options then
    error(check.bad_argument(1, "new", "option 'curl': " .. answer.bad_options), 2)
  elseif answer.bad_request then
    error(check.bad_argument(1, "send", answer.bad_request), 2)
  elseif answer.err then
    return nil, Error.new(answer.err)
  end
  return answer.response
end

--- Calls in flight in this worker process, of all transports of this module.
---@return { in_flight: integer }
function methods:stats() -- luacheck: no unused args
  return { in_flight = in_flight }
end

local metatable = { __index = methods, __name = "kms.transport.worker_thread" }
function metatable.__tostring() return metatable.__name end

---@class kms.WorkerThreadOptions
---@field pool string? name of NGINX's thread_pool; "kms"
---@field max_in_flight integer? calls that a worker process may have in flight; beyond it a call fails at once. 64.
---  At most the pool's threads and max_queue together, and below lua_worker_thread_vm_pool_size
---@field curl table? options of kms.transport.curl; they are held against its rules by the first call, which raises

--- Makes a transport. Does nothing but check its options: may be called at init_by_lua and shared by all requests.
---@param options kms.WorkerThreadOptions?
---@return kms.WorkerThread
function worker_thread.new(options)
  options = options == nil and {} or options
  local problem = check.misuse(OPTIONS, options, "option")
  local curl = {}
  for name, value in pairs(not problem and options.curl or {}) do
    if type(name) ~= "string" or type(value) ~= "string" and type(value) ~= "number" then
      problem = ("option 'curl': %s is a %s; names with strings or numbers expected"):format(
        check.show(name), type(value))
      break
    end
    curl[name] = value
  end
  if problem then error(check.bad_argument(1, "new", problem), 2) end
  return setmetatable({
    pool = options.pool or POOL,
    max_in_flight = options.max_in_flight or MAX_IN_FLIGHT,
    timeout = type(curl.timeout) == "number" and curl.timeout or nil,
    curl = curl,
  }, metatable)
end

return worker_thread
