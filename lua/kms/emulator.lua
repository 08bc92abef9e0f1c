--- Both clouds' KMS in memory: a request goes in, the answer that the cloud would give comes out, signatures really
--- checked. No I/O. Usable as a transport in tests, on virtual time, and behind a server (emulator/handler.lua).
---
---     local cloud = require("kms.emulator").new()
---     local client = kms.huawei { region = "cn-north-4", transport = cloud, … }
---
--- Needs luaossl and lua-cjson. What it starts with stands in kms.emulator.defaults.

local check = require "kms.check"
local Error = require "kms.error"
local faults = require "kms.emulator.faults"
local fields = require "kms.emulator.fields"
local http = require "kms.emulator.http"
local settings = require "kms.emulator.options"
local signature = require "kms.emulator.signature"

--- `emulator.defaults`: the accounts and keys of an emulator that is given none.
local emulator = { defaults = require "kms.emulator.defaults" }

local PROVIDERS = { huawei = require "kms.emulator.huawei", ncloud = require "kms.emulator.ncloud" }

-- Where the real clouds are: a pattern of the host, and what it stands for (its capture being the region).
local HOSTS = {
  { "^kms%.([%w-]+)%.myhuaweicloud%.com$", { provider = "huawei" } },
  { "^kms%.([%w-]+)%.myhuaweicloud%.eu$", { provider = "huawei" } },
  { "^ocapi%.ncloud%.com$", { provider = "ncloud", zone = "global" } },
  { "^ocapi%-kr%.ncloud%.com$", { provider = "ncloud", zone = "kr" } },
  { "^ocapi%-jp%.ncloud%.com$", { provider = "ncloud", zone = "jp" } },
  { "^ocapi%.gov%-ncloud%.com$", { provider = "ncloud", zone = "gov" } },
}

---@class kms.Emulator
local Cloud = {}
Cloud.__index = Cloud
Cloud.__name = "kms.emulator"

--- Makes a pair of clouds.
---@param options kms.EmulatorOptions?
---@return kms.Emulator
function emulator.new(options)
  local problem = options ~= nil and settings.problem(options)
  if problem then error(check.bad_argument(1, "new", problem), 2) end
  options = settings.copy(options or {})
  local start = os.time()
  local self = setmetatable({
    options = options,
    hosts = options.hosts or {},
    clock = options.clock or function() return start end,
  }, Cloud)
  self:reset()
  return self
end

--- Puts everything back to how it began: keys, locks, faults, counts, time.
function Cloud:reset()
  self.shift, self.counts, self.clouds = 0, {}, {}
  local function now() return self:now() end
  local operations = {}
  for name, provider in pairs(PROVIDERS) do
    self.counts[name] = 0
    local accounts = settings.entries(self.options, "accounts", name)
    self.clouds[name] = provider.new(accounts, settings.entries(self.options, "keys", name), now)
    operations[name] = {}
    for _, row in ipairs(provider.operations) do operations[name][row.name] = true end
  end
  self.faults = faults.new(operations)
end

--- Unix time in the clouds.
---@return number
function Cloud:now() return self.clock() + self.shift end

--- Moves the clouds' time on, at once.
---@param seconds number
function Cloud:advance(seconds) self.shift = self.shift + seconds end

--- The transport's way to wait.
Cloud.sleep = Cloud.advance

--- Orders a fault for the requests to come; see kms.emulator.faults for the kinds and their fields.
---@param fault kms.EmulatorFault
function Cloud:fault(fault)
  local problem = self.faults:problem(fault)
  if problem then error(check.bad_argument(1, "fault", problem), 2) end
  self.faults:order(fault)
end

--- A copy of a key as it is now.
---@param id string Huawei key id or NAVER key tag
---@return table? key
function Cloud:key(id)
  for _, cloud in pairs(self.clouds) do
    if cloud.keys[id] then return settings.copy(cloud.keys[id]) end
  end
end

