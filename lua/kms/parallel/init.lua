--- kms.parallel: calls a function for many items, a bounded number at a time, and iterates over the results.

local coroutines = require "kms.util.coroutines"
local scheduler = require "kms.transport.scheduler"
local validate = require "kms.util.validate"

-- Loaded with this module, because loading in a handler would block the worker. Outside NGINX libcurl does the work.
local ngx = rawget(_G, "ngx")
local nginx_runner = ngx and ngx.get_phase and require "kms.parallel.nginx_runner"

local parallel = {}

local DEFAULT_CONCURRENCY = 64
-- The number of started items may exceed the number of returned results by this many times the concurrency.
local WINDOW_FACTOR = 4

---@type kms.Field[]
local OPTIONS = {
  { name = "concurrency", type = "number", positive = true },
  { name = "order", type = "string" },
}

local ORDERS = { given = true, finished = true }

---@class kms.parallel.Run one `map`, and the iterator over its results
---@field fn function
---@field window integer the most items that may have started without a returned result
---@field is_ordered boolean results have the order of the items
---@field started_count integer items whose task has started
---@field ended_count integer tasks that have ended
---@field returned_count integer results that the caller has
---@field numbers table numbers of the items that have ended, by the place of their result; else false
---@field results table by place
---@field errs table by place
---@field next_item any an item that the run has taken
---@field next_number integer its number; if that has started, the item is used up
---@field is_exhausted boolean no item is left
local Run = { __name = "kms.parallel.run" }
Run.__index = Run

---@class kms.Parallel
local Parallel = { __name = "kms.parallel" }
Parallel.__index = Parallel

--- Reserves memory for the outcome of a task that is about to start, so that the outcome is kept even if memory has run
--- out when the task ends. For the runner.
---@return integer number of the item
function Run:reserve_outcome()
  local number = self.started_count + 1
  local place = number % self.window + 1
  self.numbers[place], self.results[place], self.errs[place] = false, false, false
  self.started_count = number
  return number
end

--- Stores the outcome of a task. For the runner, which then counts the end of the task: until then, the outcome may be
--- stored again, because a debug hook may have raised an error in between. Allocates nothing.
---@param number integer of the item
---@return integer ended_count with this task
function Run:set_outcome(number, ok, result, err)
  if not ok then result, err = nil, result == nil and "nil" or result end
  local ended_count = self.ended_count + 1
  if self.is_ordered and number <= self.returned_count then return ended_count end
  local place = (self.is_ordered and number or ended_count) % self.window + 1
  self.results[place], self.errs[place] = result, err
  self.numbers[place] = number
  return ended_count
end

--- Records the end of a task. For the runner.
---@param number integer of the item
function Run:record(number, ok, result, err)
  self.ended_count = self:set_outcome(number, ok, result, err)
end

--- Waits for the runner. If that has no task left, the ends that a debug hook kept from being counted are made up for.
local function wait(self)
  if not self.runner:wait() then return end
  if self.is_ordered then
    for number = self.returned_count + 1, self.started_count do
      if not self.numbers[number % self.window + 1] then
        self:set_outcome(number, false, scheduler.new_loss_error())
      end
    end
  end
  self.ended_count = self.started_count
end

local function raise_if_inside(self, name)
  if self.runner:is_inside() then error(name .. " of kms.parallel is called from one of its own tasks", 3) end
end

--- Starts as many tasks as the concurrency allows.
---@param place integer of the next result
local function start_tasks(self, place)
  local runner, owner = self.runner, self.parallel
  while runner.active < owner.concurrency and not self.is_exhausted and not owner.is_closing
    and self.started_count - self.returned_count < self.window do
    -- The item is kept until its task has started, so that an error before that does not lose it.
    local item, next_number = self.next_item, self.started_count + 1
    if self.next_number ~= next_number then
      item = self.take_item()
      self.next_item = item
      self.next_number = next_number
    end
    if item == nil then
      self.is_exhausted = true
      return
    end
    local active = runner.active
    runner:start(self, item)
    -- A task that never waits blocks the caller, so the caller gets its result before the next task starts.
    if runner.active == active and self.numbers[place] then return end
  end
end

