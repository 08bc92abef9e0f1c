--- Decides what follows a failed attempt.

local clock_skew = require "kms.call.clock_skew"
local report = require "kms.call.report"
local retry = require "kms.call.retry"

local recovery = {}

--- Learns the clock offset from a refusal.
---@param self kms.Call
---@param err kms.Error
---@param response table? that refused the request
---@param used number the offset that the request was signed with; concurrent calls may have learnt another one since
---@return boolean should_resign the request is worth signing again
function recovery.learn_clock_offset(self, err, response, used)
  local client, offset, excessive_offset = self.client, nil, nil
  if response then
    offset, excessive_offset = clock_skew.detect(response, err.message, self:now(),
      { offset = used, tolerance = self.cloud.clock_tolerance })
  end
  report.add_clock_hint(err, offset or excessive_offset or used)
  if not offset or not clock_skew.is_different(offset, used) then return false end
  client.clock_offset = offset
  if self.has_resigned then return false end
  self.has_resigned = true
  return true
end

--- Returns the pause before the next attempt; nil if no attempt follows.
---@return number? seconds
local function choose_wait(self, err, response)
  local policy = self.client.retry
  if not retry.is_retryable(err, self.operation, self.cloud) then return nil end
  if retry.is_throttled(err, self.cloud) then self.throttled_attempts = self.throttled_attempts + 1 end
  local wait, retry_after = retry.compute_wait(policy, self.attempts, response, self:now())
  local left = self.deadline - self:clock()
  if retry_after then report.add_retry_after(err, retry_after, left) end
  local counted = self.attempts - self.throttled_attempts
  if policy.attempts == 1 or counted >= policy.attempts or wait >= left then return nil end
  return wait
end

--- Completes the error of an attempt, and decides whether another one follows.
---@param self kms.Call
---@param err kms.Error
---@param response table?
---@param should_resign boolean
---@return number? wait
function recovery.follow_up(self, err, response, should_resign)
  -- After an uncertain failure, a later failure does not make the outcome certain again.
  self.is_uncertain = self.is_uncertain or err.uncertain
  err.uncertain = self.is_uncertain
  local wait
  if should_resign then wait = 0 else wait = choose_wait(self, err, response) end
  if not self.operation.read_only then report.add_verification_hint(self, err) end
  return wait
end

return recovery
