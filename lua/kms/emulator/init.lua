--- Both clouds in memory: KMS, and the services that issue credentials for it. A request gives the response that the
--- cloud would give, and signatures are verified. There is no I/O. Use it as a transport in tests, on virtual time, or
--- behind a server (tools/emulator/handler.lua).
---
---     local cloud = require("kms.emulator").new()
---     local client = kms.huawei { region = "cn-north-4", transport = cloud, … }
---
--- Needs luaossl and lua-cjson. The accounts and keys of a new emulator are in kms.emulator.fixtures.
---
--- The comments of these modules say where a behaviour comes from: "documented" (by the vendor), "seen" (in the
--- official SDKs), "inferred" or "invented". Nothing was tried against the live services.

local validate = require "kms.util.validate"
local chance = require "kms.emulator.chance"
local config = require "kms.emulator.config"
local crypto = require "kms.emulator.crypto"
local faults = require "kms.emulator.faults"
local hosts = require "kms.emulator.hosts"
local huawei_gateway = require "kms.emulator.huawei.gateway"
local http = require "kms.emulator.http"
local ncloud_gateway = require "kms.emulator.ncloud.gateway"
local quotas = require "kms.emulator.quotas"
local request_log = require "kms.emulator.request_log"
local saved_state = require "kms.emulator.saved_state"
local schema = require "kms.emulator.schema"
local settings = require "kms.emulator.settings"
local signature = require "kms.emulator.signature"
local time = require "kms.emulator.time"
local token_issuer = require "kms.emulator.token_issuer"
local transport = require "kms.emulator.transport"

--- `emulator.fixtures`: the accounts and keys of an emulator that is created without others.
local emulator = { fixtures = require "kms.emulator.fixtures" }

local SERVICES = {
  huawei = require "kms.emulator.huawei",
  ncloud = require "kms.emulator.ncloud",
  iam = require "kms.emulator.iam",
  metadata = require "kms.emulator.metadata",
}

-- The services with accounts and keys.
-- Seconds by which the time advances at once; it must stay a date.
local MAX_STEP = 2 ^ 31 - 1

local CLOUDS = { "huawei", "ncloud" }

---@class kms.Emulator
local Cloud = {}
Cloud.__index = Cloud
Cloud.__name = "kms.emulator"

local function find_settings_problem(changes)
  return settings.find_problem(changes, function(fault) return faults.find_problem(SERVICES, fault) end)
end

-- Options whose problems other modules find.
local function find_state_problem(options)
  local problem = options.settings and find_settings_problem(options.settings)
  if problem then return "option 'settings': " .. problem end
  problem = options.state and (saved_state.find_problem(options.state) or find_settings_problem(options.state.settings))
  return problem and "option 'state': " .. problem
end

--- Creates an emulator of both clouds.
---@param options kms.EmulatorOptions?
---@return kms.Emulator
function emulator.new(options)
  local problem = options ~= nil and config.find_problem(options)
  if problem then error(validate.argument_error(1, "new", problem), 2) end
  if not crypto.is_available() then error("the emulator needs SHA-256, which OpenSSL in this process lacks", 2) end
  options = config.resolve(options)
  problem = find_state_problem(options)
  if problem then error(validate.argument_error(1, "new", problem), 2) end
  local start = options.state and options.state.time or os.time()
  local self = setmetatable({
    options = options,
    hosts = options.hosts or {},
    wall_clock = options.clock or function() return start end,
  }, Cloud)
  self:reset()
  return self
end

local function list_regions(accounts)
  local regions = {}
  for _, account in ipairs(accounts) do
    for region in pairs(account.projects) do regions[region] = true end
  end
  return regions
end

