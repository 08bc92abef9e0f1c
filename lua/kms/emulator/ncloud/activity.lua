--- NAVER Cloud KMS 2.0: what a key was used for.

local json = require "kms.emulator.json"
local http = require "kms.emulator.http"
local time = require "kms.emulator.time"
local wire = require "kms.emulator.ncloud.wire"

local DAY = 24 * 3600
local MAX_MS = 2 ^ 53

local function format_activity(key, activity)
  return {
    { "timestamp", time.format_iso(activity.timestamp) },
    { "data", {
      { "kmsKey", { { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "nrn", wire.format_nrn(key) } } },
      { "requestor", {
        { "requestType", activity.request_type }, { "id", activity.requestor }, { "ip", activity.address },
      } },
      { "api", { { "result", activity.result }, { "action", activity.action }, { "type", activity.type } } },
    } },
    { "message", activity.message },
  }
end

-- Not documented: what the keyword is compared with. Inferred: all text of an entry, letter case included.
local function contains(activity, keyword)
  for _, name in ipairs { "action", "result", "message", "type", "request_type", "requestor", "address" } do
    if activity[name]:find(keyword, 1, true) then return true end
  end
  return false
end

-- Reads a time in milliseconds from the query. Returns nil when it is not one.
local function read_time(call, name, default)
  local text = http.get_query_parameter(call.request, name)
  if not text then return default end
  return wire.is_whole(text, 0, MAX_MS) and tonumber(text) / 1000 or nil
end

local operations = {}

-- Documented: the default period is the last day. Documented for version 3: the latest activity comes first.
operations.list_key_activities = {
  route = "GET /kms/v1/keys/{key_tag}/activities",
  is_read = true,
  handler = function(_, call, key)
    local page = wire.read_page(call)
    local first, last = read_time(call, "timestampFrom", call.now - DAY), read_time(call, "timestampTo", call.now)
    if not (page and first and last) then return nil, "INVALID_REQUEST" end
    local keyword, found = http.get_query_parameter(call.request, "keyword"), {}
    for i = #key.activities, 1, -1 do
      local activity = key.activities[i]
      local is_in_period = activity.timestamp >= first and activity.timestamp <= last
      if is_in_period and (not keyword or contains(activity, keyword)) then found[#found + 1] = activity end
    end
    local array, totals = wire.format_page(found, page, function(activity) return format_activity(key, activity) end)
    return { { "activityLogList", array }, { "pageSize", page.size }, totals[1], totals[2], totals[3] }
  end,
}

-- Inferred: only cryptographic operations are uses, and a key without one has no data.
operations.get_latest_use = {
  route = "GET /kms/v1/keys/{key_tag}/last-use-info",
  is_read = true,
  handler = function(_, _, key)
    return key.latest_use and format_activity(key, key.latest_use) or json.null
  end,
}

return operations
