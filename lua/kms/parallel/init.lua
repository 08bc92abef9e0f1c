--- Many calls at once: a function for each item, a bounded number of them under way, their results in order.

local validate = require "kms.util.validate"

-- Loaded with this module, for in a handler loading would hold up the worker. Elsewhere libcurl does the work.
local ngx = rawget(_G, "ngx")
local threads = ngx and ngx.get_phase and require "kms.parallel.nginx_runner"

local parallel = {}

local CONCURRENCY = 64
local WINDOW = 4 -- times the concurrency: so far may the items begun be ahead of the results given

---@class kms.ParallelOptions
---@field concurrency integer? how many tasks are under way at most; default 64
---@field order '"given"'|'"finished"'|nil of the results: that of the items, or as they come; default "given"

---@type kms.Field[]
local OPTIONS = {
  { name = "concurrency", type = "number", positive = true },
  { name = "order", type = "string" },
}

local ORDERS = { given = true, finished = true }

---@class kms.parallel.Run one `map`, and the iterator of its results: calling it gives the next one
---@field fn function
---@field begun integer
---@field given integer
local Run = { __name = "kms.parallel.run" }
Run.__index = Run

---@class kms.Parallel
local Parallel = { __name = "kms.parallel" }
Parallel.__index = Parallel

--- Room for the outcome of a task that is about to begin, made now: whatever memory there is when it ends, it is kept.
--- For its driver.
---@return table outcome
function Run:begin()
  local number = self.begun + 1
  local outcome = { number, false, false }
  self.ended[number] = false
  self.begun, self.active, self.item = number, self.active + 1, nil
  return outcome
end

--- Takes the end of a task, from its driver. Allocates nothing.
function Run:take(outcome, ok, result, err)
  if ok then
    outcome[2], outcome[3] = result, err
  else
    outcome[2], outcome[3] = nil, result == nil and "nil" or result
  end
  self.active = self.active - 1
  self.ended_count = self.ended_count + 1
  self.ended[self.parallel.order == "finished" and self.ended_count or outcome[1]] = outcome
end

local function refuse_inside(self, name)
  if self.driver:is_inside() then error(name .. " of kms.parallel is called from one of its own tasks", 3) end
end

--- Begins tasks, as many as there is room for.
local function fill(self)
  local driver, ended, own = self.driver, self.ended, self.parallel
  while not self.exhausted and not own.closed and driver.active < own.concurrency
    and self.begun - self.given < own.window do
    -- Kept until its task has begun: what raises before that is not to cost an item.
    if self.item == nil then self.item = self.pull() end
    if self.item == nil then
      self.exhausted = true
      return
    end
    local active = driver.active
    driver:start(self, self.item)
    -- What never waits holds up the caller, who is to get its result before the next is begun.
    if driver.active == active and ended[self.given + 1] then return end
  end
end

--- The next result: its number, and what the task returned. The caller waits for it, and tasks go on only meanwhile.
---@return integer? number nil: there are no more
---@return any result
---@return any err what the task returned second, or raised
function Run:__call()
  refuse_inside(self, "the iterator")
  while true do
    fill(self)
    local place = self.given + 1
    local outcome = self.ended[place]
    if outcome then
      self.ended[place], self.given = nil, place
      return outcome[1], outcome[2], outcome[3]
    end
    if self.active == 0 and (self.exhausted or self.parallel.closed) then return nil end
    self.driver:wait()
  end
end

--- Begins nothing new, and waits for what was begun. Its results can still be taken. The end of a loop does it in Lua
--- 5.4, however the loop is left; elsewhere whoever leaves it early does.
function Run:close()
  refuse_inside(self, "close")
  self.exhausted = true
  while self.active > 0 do self.driver:wait() end
end

Run.__close = Run.close

local function puller(items)
  if type(items) == "function" then return items end
  local i = 0
  return function()
    i = i + 1
    return items[i]
  end
end

--- Calls a function for each item. `for number, result, err in parallel:map(items, fn) do … end`; outside a loop, the
--- first value is the run, to be called for each result, and closed.
---@param items any[]|fun(): any a list, or what gives the next item when it is wanted, and nil after the last
---@param fn fun(item: any, number: integer): any, any
---@return kms.parallel.Run run
function Parallel:map(items, fn)
  if getmetatable(self) ~= Parallel then error("calling 'map' on bad self (kms.parallel expected)", 2) end
  if type(items) ~= "table" and type(items) ~= "function" then
    error(validate.argument_error(1, "map", ("table or function expected, got %s"):format(type(items))), 2)
  end
  if type(fn) ~= "function" then
    error(validate.argument_error(2, "map", ("function expected, got %s"):format(type(fn))), 2)
  end
  if self.closed then error("kms.parallel is closed", 2) end
  if self.driver then refuse_inside(self, "map") end
  local refused = threads and threads.check_phase()
  if refused then error(refused, 2) end
  local run = setmetatable({
    parallel = self, driver = self.driver or threads.new(), pull = puller(items), fn = fn,
    begun = 0, active = 0, ended_count = 0, given = 0, exhausted = false, ended = {},
    owner = threads and threads.get_request(),
  }, Run)
  self.runs[run] = true
  return run, nil, nil, run
end

--- Waits for what was begun (in NGINX: by the request that calls this), and closes the connections. Nothing new is
--- begun.
function Parallel:close()
  if self.released then return end
  for run in pairs(self.runs) do refuse_inside(run, "close") end
  self.closed = true
  local owner, problem = threads and threads.get_request(), nil
  for run in pairs(self.runs) do
    if run.owner == owner then
      local ok, err = pcall(run.close, run)
      if not ok then problem = problem or err end
    end
  end
  if self.driver then self.driver:close() end
  self.released = true
  if problem then error(problem, 0) end
end

Parallel.__close = Parallel.close

--- Requests begun, and connections made for those that have ended; not in NGINX.
---@return kms.transport.curl.Stats?
function Parallel:stats()
  return self.driver and self.driver:stats()
end

function Parallel.__tostring(self)
  return ("kms.parallel (%s)"):format(self.closed and "closed" or "open")
end

--- Makes one.
---@param options kms.ParallelOptions?
---@return kms.Parallel? parallel
---@return string? problem misuse of the options
function parallel.new(options)
  options = options == nil and {} or options
  local problem = validate.arguments(OPTIONS, options, "option")
  if problem then return nil, problem end
  local concurrency, order = options.concurrency or CONCURRENCY, options.order or "given"
  if concurrency % 1 ~= 0 then
    return nil, ("option 'concurrency': a whole number expected, got %s"):format(concurrency)
  elseif not ORDERS[order] then
    return nil, ("option 'order': \"given\" or \"finished\" expected, got %s"):format(validate.quote(order))
  end
  return setmetatable({
    concurrency = concurrency, order = order, window = WINDOW * concurrency,
    closed = false, released = false, -- nothing new is begun; everything is over
    runs = setmetatable({}, { __mode = "k" }),
    -- In NGINX each run has a driver of its own, for it ends with its request.
    driver = not threads and require("kms.parallel.curl_runner").new() or nil,
  }, Parallel)
end

return parallel
