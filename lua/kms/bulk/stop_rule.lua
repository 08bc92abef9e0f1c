--- Decides when so much fails that a run must not go on.

local stop_rule = {}

local DEFAULT_IN_A_ROW = 10
local DEFAULT_SHARE = 0.1 -- of all items
-- Requests in a row without any response, per failure in a row that is allowed. Each item makes several attempts, so
-- this shows a dead endpoint much sooner than failed items do.
local LOST_PER_FAILURE = 3
-- The same before the first response, so that an endpoint that does not respond shows within a minute.
local MAX_LOST_AT_FIRST = 3
-- The same, if there was no connection: the address, the network or the certificate concerns every request.
local MAX_UNCONNECTED_AT_FIRST = 1
local IS_UNCONNECTED = { dns = true, connect = true, tls = true }

---@class kms.bulk.StopRule
---@field max_in_a_row number
---@field max_failed number
---@field max_lost number
---@field can_stop boolean
---@field in_a_row integer items that failed since the last one that did not
---@field failed integer
---@field has_response boolean? a request got a response
---@field lost integer requests without a response since the last one with a response
local StopRule = {}
StopRule.__index = StopRule

---@param option integer|false|nil failures in a row; false: never stop
---@param total integer number of items
---@return kms.bulk.StopRule
function stop_rule.new(option, total)
  local in_a_row = option == false and math.huge or option or DEFAULT_IN_A_ROW
  return setmetatable({
    max_in_a_row = in_a_row, max_lost = LOST_PER_FAILURE * in_a_row, can_stop = option ~= false, in_a_row = 0,
    failed = 0, lost = 0,
    -- A short list never fails by its share alone.
    max_failed = option == nil and math.max(DEFAULT_SHARE * total, DEFAULT_IN_A_ROW) or math.huge,
  }, StopRule)
end

--- Records the outcome of an item.
---@param is_failure boolean
---@param reason string of the failure
---@return string? problem why the run must stop
function StopRule:record_item(is_failure, reason)
  if not is_failure then
    self.in_a_row = 0
    return nil
  end
  self.in_a_row, self.failed = self.in_a_row + 1, self.failed + 1
  if self.in_a_row >= self.max_in_a_row then
    return ("%d items in a row failed; the last one: %s"):format(self.in_a_row, reason)
  elseif self.failed > self.max_failed then
    return ("%d items failed, more than a tenth of the list; the last one: %s"):format(self.failed, reason)
  end
end

--- Returns how many requests in a row may get no response, before there ever was one.
---@param err kms.Error of a transport
---@return integer
function stop_rule.get_max_lost_at_first(err)
  return IS_UNCONNECTED[err.code] and MAX_UNCONNECTED_AT_FIRST or MAX_LOST_AT_FIRST
end

--- Records whether a request got a response.
---@param err kms.Error? nil: it succeeded
---@return string? problem why the run must stop
function StopRule:record_request(err)
  if not err or err.kind ~= "transport" then
    self.has_response, self.lost = true, 0
    return nil
  end
  self.lost = self.lost + 1
  local max_lost = self.has_response and self.max_lost or stop_rule.get_max_lost_at_first(err)
  if not self.can_stop or self.lost < max_lost then return nil end
  if self.lost == 1 then return "the endpoint cannot be reached: " .. err.message end
  return ("%d requests in a row got no response; the last one: %s"):format(self.lost, err.message)
end

return stop_rule
