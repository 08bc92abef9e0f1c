--- Sends the requests of a run one by one at its pace, with the attempts that the run allows.

local Error = require "kms.error"
local pace = require "kms.bulk.pace"
local stop_rule = require "kms.bulk.stop_rule"
local window = require "kms.bulk.window"

local requester = {}

local ATTEMPT_TIMEOUT = 10 -- seconds
local DEFAULT_ATTEMPTS = 8
local BASE, CAP = 0.25, 8 -- seconds: bounds of the first pause and of all pauses between attempts
local MAX_THROTTLED = 300 -- seconds in which the cloud accepts nothing
local MAX_SLEEP = 0.2 -- seconds until a task looks again whether the run stops
local ROOM_SLEEP = 0.05 -- the same while it waits for room in the window
local DEFAULT_CONCURRENCY = 64

---@class kms.bulk.Requester
---@field client table one attempt per call
---@field target table where the calls of the client go
---@field others table<string, table> clients by region
---@field is_silent table<string, boolean?> regions where the last read got no response
---@field has_response boolean? a request got a response
---@field pace kms.bulk.Pace
---@field concurrency integer
---@field window kms.bulk.Window
---@field turns integer requests that were admitted and have not ended
---@field attempts integer of an item, without throttled ones
---@field stop { code: string, message: string }? why no request may begin
---@field requests integer
---@field under_way integer requests without a response so far
---@field retries integer
---@field throttled integer
---@field throttled_since number? nil: the last request was accepted
---@field on_wait function? called while tasks wait
local Requester = {}
Requester.__index = Requester

---@param client table
---@param options { rate: number?, concurrency: integer?, attempts: integer?, verify: any }
---@return kms.bulk.Requester? requester
---@return kms.Error? err
function requester.new(client, options)
  local target, err = client:target()
  if not target then return nil, err end
  local others = {}
  if type(options.verify) == "table" then
    local other_target
    other_target, err = options.verify:target()
    if not other_target then return nil, err end
    others[other_target.region] = options.verify:with { retry = false }
  end
  local concurrency = options.concurrency or DEFAULT_CONCURRENCY
  return setmetatable({
    client = client:with { retry = false }, target = target, others = others, is_silent = {},
    pace = pace.new(options.rate), concurrency = concurrency,
    window = window.new(concurrency, ATTEMPT_TIMEOUT), turns = 0,
    attempts = options.attempts or DEFAULT_ATTEMPTS, requests = 0, under_way = 0, retries = 0, throttled = 0,
  }, Requester)
end

--- Stops the run: no further request begins. The first reason counts.
---@param code string
---@param message string
function Requester:halt(code, message)
  self.stop = self.stop or { code = code, message = message }
end

function Requester:clock() return self.client:clock() end

--- Waits, and reports progress meanwhile.
---@param seconds number
function Requester:sleep(seconds)
  local deadline = self:clock() + seconds
  while seconds > 0 and not self.stop do
    self.client:sleep(math.min(seconds, MAX_SLEEP))
    if self.on_wait then self.on_wait() end
    seconds = deadline - self:clock()
  end
end

--- Asks for a turn.
---@return number wait seconds; 0: the request may be sent
---@return integer? ticket
local function ask_turn(self, ticket, is_final)
  if not is_final and not self.window:has_room(self.turns) then return ROOM_SLEEP, ticket end
  return self.pace:acquire(self:clock(), ticket)
end

--- Waits until a request may be sent. After it, `send` or `skip_turn` must be called.
---@param is_final boolean? the request settles a doubt, so it may be sent although the run stops
---@return boolean may_send
function Requester:wait_turn(is_final)
  local wait, ticket
  repeat
    if self.stop and (not is_final or self.stop.is_urgent) then return false end
    wait, ticket = ask_turn(self, ticket, is_final)
    if wait > 0 then
      self.client:sleep(math.min(wait, MAX_SLEEP))
      if self.on_wait then self.on_wait() end
    end
  until wait == 0
  self.turns = self.turns + 1
  return true
end

--- Ends a turn without a request.
function Requester:skip_turn() self.turns = self.turns - 1 end

--- Returns the client of another region, with the same credentials.
---@param region string?
local function select_client(self, region)
  if not region or region == self.target.region then return self.client end
  if not self.others[region] then
    self.others[region] = self.client:with { region = region, project_id = "auto", endpoint = false }
  end
  return self.others[region]
end

local function draw_pause(attempt)
  return math.random() * math.min(CAP, BASE * 2 ^ (attempt - 1))
end

--- Adjusts the pace to what happened to a request.
local function adjust_pace(self, sent_at, err)
  local now = self:clock()
  if not err or not err.throttled then
    -- A request without a response shows nothing about a quota.
    if not err or err.status then
      self.pace:accept(now, sent_at)
      self.throttled_since = nil
    end
    if err and err.retry_after then self.pace:pause(now, err.retry_after) end
    return
  end
  self.throttled = self.throttled + 1
  self.throttled_since = self.throttled_since or now
  self.pace:throttle(now, sent_at, err.retry_after)
  if now - self.throttled_since > MAX_THROTTLED then
    self:halt("throttled", ("the cloud accepted no request for %d s: %s"):format(MAX_THROTTLED, err.message))
  end
end

--- Sends one request; the turn must have been waited for.
---@param operation string
---@param params table
---@param region string? in place of the client's
---@return table? result
---@return kms.Error? err
function Requester:send(operation, params, region)
  local client, sent_at = select_client(self, region), self:clock()
  self.requests, self.under_way = self.requests + 1, self.under_way + 1
  local result, err = client[operation](client, params, { timeout = ATTEMPT_TIMEOUT })
  local has_response = result ~= nil or err.status ~= nil
  self.window:record(self:clock(), sent_at, self.under_way, has_response)
  self.under_way, self.turns = self.under_way - 1, self.turns - 1
  self.has_response = self.has_response or has_response
  adjust_pace(self, sent_at, err)
  return result, err
end

--- Waits before the next attempt of an item.
---@param attempt integer the one that failed
function Requester:back_off(attempt)
  self.retries = self.retries + 1
  self:sleep(draw_pause(attempt))
end

--- Returns how often a read is sent at most: once at a region where the last read got no response at all.
---@param err kms.Error of the last attempt
local function count_read_attempts(self, region, err)
  if self.is_silent[region or ""] then return 1 end
  if self.has_response or err.kind ~= "transport" then return self.attempts end
  return math.min(self.attempts, stop_rule.get_max_lost_at_first(err))
end

--- Sends a request that changes nothing, until it succeeds or the attempts are used up.
---@param operation string
---@param params table
---@param region string? in place of the client's
---@return table? result
---@return kms.Error? err
function Requester:read(operation, params, region)
  local attempt = 0
  while true do
    if not self:wait_turn(true) then
      return nil, Error.new { kind = "invalid", code = "stopped", message = "the run stops" }
    end
    local result, err = self:send(operation, params, region)
    if result or err.status then self.is_silent[region or ""] = nil end
    if result then return result end
    if not err.throttled then attempt = attempt + 1 end
    if not err.retryable or attempt >= count_read_attempts(self, region, err) or self.stop then
      self.is_silent[region or ""] = not err.status or nil
      return nil, err
    end
    if not err.throttled then self:back_off(attempt) end
  end
end

return requester
