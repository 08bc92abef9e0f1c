--- Calls that suspend their coroutine while libuv runs: Neovim (vim.uv, vim.loop), luvit, and programs with luv.

local coroutines = require "kms.util.coroutines"
local transport = require "kms.loop.transport"

local vim = rawget(_G, "vim")
local uv = vim and (vim.uv or vim.loop)
if not uv then
  local ok, module = pcall(require, "luv")
  uv = ok and module or require "uv" -- luvit
end
-- Callbacks of libuv may call few functions of Neovim, so the loop steps where coroutines may call all.
local schedule = vim and vim.schedule

local luv = {}

local REPETITION = 100 -- milliseconds after which the timer is due again, if a debug hook has raised an error in a step

local POLL_INTERVAL = 0.01 -- seconds between two steps without a poll

local running, yield = coroutines.running, coroutine.yield

local host = {}

function host.suspend(call)
  call.thread = running()
  while not call.is_done do yield() end
  call.thread = nil
end

function host.wake(call)
  local thread = call.thread
  if not thread or coroutine.status(thread) ~= "suspended" then return end
  local ok, problem = coroutine.resume(thread)
  if not ok then error(debug.traceback(thread, tostring(problem)), 0) end
end

local function step_loop(loop)
  local ok, problem = pcall(loop.step, loop)
  if ok then return end
  host.update(loop) -- a debug hook may have ended the step before that
  error(problem, 0)
end

--- Returns a callback of libuv that steps the loop.
local function new_callback(loop)
  if not schedule then return function() step_loop(loop) end end
  local is_scheduled = false
  local function step()
    is_scheduled = false
    step_loop(loop)
  end
  return function()
    if is_scheduled then return end
    schedule(step)
    is_scheduled = true
  end
end

--- Returns whether a handle can be used. The host may have closed it, as programs do that end by `uv.walk`.
local function is_open(handle)
  local ok, is_closing = pcall(uv.is_closing, handle)
  return ok and not is_closing
end

--- Watches the loop's descriptor, where it has one. Another one than before is that of a child of fork. There is no
--- poll if the program watches the descriptor already, as the first of two instances of this module does; it is made
--- once, because luv leaks the memory of one that libuv refuses.
local function watch(loop, is_active)
  local descriptor, is_closed = loop.multi:descriptor(), loop.poll and not is_open(loop.poll)
  if loop.descriptor ~= descriptor or is_closed then
    if loop.poll and not is_closed then loop.poll:close() end
    loop.poll, loop.descriptor, loop.is_watched = descriptor and uv.new_poll(descriptor), descriptor, false
  end
  if not loop.poll or loop.is_watched == is_active then return end
  loop.is_watched = is_active
  if not is_active then
    loop.poll:stop()
  elseif not loop.poll:start("r", loop.on_event) then
    loop.poll:close()
    loop.poll = nil
  end
end

--- Starts the poll and the timer while there is something to wait for. Otherwise they do not keep libuv's loop alive.
function host.update(loop)
  loop.on_event = loop.on_event or new_callback(loop)
  if not is_open(loop.timer) then loop.timer = uv.new_timer() end
  local is_active = not loop:is_idle()
  watch(loop, is_active)
  local seconds = is_active and loop:timeout()
  if is_active and not loop.poll then seconds = math.min(seconds or POLL_INTERVAL, POLL_INTERVAL) end
  if seconds then
    uv.update_time()
    loop.timer:start(math.ceil(seconds * 1000), REPETITION, loop.on_event)
  else
    loop.timer:stop()
  end
end

-- One for all transports, because libuv watches a descriptor once.
local loop = transport.new_loop(host)

--- Makes a transport.
---@param options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function luv.new(options)
  return transport.new(loop, options)
end

return luv
