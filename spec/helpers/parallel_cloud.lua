--- The cloud of spec/servers/parallel_cloud.lua, from outside: clients of it, keys that say what is to happen, what it counted.

local curl = require "kms.transport.curl"
local kms = require "kms"
local servers = require "spec.helpers.test_servers"

local many = {}

many.KEYS = { access_key = "many-access", secret_key = "many-secret" }

local ACTS = { good = 0, refused = 1, passing = 2, closed = 3, silent = 4 }

--- The id of a key.
---@param number integer to tell it from others
---@param order { act: string?, delay: integer?, after: integer?, crowd: integer? }? what is done with a call for it, after
---  how many milliseconds, and not before so many calls were answered, or so many were under way at once
---@return string
function many.key(number, order)
  order = order or {}
  return ("%08x-%04x-%04x-%04x-%012x"):format(number, ACTS[order.act or "good"], order.delay or 0, order.after or 0,
    order.crowd or 0)
end

--- Ids of `count` keys, of each the same order.
function many.keys(count, order)
  local keys = {}
  for i = 1, count do keys[i] = many.key(i, order) end
  return keys
end

---@param options table? of the transport
function many.transport(options)
  local all = { ca_file = servers.ca_file }
  for name, value in pairs(options or {}) do all[name] = value end
  return curl.new(all)
end

--- A client that does not try again, on a transport of its own unless one is given.
---@param options table?
function many.client(options)
  local all = { project_id = ("a"):rep(32), credentials = many.KEYS, retry = false, timeout = 20, lock_guard = false }
  for name, value in pairs(options or {}) do all[name] = value end
  all.transport = all.transport or many.transport()
  all.endpoint = "https://" .. servers.host(all.endpoint or "many")
  return kms.huawei(all)
end

--- What a task does with a key.
function many.move(client)
  return function(key_id)
    return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
  end
end

local outside = many.transport { timeout = 20 }

--- What the cloud counted since the last `reset`.
---@param query string? "reset" or "release": lets those go who wait for ever
---@return { calls: integer, most: integer, connections: integer, answered: integer }
function many.state(query)
  local response = assert(outside:send { method = "GET", scheme = "https", host = servers.host "many",
    target = "/state" .. (query and "?" .. query .. "=1" or "") })
  local calls, most, connections, answered = response.body:match "^(%d+) (%d+) (%d+) (%d+)$"
  return { calls = tonumber(calls), most = tonumber(most), connections = tonumber(connections), answered = tonumber(answered) }
end

return many