--- Returns the next result, and waits for it. Tasks make progress only during this wait.
---@return integer? number of the item; nil after the last result
---@return any result
---@return any err the second value that the task returned, or the error that it raised
function Run:__call()
  raise_if_inside(self, "the iterator")
  local runner, owner, numbers, position = self.runner, self.parallel, self.numbers, self.returned_count + 1
  local place = position % self.window + 1
  while true do
    if runner.active < owner.concurrency then start_tasks(self, place) end
    local number = numbers[place]
    -- After an error of a debug hook, a place may still have an earlier outcome, or one that is not counted yet.
    if number and position <= (self.is_ordered and self.started_count or self.ended_count) then
      local results, errs = self.results, self.errs
      local result, err = results[place], errs[place]
      numbers[place], results[place], errs[place], self.returned_count = false, false, false, position
      return number, result, err
    end
    if self.ended_count == self.started_count and (self.is_exhausted or owner.is_closing) then return nil end
    wait(self)
  end
end

--- Starts nothing new, and waits for the tasks that have started. Their results can still be taken. In Lua 5.4 the end
--- of a `for` loop calls this; in other Luas a caller that leaves the loop early calls it.
function Run:close()
  raise_if_inside(self, "close")
  self.is_exhausted = true
  while self.ended_count < self.started_count do wait(self) end
end

Run.__close = Run.close

local function new_item_iterator(items)
  if type(items) == "function" then return items end
  local i = 0
  return function()
    i = i + 1
    return items[i]
  end
end

--- Calls a function for each item: `for number, result, err in parallel:map(items, fn) do … end`. Outside a `for` loop,
--- call the returned run for each result, and close it.
---@param items any[]|fun(): any a list, or a function that returns the next item, and nil after the last
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
  if self.is_closing then error("kms.parallel is closed", 2) end
  if self.runner then raise_if_inside(self, "map") end
  local problem = nginx_runner and nginx_runner.check_phase()
  if problem then error(problem, 2) end
  local run = setmetatable({
    parallel = self, runner = self.runner or nginx_runner.new(), take_item = new_item_iterator(items), fn = fn,
    started_count = 0, ended_count = 0, returned_count = 0, next_number = 0, is_exhausted = false,
    window = WINDOW_FACTOR * self.concurrency, is_ordered = self.order == "given",
    numbers = {}, results = {}, errs = {},
    request = nginx_runner and nginx_runner.get_request(),
  }, Run)
  self.runs[run] = true
  return run, nil, nil, run
end

--- Starts nothing new, and waits for the tasks that have started (in NGINX: those of the calling request).
function Parallel:close()
  if self.is_closed then return end
  for run in pairs(self.runs) do raise_if_inside(run, "close") end
  self.is_closing = true
  local request, problem = nginx_runner and nginx_runner.get_request(), nil
  for run in pairs(self.runs) do
    if run.request == request then
      local ok, err = coroutines.pcall(run.close, run)
      if not ok then problem = problem or err end
    end
  end
  if self.runner then self.runner:close() end
  self.is_closed = true
  if problem then error(problem, 0) end
end

Parallel.__close = Parallel.close

--- Returns the number of requests that have started, and of connections that were opened for them. nil in NGINX.
---@return kms.transport.Stats?
function Parallel:stats()
  return self.runner and self.runner:stats()
end

function Parallel.__tostring(self)
  return ("kms.parallel (%s)"):format(self.is_closing and "closed" or "open")
end

---@param options kms.ParallelOptions?
---@return kms.Parallel? parallel
---@return string? problem an argument error
function parallel.new(options)
  if not coroutines.can_suspend then
    error("kms.parallel needs the module coxpcall in Lua 5.1, where a coroutine cannot yield across pcall", 3)
  end
  options = options == nil and {} or options
  local problem = validate.arguments(OPTIONS, options, "option")
  if problem then return nil, problem end
  local concurrency, order = options.concurrency or DEFAULT_CONCURRENCY, options.order or "given"
  if concurrency % 1 ~= 0 then
    return nil, ("option 'concurrency': a whole number expected, got %s"):format(concurrency)
  elseif not ORDERS[order] then
    return nil, ("option 'order': \"given\" or \"finished\" expected, got %s"):format(validate.quote(order))
  end
  return setmetatable({
    concurrency = concurrency, order = order, is_closing = false, is_closed = false,
    runs = setmetatable({}, { __mode = "k" }),
    -- In NGINX each run has its own runner, because it ends with its request.
    runner = not nginx_runner and require("kms.parallel.curl_runner").new() or nil,
  }, Parallel)
end

return parallel
