--- Clients of the emulated Huawei Cloud KMS, in-process and on virtual time, for the specs of a call.

local emulator = require "kms.emulator"
local kms = require "kms"

local ACCOUNT = emulator.fixtures.accounts[1]

local emulated_huawei = {
  ACCOUNT = ACCOUNT,
  PARAMS = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" },
}

--- Creates a client. Without options it has valid keys and the project of cn-north-4.
---@param transport table
---@param options table?
function emulated_huawei.new_client(transport, options)
  local all = { region = "cn-north-4", project_id = ACCOUNT.projects["cn-north-4"], transport = transport,
    credentials = { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key } }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

--- Creates the options of a client whose secret key is wrong.
function emulated_huawei.wrong_keys()
  return { credentials = { access_key = ACCOUNT.access_key, secret_key = "hush" } }
end

--- Creates a transport whose wall clock is ahead of the cloud's by `seconds`.
function emulated_huawei.shift_clock(cloud, seconds)
  return {
    send = function(_, request) return cloud:send(request) end,
    sleep = function(_, duration) cloud:sleep(duration) end,
    now = function() return cloud:now() + seconds end,
    clock = function() return cloud:clock() end,
  }
end

--- Creates a transport that yields where it would wait, as light threads do in NGINX.
function emulated_huawei.new_yielding(cloud)
  return {
    send = function(_, request)
      coroutine.yield()
      return cloud:send(request)
    end,
    sleep = function(_, seconds)
      cloud:sleep(seconds)
      coroutine.yield()
    end,
    now = function() return cloud:now() end,
    clock = function() return cloud:clock() end,
  }
end

--- Makes one call in each of `count` coroutines, all at once.
---@return table<string, integer> counts of each error code, and of "moved"
function emulated_huawei.count_concurrent(client, count)
  local threads, counts, alive = {}, {}, count
  for i = 1, count do
    threads[i] = coroutine.create(function()
      local _, err = client:update_primary_region(emulated_huawei.PARAMS)
      local code = err and err.code or "moved"
      counts[code], alive = (counts[code] or 0) + 1, alive - 1
    end)
  end
  for _ = 1, 1000 do
    for _, thread in ipairs(threads) do
      if coroutine.status(thread) ~= "dead" then assert(coroutine.resume(thread)) end
    end
    if alive == 0 then return counts end
  end
  error "the calls do not end"
end

return emulated_huawei