--- How many requests came in.
---@param provider string? of one cloud; of both when not given
---@return integer
function Cloud:requests(provider)
  if provider then return self.counts[provider] end
  return self.counts.huawei + self.counts.ncloud
end

--- A plain picture of everything, for people and for the control interface of a server.
---@return table
function Cloud:state()
  local state = { now = self:now(), requests = settings.copy(self.counts), keys = {}, locks = {} }
  for _, cloud in pairs(self.clouds) do
    for id, key in pairs(cloud.keys) do state.keys[id] = settings.copy(key) end
    for access_key, failures in pairs(cloud:locks()) do state.locks[access_key] = settings.copy(failures) end
  end
  return state
end

local function place_of(self, host, scheme)
  host = host:lower()
  if scheme ~= "http" then host = host:gsub(":443$", "") end
  if self.hosts[host] then return self.hosts[host] end
  for _, row in ipairs(HOSTS) do
    local region = host:match(row[1])
    if region then return { provider = row[2].provider, zone = row[2].zone, region = region } end
  end
end

--- Answers a request. A response with `fault` is to be delivered as that fault says (see kms.emulator.faults).
---@param request table `method`, `scheme`, `host`, `target`, `headers` (list of {name, value}), `body`
---@return table response `status`, `headers`, `body`, `fault`
function Cloud:handle(request)
  local place = place_of(self, request.host, request.scheme)
  if not place then
    return { status = 421, headers = { ["content-type"] = "text/plain" }, body = "no cloud answers on this host\n" }
  end
  local name, cloud = place.provider, self.clouds[place.provider]
  self.counts[name] = self.counts[name] + 1
  local id = signature.sha256(("%s %d %.0f"):format(name, self.counts[name], self:now())):sub(1, 32)
  local call = { request = request, region = place.region, zone = place.zone or "global", id = id }
  call.row, call.params = http.route(cloud.operations, request)

  local fault = self.faults:take(name, call.row and call.row.name)
  local response = fault and faults.respond(fault, cloud, call) or cloud:answer(call)
  local carried = cloud.headers(call)
  carried.date = http.date(self:now())
  for header, value in pairs(carried) do
    response.headers[header] = response.headers[header] or value
  end
  return response
end

local function lost(code, message, uncertain)
  return nil, Error.new { kind = "transport", code = code, message = message, uncertain = uncertain }
end

local NEEDED = { fields.required "method", fields.required "host", fields.required "target" }

local MESSAGES = {
  closed = "the connection was closed before the answer was complete",
  too_large = "the answer is larger than allowed",
}

-- As a server would see it: with a Host header, and a body that is not nil.
local function received(request)
  local headers = { { "Host", request.host } }
  for _, pair in ipairs(request.headers or {}) do
    if pair[1]:lower() == "host" then headers[1] = pair else headers[#headers + 1] = pair end
  end
  return { method = request.method, scheme = request.scheme, host = headers[1][2], target = request.target,
    headers = headers, body = request.body or "" }
end

--- The transport's way to exchange a request for a response. Faults become the errors of a real transport.
---@param request table with `target`
---@return table? response, kms.Error? err
function Cloud:send(request)
  local problem = type(request) ~= "table" and check.misuse({}, request, "field")
    or check.misuse(NEEDED, { method = request.method, host = request.host, target = request.target }, "field")
  if problem then error(check.bad_argument(1, "send", problem), 2) end
  local deadline = request.deadline
  if deadline and self:now() >= deadline then return lost("timeout", "the deadline had passed", false) end
  if not place_of(self, request.host, request.scheme) then
    return lost("dns", "no such host: " .. check.show(request.host), false)
  end
  local response = self:handle(received(request))
  if not response.fault then return response end

  local seconds, code = faults.travel(response)
  if code then return lost(code, MESSAGES[code], true) end
  if deadline and self:now() + seconds > deadline then
    self:advance(deadline - self:now())
    return lost("timeout", "no complete answer before the deadline", true)
  end
  self:advance(seconds)
  response.fault = nil
  return response
end

return emulator
