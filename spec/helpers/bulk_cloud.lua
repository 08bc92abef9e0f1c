--- An emulated cloud with any number of keys, a quota and lost responses, for the specs of kms.bulk.

local emulator = require "kms.emulator"
local kms = require "kms"

local HUAWEI, NCLOUD = emulator.fixtures.accounts[1], emulator.fixtures.accounts[3]

local bulk_cloud = {}

--- Returns the id of a Huawei Cloud key.
function bulk_cloud.key_id(number) return ("%08x-e727-4d9c-b35d-f84bb474a37f"):format(number) end

--- Returns the tag of a NAVER Cloud key.
function bulk_cloud.key_tag(number) return ("tag%05d"):format(number) end

--- Creates keys for an emulator: `count` of each cloud.
function bulk_cloud.new_keys(count)
  local keys = {}
  for i = 1, count do
    keys[2 * i - 1] = { provider = "huawei", key_id = bulk_cloud.key_id(i), primary = "cn-north-4", replicas = { "cn-east-3" } }
    keys[2 * i] = { provider = "ncloud", key_tag = bulk_cloud.key_tag(i), key_name = "name-" .. i }
  end
  return keys
end

---@class bulk_cloud
---@field cloud kms.Emulator
---@field requests table[] `at`, `method`, `target`, `status`
---@field latency number seconds per request
---@field filter (fun(request: table, number: integer): table?, table?)? a response or an error in place of the cloud's
---@field drop (fun(request: table, number: integer): boolean)? the request is carried out and its response is lost
local Cloud = {}
Cloud.__index = Cloud

---@param count integer keys of each cloud
function bulk_cloud.new(count)
  local self = setmetatable({ cloud = emulator.new { keys = bulk_cloud.new_keys(count) }, requests = {}, latency = 0.01 }, Cloud)
  local function deliver(request)
    local number = #self.requests + 1
    local entry = { at = self.cloud:clock(), method = request.method, target = request.target, host = request.host }
    self.requests[number] = entry
    self.cloud:advance(self.latency)
    local response, err
    if self.filter then response, err = self.filter(request, number) end
    if not response and not err then response, err = self.cloud:send(request) end
    if self.drop and self.drop(request, number) then
      response, err = nil, require("kms.error").new { kind = "transport", code = "closed", message = "connection lost", uncertain = true }
    end
    entry.status = response and response.status
    return response, err
  end
  self.transport = {
    send = function(_, request) return deliver(request) end,
    sleep = function(_, seconds) self.cloud:sleep(seconds) end,
    clock = function() return self.cloud:clock() end,
    now = function() return self.cloud:now() end,
  }
  return self
end

function Cloud:huawei(options)
  local all = { region = "cn-north-4", project_id = HUAWEI.projects["cn-north-4"], transport = self.transport,
    credentials = { access_key = HUAWEI.access_key, secret_key = HUAWEI.secret_key } }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

function Cloud:ncloud(options)
  local all = { transport = self.transport, credentials = { access_key = NCLOUD.access_key, secret_key = NCLOUD.secret_key } }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.ncloud(all)
end

--- Options of kms.bulk that move the first `count` keys.
function Cloud:move_options(count, changes)
  local items = {}
  for i = 1, count do items[i] = bulk_cloud.key_id(i) end
  local options = { client = self:huawei(), operation = "update_primary_region", params = { primary_region = "cn-east-3" }, items = items }
  for name, value in pairs(changes or {}) do options[name] = value end
  return options
end

--- Options of kms.bulk that rename keys: number of the key to name.
function Cloud:rename_options(names, changes)
  local items = {}
  for number, name in pairs(names) do items[#items + 1] = { key_tag = bulk_cloud.key_tag(number), key_name = name } end
  table.sort(items, function(a, b) return a.key_tag < b.key_tag end)
  local options = { client = self:ncloud(), operation = "rename_key", items = items }
  for name, value in pairs(changes or {}) do options[name] = value end
  return options
end

--- Refuses more than `quota` requests per second, counted in whole seconds, as Huawei Cloud's gateway does.
function Cloud:set_quota(quota, retry_after)
  local second, count = nil, 0
  self.filter = function()
    local now = math.floor(self.cloud:clock())
    if now ~= second then second, count = now, 0 end
    count = count + 1
    if count <= quota then return nil end
    return { status = 429, headers = { ["retry-after"] = retry_after },
      body = '{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached"}' }
  end
end

--- Returns how many of the first `count` keys are primary in a region.
function Cloud:count_moved(count, region)
  local moved = 0
  for i = 1, count do
    if self.cloud:key(bulk_cloud.key_id(i)).primary == (region or "cn-east-3") then moved = moved + 1 end
  end
  return moved
end

function Cloud:name_of(number) return self.cloud:key(bulk_cloud.key_tag(number)).key_name end

--- The number of requests whose target contains a text.
function Cloud:count_requests(text, host)
  local count = 0
  for _, entry in ipairs(self.requests) do
    if entry.target:find(text, 1, true) and (not host or entry.host:find(host, 1, true)) then count = count + 1 end
  end
  return count
end

--- Runs kms.bulk to its end.
function bulk_cloud.execute(options)
  return assert(assert(kms.bulk(options)):execute())
end

--- The outcomes of a summary that are not 0.
function bulk_cloud.outcomes(summary)
  local counts = {}
  for _, name in ipairs { "done", "already", "inferred", "failed", "uncertain", "not_tried" } do
    if summary[name] ~= 0 then counts[name] = summary[name] end
  end
  return counts
end

return bulk_cloud
