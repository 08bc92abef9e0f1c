--- Clients: their options, their settings, their transport, and one method for each row of a cloud's operations.

local call = require "kms.call"
local validate = require "kms.util.validate"
local Context = require "kms.call.context"
local credentials = require "kms.credentials"
local env = require "kms.util.env"
local Error = require "kms.error"
local lock_guard = require "kms.call.lock_guard"
local operation = require "kms.call.operation"
local retry = require "kms.call.retry"

-- Loaded with this module, for in a handler loading would hold up the worker. Elsewhere kms.transport.curl is the
-- default, loaded at the first call: a worker that never asks for it does without libcurl.
local ngx = rawget(_G, "ngx")
local cosocket = ngx and ngx.get_phase and require "kms.transport.cosocket"

local client = {}

-- In plain Lua the clients that set no option of the transport have one together: a host's connection, and the system's
-- certificates, which take longer to read than a call takes. It lasts as long as one of them.
local common = setmetatable({}, { __mode = "v" })
local sharing = setmetatable({}, { __mode = "k" }) -- the clients

local TIMEOUT = 30 -- seconds for a whole call

---@type kms.Field[]
local OPTIONS = {
  { name = "credentials", type = "table|function" },
  { name = "timeout", type = "number", positive = true },
  { name = "transport", type = "table|userdata" },
  { name = "lock_guard", type = "boolean|table" },
  { name = "retry", type = "boolean|table" },
  { name = "on_retry", type = "function" },
}

local LOCK_GUARD = { { name = "shared", type = "string", required = true } }
local CALL_OPTIONS = { { name = "timeout", type = "number", positive = true } }

local function is_transport(value)
  return type(value) == "userdata" or type(value.send) == "function"
end

--- Closes a client's own transport, or the shared one unless others need it.
local function leave_transport(self)
  local transport = self.transport
  self.transport, self.owns_transport, sharing[self] = nil, nil, nil
  if transport == common.transport then
    if next(sharing) ~= nil then return end
    common.transport = nil
  end
  if transport.close then transport:close() end
end

--- The transport of a client: the caller's own, or the default one, made at the first call. Never one that would
--- block an NGINX worker unasked.
---@return table|userdata|nil transport, kms.Error? err, string? problem misuse of the option
local function open(self)
  if self.transport and not self.owns_transport then return self.transport end
  local refused = cosocket and cosocket.check_phase()
  if refused then return nil, refused end
  if not self.transport then
    local options = self.transport_options()
    local shares = not cosocket and next(options) == nil
    local ok, made = true, shares and common.transport
    if not made then ok, made = pcall((cosocket or require "kms.transport.curl").new, options) end
    if not ok then return nil, nil, (made:gsub("^bad argument #1 to '[^']*' %((.*)%)$", "option 'transport': %1")) end
    if shares then common.transport, sharing[self] = made, true end
    self.transport, self.owns_transport = made, true
  end
  return self.transport
end

--- What supplies options that are missing.
local function missing(provider, names)
  local hints = {}
  for _, field in ipairs(provider.options) do
    if names[field.name] then
      hints[#hints + 1] = ("no %s: give the option %s or set %s"):format(
        field.name, field.name, table.concat(field.variables, " or "))
    end
  end
  return table.concat(hints, "; ")
end

--- Fills options that were not given from the environment, holds all against their rules, and lets the provider
--- turn them into settings; once a client.
---@return table? settings, kms.Error? err
local function resolve_settings(self)
  local values, absent, first = {}, {}, nil
  for _, field in ipairs(self.provider.options) do
    local name = field.name
    local value, variable = self.options[name], nil
    if value == nil and field.variables then value, variable = env.read(field.variables) end
    local problem = value and validate.value(variable or name, value, field.rule)
    if problem then return nil, Error.new { kind = "invalid", code = name, message = problem } end
    values[name] = value
  end
  for _, name in ipairs(self.provider.list_missing_options(values)) do
    absent[name], first = true, first or name
  end
  if first then
    return nil, Error.new { kind = "invalid", code = first, message = missing(self.provider, absent) }
  end
  local settings, field, problem = self.provider.resolve_settings(values, env.read)
  if not settings then return nil, Error.new { kind = "invalid", code = field, message = problem } end
  self.settings = settings
  return settings
end

--- What is wrong with a call's own options.
---@param options any
---@return string? problem
function client.validate_options(options)
  return options ~= nil and validate.arguments(CALL_OPTIONS, options, "option") or nil
end

--- What is wrong with the object that a method was called on.
local function self_problem(name, self, metatable)
  return ("calling '%s' on bad self (%s client expected, got %s)"):format(name, metatable.__name, type(self))
