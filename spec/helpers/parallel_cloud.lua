--- Clients, keys and counters of the test server spec/servers/parallel_cloud.lua. The id of a key says how the server
--- responds to a call for it.

local curl = require "kms.transport.curl"
local kms = require "kms"
local servers = require "spec.helpers.test_servers"

local parallel_cloud = {}

parallel_cloud.CREDENTIALS = { access_key = "many-access", secret_key = "many-secret" }

local ACTS = { good = 0, refused = 1, passing = 2, closed = 3, silent = 4 }

--- How the server responds to a call.
---@class spec.ResponseOrder
---@field act string? default "good": what it does
---@field delay integer? milliseconds before it responds
---@field after integer? waits until so many calls have a response
---@field crowd integer? waits until so many calls were in flight at once

--- The id of a key.
---@param number integer tells keys apart
---@param order spec.ResponseOrder?
---@return string
function parallel_cloud.key(number, order)
  order = order or {}
  return ("%08x-%04x-%04x-%04x-%012x"):format(number, ACTS[order.act or "good"], order.delay or 0, order.after or 0,
    order.crowd or 0)
end

--- Ids of `count` keys with the same order.
---@param count integer
---@param order spec.ResponseOrder?
---@return string[]
function parallel_cloud.keys(count, order)
  local keys = {}
  for i = 1, count do keys[i] = parallel_cloud.key(i, order) end
  return keys
end

---@param options table? of the transport
function parallel_cloud.transport(options)
  local merged = { ca_file = servers.ca_file }
  for name, value in pairs(options or {}) do merged[name] = value end
  return curl.new(merged)
end

--- A client without retries, on a transport of its own unless `options` has one.
---@param options table?
function parallel_cloud.client(options)
  local merged = {
    project_id = ("a"):rep(32), credentials = parallel_cloud.CREDENTIALS, retry = false, timeout = 20, lock_guard = false,
  }
  for name, value in pairs(options or {}) do merged[name] = value end
  merged.transport = merged.transport or parallel_cloud.transport()
  merged.endpoint = "https://" .. servers.host(merged.endpoint or "many")
  return kms.huawei(merged)
end

--- A function that moves a key, for parallel:map.
function parallel_cloud.move(client)
  return function(key_id)
    return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
  end
end

local outside = parallel_cloud.transport { timeout = 20 }

--- The server's counters since the last reset.
---@param query string? "reset", or "release" to end the calls of "silent" keys
---@return { calls: integer, max_in_flight: integer, connections: integer, completed: integer }
function parallel_cloud.state(query)
  local response = assert(outside:send { method = "GET", scheme = "https", host = servers.host "many",
    target = "/state" .. (query and "?" .. query .. "=1" or "") })
  local calls, max_in_flight, connections, completed = response.body:match "^(%d+) (%d+) (%d+) (%d+)$"
  return {
    calls = tonumber(calls), max_in_flight = tonumber(max_in_flight), connections = tonumber(connections),
    completed = tonumber(completed),
  }
end

return parallel_cloud