local function new_services(self, options)
  local accounts, keys, now = {}, {}, self.cloud_now
  for _, name in ipairs(CLOUDS) do
    accounts[name] = config.build_entries(options, "accounts", name)
    keys[name] = config.build_entries(options, "keys", name)
  end
  self.regions, self.issuer = list_regions(accounts.huawei), token_issuer.new(now)
  local shared = { settings = self.current_settings, issuer = self.issuer, now = now }
  local gateways = {
    huawei = huawei_gateway.new(accounts.huawei, now),
    ncloud = ncloud_gateway.new(accounts.ncloud, now),
  }
  local services = {
    huawei = SERVICES.huawei.new(keys.huawei, gateways.huawei, shared),
    ncloud = SERVICES.ncloud.new(keys.ncloud, gateways.ncloud, shared),
    iam = SERVICES.iam.new(accounts.huawei, gateways.huawei, shared),
    metadata = SERVICES.metadata.new(accounts, gateways, shared),
  }
  local counters = quotas.new(self.current_settings)
  for _, name in ipairs(CLOUDS) do services[name].provider, services[name].quotas = name, counters end
  return services
end

-- Starts with accounts, keys and settings.
local function start(self, options)
  self.current_settings = settings.new()
  for name, value in pairs(options.settings or {}) do self.current_settings[name] = schema.deep_copy(value) end
  self.cloud_now = function() return self:now() + self.current_settings.clock_offset end
  self.chance = chance.new(self.current_settings)
  self.services = new_services(self, options)
  self.faults = faults.new(self.chance)
  self.log = request_log.new(self.current_settings)
  self.request_counts = {}
  for name in pairs(SERVICES) do self.request_counts[name] = { total = 0, by_operation = {} } end
end

local function restore(self, saved)
  start(self, { accounts = saved.accounts, keys = {}, settings = saved.settings })
  saved_state.apply(self, schema.deep_copy(saved))
end

--- Restores the state after `new`: keys, locks, tokens, faults, settings, request counts, time.
function Cloud:reset()
  self.elapsed = 0
  if self.options.state then restore(self, self.options.state) else start(self, self.options) end
end

--- Returns the whole state as plain tables that JSON can hold, for `load` and the option `state`. It contains the
--- material of the keys.
---@return kms.EmulatorSavedState
function Cloud:save() return saved_state.build(self) end

--- Replaces the state. Hosts stay as they are. Time continues at that of the state, unless the option `clock` sets it.
---@param saved kms.EmulatorSavedState
function Cloud:load(saved)
  local problem = saved_state.find_problem(saved) or find_settings_problem(saved.settings)
  if problem then error(validate.argument_error(1, "load", problem), 2) end
  self.elapsed = self.options.clock and 0 or saved.time - self.wall_clock()
  restore(self, saved)
end

--- Returns the Unix time of the caller. The clouds have the same time, unless the setting `clock_offset` changes that.
---@return number
function Cloud:now() return self.wall_clock() + self.elapsed end

--- Returns the same time as `now`, for deadlines: nothing corrects virtual time.
Cloud.clock = Cloud.now

--- Advances the time at once.
---@param seconds number
function Cloud:advance(seconds)
  if not schema.is_finite(seconds) or math.abs(seconds) > MAX_STEP then
    local problem = ("number from %.0f to %.0f expected, got %s"):format(-MAX_STEP, MAX_STEP, validate.quote(seconds))
    error(validate.argument_error(1, "advance", problem), 2)
  end
  self.elapsed = self.elapsed + seconds
end

--- Waits, as a transport does.
Cloud.sleep = Cloud.advance

--- Adds a fault for the next requests. kms.emulator.faults lists the kinds and their fields.
---@param fault kms.EmulatorFault
function Cloud:fault(fault)
  local problem = faults.find_problem(SERVICES, fault)
  if problem then error(validate.argument_error(1, "fault", problem), 2) end
  self.faults:add(fault)
end

