--- Both clouds in memory, KMS and what issues credentials for it: a request goes in, the answer that the cloud would
--- give comes out, signatures really checked. No I/O. Usable as a transport in tests, on virtual time, and behind a
--- server (tools/emulator/handler.lua).
---
---     local cloud = require("kms.emulator").new()
---     local client = kms.huawei { region = "cn-north-4", transport = cloud, … }
---
--- Needs luaossl and lua-cjson. What it starts with stands in kms.emulator.fixtures.

local validate = require "kms.util.validate"
local Error = require "kms.error"
local faults = require "kms.emulator.faults"
local fields = require "kms.emulator.schema"
local gateway = require "kms.emulator.huawei_gateway"
local http = require "kms.emulator.router"
local issuer = require "kms.emulator.token_issuer"
local setup = require "kms.emulator.config"
local signature = require "kms.emulator.signature"
local switches = require "kms.emulator.settings"

--- `emulator.fixtures`: the accounts and keys of an emulator that is given none.
local emulator = { fixtures = require "kms.emulator.fixtures" }

local PROVIDERS = {
  huawei = require "kms.emulator.huawei",
  ncloud = require "kms.emulator.ncloud",
  iam = require "kms.emulator.iam",
  metadata = require "kms.emulator.metadata",
}

-- Those with keys, and callers who sign for themselves.
local CLOUDS = { "huawei", "ncloud" }

-- Where the real ones are: a pattern of the host, and what it stands for (its capture being the region).
local HOSTS = {
  { "^kms%.([%w-]+)%.myhuaweicloud%.com$", { provider = "huawei" } },
  { "^kms%.([%w-]+)%.myhuaweicloud%.eu$", { provider = "huawei" } },
  { "^ocapi%.ncloud%.com$", { provider = "ncloud", zone = "global" } },
  { "^ocapi%-kr%.ncloud%.com$", { provider = "ncloud", zone = "kr" } },
  { "^ocapi%-jp%.ncloud%.com$", { provider = "ncloud", zone = "jp" } },
  { "^ocapi%.gov%-ncloud%.com$", { provider = "ncloud", zone = "gov" } },
  { "^iam%.myhuaweicloud%.com$", { provider = "iam" } },
  { "^iam%.[%w-]+%.myhuaweicloud%.com$", { provider = "iam" } },
  { "^iam%.[%w-]+%.myhuaweicloud%.eu$", { provider = "iam" } },
  { "^169%.254%.169%.254$", { provider = "metadata" } },
}

---@class kms.Emulator
local Cloud = {}
Cloud.__index = Cloud
Cloud.__name = "kms.emulator"

--- Makes a pair of clouds.
---@param options kms.EmulatorOptions?
---@return kms.Emulator
function emulator.new(options)
  local problem = options ~= nil and setup.problem(options)
  if problem then error(validate.argument_error(1, "new", problem), 2) end
  options = setup.copy(options or {})
  local start = os.time()
  local self = setmetatable({
    options = options,
    hosts = options.hosts or {},
    wall_clock = options.clock or function() return start end,
  }, Cloud)
  self:reset()
  return self
end

--- Puts everything back to how it began: keys, locks, tokens, faults, settings, counts, time.
function Cloud:reset()
  self.shift, self.counts, self.switches = 0, {}, switches.new()
  local function now() return self:now() + self.switches.clock_offset end
  local accounts, keys = {}, {}
  for _, name in ipairs(CLOUDS) do
    accounts[name] = setup.entries(self.options, "accounts", name)
    keys[name] = setup.entries(self.options, "keys", name)
  end
  local shared = { settings = self.switches, issuer = issuer.new(now), now = now }
  local entrance = gateway.new(accounts.huawei, now)
  local clouds = {
    huawei = PROVIDERS.huawei.new(keys.huawei, entrance),
    ncloud = PROVIDERS.ncloud.new(accounts.ncloud, keys.ncloud, now),
    iam = PROVIDERS.iam.new(accounts.huawei, entrance, shared),
  }
  clouds.metadata = PROVIDERS.metadata.new(accounts, { huawei = entrance, ncloud = clouds.ncloud }, shared)
  self.clouds, self.cloud_time = clouds, now

  local operations = {}
  for name, provider in pairs(PROVIDERS) do
    self.counts[name] = { all = 0, of = {} }
    operations[name] = {}
    for _, row in ipairs(provider.operations) do operations[name][row.name] = true end
  end
  self.faults = faults.new(operations)
end

--- Unix time for the caller. The clouds have the same, unless the setting `clock_offset` sets them apart.
---@return number
function Cloud:now() return self.wall_clock() + self.shift end