end

--- The method of one operation. Its errors point at the caller: level 2 is the line that called the method.
local function method_of(row, metatable)
  return function(self, params, options)
    if getmetatable(self) ~= metatable then error(self_problem(row.name, self, metatable), 2) end
    local problem = validate.arguments(row.fields, params, "field")
    if problem then error(validate.argument_error(1, row.name, problem), 2) end
    problem = options ~= nil and client.validate_options(options)
    if problem then error(validate.argument_error(2, row.name, problem), 2) end
    local transport, err, values, refused
    transport, err, problem = open(self)
    if problem then error(validate.argument_error(1, self.provider.name, problem), 2) end

    values, refused = operation.validate_params(row, params)
    err = refused or err
    local settings = self.settings
    if not err and not settings then settings, err = resolve_settings(self) end
    if err then return call.reject(self, row, err) end
    local context = Context.new(self.provider, transport, options and options.timeout or self.timeout, settings.region)
    return call.run(self, row, values, settings, context)
  end
end

local function copy_of(options)
  local copy = {}
  for name, value in pairs(options) do copy[name] = value end
  return copy
end

--- The guard that an option asks for.
---@return table? guard, string? problem
local function guard_of(provider, option)
  if option == nil then option = provider.lock_guard end
  if option == false then return nil end
  if option == true then return lock_guard.new() end
  local problem = validate.arguments(LOCK_GUARD, option, "lock_guard field")
  if problem then return nil, problem end
  local shared = ngx and ngx.shared and ngx.shared[option.shared]
  if not shared then
    return nil, ("option 'lock_guard': there is no lua_shared_dict %s"):format(validate.quote(option.shared))
  end
  return lock_guard.new(shared)
end

--- What is wrong with a client's options.
local function problem_of(provider, fields, options)
  local problem = validate.arguments(fields, options, "option")
  if problem then return problem end
  return options.credentials ~= nil and credentials.check_option(provider.credentials, options.credentials) or nil
end

--- Makes the methods of a cloud's clients.
local function methods_of(provider, metatable)
  local methods = {}
  for _, row in ipairs(provider.operations) do methods[row.name] = method_of(row, metatable) end

  --- Closes the connections of the transport that the client made itself, or the last of those who share it. A later
  --- call opens anew.
  function methods.close(self)
    if getmetatable(self) ~= metatable then error(self_problem("close", self, metatable), 2) end
    if self.owns_transport then leave_transport(self) end
  end

  --- Lifts the lock guard: credentials that were refused may be tried again. Sources forget what they hold, and the
  --- client what it learnt of the clock.
  function methods.reset(self)
    if getmetatable(self) ~= metatable then error(self_problem("reset", self, metatable), 2) end
    self.clock.offset = 0
    if self.guard then self.guard:reset() end
    if self.credential_provider.forget then self.credential_provider:forget() end
  end

  return methods
end

--- Makes the constructor of a cloud's clients.
---@param provider table kms.huawei or kms.ncloud, the module
---@return fun(options: table?): table constructor, table metatable of its clients
function client.new_constructor(provider)
  local fields = {}
  for _, list in ipairs { provider.options, OPTIONS } do
    for _, field in ipairs(list) do fields[#fields + 1] = field end
  end
  local metatable = { __name = "kms." .. provider.name }
  metatable.__index = methods_of(provider, metatable)
  metatable.__close = metatable.__index.close
  function metatable.__tostring() return "kms." .. provider.name .. " client" end

  return function(options)
    options = options == nil and {} or options
    local problem = problem_of(provider, fields, options)
    local own_guard, policy
    if not problem then own_guard, problem = guard_of(provider, options.lock_guard) end
    if not problem then policy, problem = retry.resolve_policy(options.retry) end
    if problem then error(validate.argument_error(1, provider.name, problem), 2) end

    local self = { provider = provider, options = {}, timeout = options.timeout or TIMEOUT }
    for _, field in ipairs(provider.options) do self.options[field.name] = options[field.name] end
    self.clock, self.guard, self.retry, self.on_retry = { offset = 0 }, own_guard, policy, options.on_retry
    -- Secrets (a proxy's password may be one) are held by functions alone: whoever prints a client sees none.
    self.credential_provider = credentials.provider(options.credentials)
    local transport = options.transport
    if transport and is_transport(transport) then
      self.transport = transport
    else
      local copy = copy_of(transport or {})
      function self.transport_options() return copy end
    end
    return setmetatable(self, metatable)
  end, metatable
end

return client