--- Changes settings. Those without a new value stay as they are.
---@param changes kms.EmulatorSettings?
---@return kms.EmulatorSettings settings a copy of all settings
function Cloud:settings(changes)
  local problem = changes ~= nil and find_settings_problem(changes)
  if problem then error(validate.argument_error(1, "settings", problem), 2) end
  for name, value in pairs(changes or {}) do
    self.current_settings[name] = schema.deep_copy(value)
    self.chance:restart(name)
  end
  return schema.deep_copy(self.current_settings)
end

--- Returns a copy of a key in its present state.
---@param id string Huawei Cloud key id or NAVER Cloud key tag
---@return table? key
function Cloud:key(id)
  for _, name in ipairs(CLOUDS) do
    local key = self.services[name].state.keys[id]
    if key then return schema.deep_copy(key) end
  end
end

--- Returns the number of requests received.
---@param provider string? "huawei", "ncloud", "iam" or "metadata"; all of them when absent
---@param operation string? an operation of the provider; all of them when absent
---@return integer
function Cloud:requests(provider, operation)
  if operation then return self.request_counts[provider].by_operation[operation] or 0 end
  if provider then return self.request_counts[provider].total end
  local sum = 0
  for _, count in pairs(self.request_counts) do sum = sum + count.total end
  return sum
end

--- Returns the last requests, as many as the setting `request_log` says.
---@return kms.EmulatorLoggedRequest[]
function Cloud:request_log() return self.log:list() end

--- Returns the whole state as plain tables, for example for the control interface of a server.
---@return table
function Cloud:state()
  local state = { requests = {}, operations = {}, keys = {}, locks = {} }
  state.now, state.settings = self.cloud_now(), self:settings()
  for name, count in pairs(self.request_counts) do
    state.requests[name], state.operations[name] = count.total, schema.deep_copy(count.by_operation)
  end
  for _, name in ipairs(CLOUDS) do
    local service = self.services[name]
    for id, key in pairs(service.state.keys) do state.keys[id] = schema.deep_copy(key) end
    for access_key, failures in pairs(service:locks()) do state.locks[access_key] = schema.deep_copy(failures) end
  end
  return state
end

local function count_request(count, operation)
  count.total = count.total + 1
  if operation then count.by_operation[operation] = (count.by_operation[operation] or 0) + 1 end
end

--- Handles a request. When the response has the field `fault`, the server must deliver it with that fault; when it
--- has `latency`, that many seconds later.
---@param request table `method`, `scheme`, `host`, `target`, `headers` (list of {name, value}), `body`; and `address`,
---  that of the client
---@return table response `status`, `headers`, `body`, `fault`, `latency`
function Cloud:handle(request)
  local host = hosts.find(request.host, request.scheme, self.hosts, self.regions)
  if not host then return http.text_response(421, "no emulated service has this host\n") end
  local name, service, count = host.provider, self.services[host.provider], self.request_counts[host.provider]
  local call = { request = request, region = host.region, zone = host.zone or "global", now = self.cloud_now() }
  call.operation, call.params, call.is_known_path = service.router:find(request)
  local operation = call.operation and call.operation.name
  count_request(count, operation)
  call.id = signature.hash_sha256(("%s %d %.0f"):format(name, count.total, self:now())):sub(1, 32)

  local fault = self.faults:take(name, operation)
  local response = fault and faults.respond(fault, service, call) or service:handle(call)
  local headers = service.response_headers(call)
  headers.date = time.format_http(call.now)
  for header, value in pairs(headers) do response.headers[header] = response.headers[header] or value end
  local seconds = self.chance:draw_latency()
  response.latency = seconds > 0 and seconds or nil
  self.log:add(name, call, response)
  return response
end

--- Sends a request, as a transport does. Faults become the errors of a transport.
---@param request table `method`, `scheme`, `host`, `target`, `headers`, `body` and `timeout` in seconds
---@return table? response
---@return kms.Error? err
function Cloud:send(request)
  local problem = transport.find_problem(request)
  if problem then error(validate.argument_error(1, "send", problem), 2) end
  return transport.send(self, request)
end

return emulator