--- Monotonic time in seconds, for deadlines: the virtual time, which nothing sets back.
Cloud.clock = Cloud.now

--- Moves time on, at once.
---@param seconds number
function Cloud:advance(seconds) self.shift = self.shift + seconds end

--- The transport's way to wait.
Cloud.sleep = Cloud.advance

--- Orders a fault for the requests to come; see kms.emulator.faults for the kinds and their fields.
---@param fault kms.EmulatorFault
function Cloud:fault(fault)
  local problem = self.faults:problem(fault)
  if problem then error(validate.argument_error(1, "fault", problem), 2) end
  self.faults:order(fault)
end

--- Changes how IAM, the metadata services and the clocks behave; what is not named stays as it is.
---@param changes kms.EmulatorSettings?
---@return kms.EmulatorSettings settings a copy of all of them
function Cloud:settings(changes)
  local problem = changes ~= nil and switches.problem(changes)
  if problem then error(validate.argument_error(1, "settings", problem), 2) end
  for name, value in pairs(changes or {}) do self.switches[name] = value end
  return setup.copy(self.switches)
end

--- A copy of a key as it is now.
---@param id string Huawei key id or NAVER key tag
---@return table? key
function Cloud:key(id)
  for _, name in ipairs(CLOUDS) do
    local key = self.clouds[name].keys[id]
    if key then return setup.copy(key) end
  end
end

--- How many requests came in.
---@param provider string? "huawei", "ncloud", "iam" or "metadata"; of all when not given
---@param operation string? of the provider; all of its operations when not given
---@return integer
function Cloud:requests(provider, operation)
  if operation then return self.counts[provider].of[operation] or 0 end
  if provider then return self.counts[provider].all end
  local sum = 0
  for _, count in pairs(self.counts) do sum = sum + count.all end
  return sum
end

--- A plain picture of everything, for people and for the control interface of a server.
---@return table
function Cloud:state()
  local state = { requests = {}, operations = {}, keys = {}, locks = {} }
  state.now, state.settings = self.cloud_time(), self:settings()
  for name, count in pairs(self.counts) do
    state.requests[name], state.operations[name] = count.all, setup.copy(count.of)
  end
  for _, name in ipairs(CLOUDS) do
    local cloud = self.clouds[name]
    for id, key in pairs(cloud.keys) do state.keys[id] = setup.copy(key) end
    for access_key, failures in pairs(cloud:locks()) do state.locks[access_key] = setup.copy(failures) end
  end
  return state
end

local function place_of(self, host, scheme)
  host = host:lower()
  host = host:gsub(scheme == "http" and ":80$" or ":443$", "")
  if self.hosts[host] then return self.hosts[host] end
  for _, row in ipairs(HOSTS) do
    local region = host:match(row[1])
    local place = row[2]
    if region then
      return { provider = place.provider, zone = place.zone, region = place.provider == "huawei" and region or nil }
    end
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
  local name, cloud, count = place.provider, self.clouds[place.provider], self.counts[place.provider]
  count.all = count.all + 1
  local id = signature.sha256(("%s %d %.0f"):format(name, count.all, self:now())):sub(1, 32)
  local call = { request = request, region = place.region, zone = place.zone or "global", id = id }
  call.row, call.params = http.route(cloud.operations, request)
  if call.row then count.of[call.row.name] = (count.of[call.row.name] or 0) + 1 end

  local fault = self.faults:take(name, call.row and call.row.name)
  local response = fault and faults.respond(fault, cloud, call) or cloud:answer(call)
  local carried = cloud.headers(call)
  carried.date = http.date(self.cloud_time())
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
  local problem = type(request) ~= "table" and validate.arguments({}, request, "field")
    or validate.arguments(NEEDED, { method = request.method, host = request.host, target = request.target }, "field")
  if problem then error(validate.argument_error(1, "send", problem), 2) end
  local timeout = request.timeout or request.deadline and request.deadline - self:now()
  if timeout and timeout <= 0 then return lost("timeout", "the deadline had passed", false) end
  if not place_of(self, request.host, request.scheme) then
    return lost("dns", "no such host: " .. validate.quote(request.host), false)
  end
  local response = self:handle(received(request))
  if not response.fault then return response end

  local seconds, code = faults.travel(response)
  if code then return lost(code, MESSAGES[code], true) end
  if timeout and seconds > timeout then
    self:advance(timeout)
    return lost("timeout", "no complete answer before the deadline", true)
  end
  self:advance(seconds)
  response.fault = nil
  return response
end

return emulator
