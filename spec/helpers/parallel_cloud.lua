--- Clients, key ids and counters of the test server spec/servers/parallel_cloud.lua. A key id tells the server how to
--- respond to the call for that key.

local curl_requests = require "spec.helpers.curl_requests"
local kms = require "kms"
local servers = require "spec.helpers.test_servers"

local parallel_cloud = {}

parallel_cloud.CREDENTIALS = { access_key = "many-access", secret_key = "many-secret" }

local ACTS = { good = 0, refused = 1, passing = 2, closed = 3, silent = 4 }

--- How the server responds to a call.
---@class spec.ResponseOrder
---@field act string? "good" (default): succeeds; "refused": fails with KMS.0207; "passing": fails with status 503 at the
---  first call; "closed": closes the connection; "silent": does not respond until `release` is called
---@field delay integer? milliseconds before the response
---@field after integer? number of other calls that the server completes first
---@field crowd integer? number of calls that the server must have had at the same time before it responds

--- Makes the id of a key.
---@param number integer is different for different keys
---@param order spec.ResponseOrder?
---@return string
function parallel_cloud.make_key_id(number, order)
  order = order or {}
  return ("%08x-%04x-%04x-%04x-%012x"):format(number, ACTS[order.act or "good"], order.delay or 0, order.after or 0,
    order.crowd or 0)
end

--- Makes the ids of `count` keys with the same order.
---@param count integer
---@param order spec.ResponseOrder?
---@return string[]
function parallel_cloud.make_key_ids(count, order)
  local key_ids = {}
  for i = 1, count do key_ids[i] = parallel_cloud.make_key_id(i, order) end
  return key_ids
end

--- Makes a client without retries, with a transport of its own unless `options` has one.
---@param options table?
function parallel_cloud.new_client(options)
  local merged = {
    project_id = ("a"):rep(32), credentials = parallel_cloud.CREDENTIALS, retry = false, timeout = 20, lock_guard = false,
    endpoint = "https://" .. servers.host "many",
  }
  for name, value in pairs(options or {}) do merged[name] = value end
  merged.transport = merged.transport or curl_requests.new_transport()
  return kms.huawei(merged)
end

--- Makes a function that moves a key with a client, for parallel:map.
function parallel_cloud.make_mover(client)
  return function(key_id)
    return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
  end
end

--- Makes a client whose calls succeed at once, without a server.
---@return table client, table transport counts its requests in `request_count`
function parallel_cloud.new_instant_client()
  local transport = { request_count = 0 }
  function transport.send(_, request)
    transport.request_count = transport.request_count + 1
    local id = request.target:match "/keys/([^/]+)/"
    return { status = 200, headers = {}, body = ('{"key_id":"%s","primary_region":"cn-east-3"}'):format(id) }
  end
  function transport.sleep() error "this transport does not sleep" end
  return parallel_cloud.new_client { transport = transport, lock_guard = true }, transport
end

local state_transport = curl_requests.new_transport { timeout = 20 }

local function request_state(query)
  return assert(state_transport:send(curl_requests.new_request("many", "/state" .. query))).body
end

--- Reads the server's counters since the last reset.
---@return { calls: integer, max_in_flight: integer, connections: integer, completed: integer }
function parallel_cloud.read_counters()
  local calls, max_in_flight, connections, completed = request_state(""):match "^(%d+) (%d+) (%d+) (%d+)$"
  return {
    calls = tonumber(calls), max_in_flight = tonumber(max_in_flight), connections = tonumber(connections),
    completed = tonumber(completed),
  }
end

--- Resets the server's counters.
function parallel_cloud.reset() request_state "?reset=1" end

--- Ends the calls for "silent" keys.
function parallel_cloud.release() request_state "?release=1" end

--- Iterates over all results of a run.
---@return integer[] numbers in the order of the results
---@return table results, table errs by number
function parallel_cloud.collect_results(...)
  local numbers, results, errs = {}, {}, {}
  for number, result, err in ... do
    numbers[#numbers + 1] = number
    results[number], errs[number] = result, err
  end
  return numbers, results, errs
end

return parallel_cloud
