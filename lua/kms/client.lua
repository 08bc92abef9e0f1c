--- Clients of a provider: their options, settings and transport, and one method per operation.

local call = require "kms.call"
local catalog = require "kms.call.catalog"
local credentials = require "kms.credentials"
local env = require "kms.util.env"
local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local lock_guard = require "kms.call.lock_guard"
local lazy = require "kms.util.lazy"
local params = require "kms.call.params"
local retry_policy = require "kms.call.retry_policy"
local validate = require "kms.util.validate"

local client_tools = lazy "kms.client_tools"

-- Loaded with this module, because loading in a handler would block the NGINX worker. In plain Lua the default is
-- kms.transport.curl, loaded at the first call: a program with a transport of its own does not need libcurl.
local ngx = rawget(_G, "ngx")
local cosocket = ngx and ngx.get_phase and require "kms.transport.cosocket"

local client = {}

-- In plain Lua, clients without transport options share one transport, with its connections and the system's CA
-- certificates, which take longer to read than a call takes. It lives as long as one of these clients.
local shared = setmetatable({}, { __mode = "v" }) -- `transport`
local sharing_clients = setmetatable({}, { __mode = "k" })

local DEFAULT_TIMEOUT = 30 -- seconds

---@type kms.Field[]
local OPTIONS = {
  { name = "credentials", type = "table|function" },
  { name = "timeout", type = "number", positive = true },
  { name = "transport", type = "table|userdata" },
  { name = "lock_guard", type = "boolean|table" },
  { name = "retry", type = "boolean|table" },
  { name = "on_attempt", type = "function" },
}

local LOCK_GUARD_FIELDS = { { name = "shared", type = "string", required = true } }
-- The methods of kms.client_tools.
local TOOLS = { with = true, operation = true, validate = true, target = true, clock = true, sleep = true, each = true }

local CALL_OPTIONS = { { name = "timeout", type = "number", positive = true } }

local function is_transport(value)
  return type(value) == "userdata" or type(value.send) == "function"
end

--- Closes the transport that the client created, or the shared one if no other client uses it.
local function release_transport(self)
  local transport = self.transport
  self.transport, self.owns_transport, sharing_clients[self] = false, false, nil
  if transport == shared.transport then
    if next(sharing_clients) ~= nil then return end
    shared.transport = nil
  end
  if transport.close then transport:close() end
end

--- Adds the CA certificates of the environment to the options of kms.transport.curl. In NGINX, the configuration names
--- them.
local function add_ca_file(options)
  local path = not cosocket and options.ca_file == nil and options.ca_path == nil and env.read { "KMS_CA_FILE" }
  if not path then return options end
  local copy = { ca_file = path }
  for name, value in iterate.members(options) do copy[name] = value end
  return copy
end

--- Creates the default transport of this host.
---@return table|userdata|nil transport, string? problem argument error in the options
local function create_transport(options)
  options = add_ca_file(options)
  local ok, transport = pcall((cosocket or require "kms.transport.curl").new, options)
  if ok then return transport end
  return nil, "option 'transport': " .. tostring(transport)
end

--- Finds the transport of a client: the caller's, or the default one, which the first call creates. It never blocks an
--- NGINX worker unless the caller chose one that does.
---@return table|userdata|nil transport, kms.Error? err
---@return string? problem argument error in the option
local function open_transport(self)
  local transport = self.transport
  if transport and not self.owns_transport then
    if self.is_transport_open and not self.is_transport_open(transport) then return nil, nil, "transport is closed" end
    return transport
  end
  local refusal = cosocket and cosocket.check_phase()
  if refusal then return nil, refusal end
  if transport then return transport end
  local options = self.transport_options()
  local is_shared = not cosocket and next(options) == nil
  local problem
  transport = is_shared and shared.transport
  if not transport then transport, problem = create_transport(options) end
  if not transport then return nil, nil, problem end
  if is_shared then shared.transport, sharing_clients[self] = transport, true end
  self.transport, self.owns_transport = transport, true
  return transport
end

--- Describes what supplies the options that are missing.
local function describe_missing(provider, names)
  local hints = {}
  for _, field in ipairs(provider.options) do
    if names[field.name] then
      hints[#hints + 1] = ("no %s: give the option %s or set %s"):format(
        field.name, field.name, table.concat(field.variables, " or "))
    end
  end
  return table.concat(hints, "; ")
end

local function create_invalid_error(name, problem)
  return Error.new { kind = "invalid", code = name, message = problem }
end

--- Completes the options from the environment, validates them, and lets the provider convert them to settings. Once per
--- client.
---@return kms.Error? err
local function resolve_settings(self)
  local provider, values = self.provider, {}
  for _, field in ipairs(provider.options) do
    local name = field.name
    local value, variable = self.options[name], nil
    if value == nil and field.variables then value, variable = env.read(field.variables) end
    local problem = value and validate.value(variable or name, value, field.rule)
    if problem then return create_invalid_error(name, problem) end
    values[name] = value
  end
  local missing = provider.list_missing_options(values)
  if missing[1] then
    local is_missing = {}
    for _, name in ipairs(missing) do is_missing[name] = true end
    return create_invalid_error(missing[1], describe_missing(provider, is_missing))
  end
  local settings, name, problem = provider.resolve_settings(values, env.read)
  if not settings then return create_invalid_error(name, problem) end
  self.settings = settings
  self.call_class = call.new_class(self)
end

--- Validates the options of a call.
---@param options any
---@return string? problem
function client.validate_options(options)
  return options ~= nil and validate.arguments(CALL_OPTIONS, options, "option") or nil
end

local function describe_bad_self(name, self, metatable)
  return ("calling '%s' on bad self (%s client expected, got %s)"):format(name, metatable.__name, type(self))
end

--- Raises, at the line that called the method, unless `self` is a client of the provider.
local function check_self(self, name, metatable)
  if getmetatable(self) ~= metatable then error(describe_bad_self(name, self, metatable), 3) end
end

--- Creates the method of an operation. Its argument errors have level 2: the line that called the method.
local function create_method(entry, metatable)
  local name = entry.name
  return function(self, arguments, options)
    if getmetatable(self) ~= metatable then error(describe_bad_self(name, self, metatable), 2) end
    local values, refusal, problem = params.validate(entry, arguments)
    if problem then error(validate.argument_error(1, name, problem), 2) end
    problem = options ~= nil and client.validate_options(options)
    if problem then error(validate.argument_error(2, name, problem), 2) end
    local transport, err
    transport, err, problem = open_transport(self)
    if problem then error(validate.argument_error(1, self.provider.name, problem), 2) end

    err = refusal or err
    if not err and not self.settings then err = resolve_settings(self) end
    if err then return call.reject(self, entry, err, values or arguments) end
    return call.run(self, entry, values, transport, options and options.timeout or self.timeout)
  end
end

local function copy_table(options)
  local copy = {}
  for name, value in iterate.members(options) do copy[name] = value end
  return copy
end

--- Creates the lock guard that an option asks for.
---@return kms.LockGuard? guard, string? problem
local function create_guard(provider, option)
  if option == nil then option = provider.lock_guard end
  if option == false then return nil end
  if option == true then return lock_guard.new() end
  local problem = validate.arguments(LOCK_GUARD_FIELDS, option, "lock_guard field")
  if problem then return nil, problem end
  local dictionary = ngx and ngx.shared and ngx.shared[option.shared]
  if not dictionary then
    return nil, ("option 'lock_guard': there is no lua_shared_dict %s"):format(validate.quote(option.shared))
  end
  return lock_guard.new(dictionary, option.shared)
end

local function validate_client_options(provider, fields, options)
  local problem = validate.arguments(fields, options, "option")
  if problem then return problem end
  return options.credentials ~= nil and credentials.check_option(provider.credentials, options.credentials) or nil
end

-- What kms.client_tools uses of this module.
local internals = {
  open_transport = open_transport, resolve_settings = resolve_settings, check_self = check_self,
  validate_options = client.validate_options,
}

local function create_methods(provider, metatable)
  local methods, operations = {}, catalog.of(provider)

  --- Closes the connections of the client's own transport; of a shared one, if no other client uses it. Calls under way
  --- end first. A later call opens new connections.
  function methods.close(self)
    check_self(self, "close", metatable)
    self.is_closing = self.active_calls > 0
    if self.owns_transport and not self.is_closing then release_transport(self) end
  end

  --- Resets the lock guard, so that credentials that were refused may be sent again. Credential providers forget the
  --- credentials they hold, and the client forgets the clock offset.
  function methods.reset(self)
    check_self(self, "reset", metatable)
    self.clock_offset = 0
    if self.guard then self.guard:reset() end
    if self.credential_provider.forget then self.credential_provider:forget() end
  end

  -- Other methods are created when they are first looked up: those of kms.client_tools, and one per operation.
  return setmetatable(methods, { __index = function(_, name)
    if TOOLS[name] then
      for tool, method in pairs(client_tools.new_methods(provider, metatable, internals)) do methods[tool] = method end
      return methods[name]
    end
    local entry = operations:find(name)
    if not entry then return nil end
    methods[name] = create_method(entry, metatable)
    return methods[name]
  end })
end

--- Creates the constructor of a provider's clients.
---@param provider kms.Provider
---@return fun(options: table?): table constructor, table metatable of its clients
function client.new_constructor(provider)
  local fields = {}
  for _, list in ipairs { provider.options, OPTIONS } do
    for _, field in ipairs(list) do fields[#fields + 1] = field end
  end
  local metatable = { __name = "kms." .. provider.name }
  metatable.__index = create_methods(provider, metatable)
  metatable.__close = metatable.__index.close
  function metatable.__tostring() return "kms." .. provider.name .. " client" end

  local create

  --- Creates a client. Every field has a value, because a missing one would be looked for among the operations.
  ---@return table? client, string? problem argument error
  function create(options)
    local problem = validate_client_options(provider, fields, options)
    local guard, policy
    if not problem then guard, problem = create_guard(provider, options.lock_guard) end
    if not problem then policy, problem = retry_policy.resolve(options.retry) end
    if problem then return nil, problem end

    local self = {
      provider = provider, options = {}, timeout = options.timeout or DEFAULT_TIMEOUT, clock_offset = 0,
      active_calls = 0, is_closing = false, guard = guard or false, retry = policy,
      on_attempt = options.on_attempt or false, credential_provider = credentials.provider(options.credentials),
      settings = false, call_class = false, transport = false, owns_transport = false, is_transport_open = false,
    }
    for _, field in ipairs(provider.options) do self.options[field.name] = options[field.name] end
    -- A proxy's password and keys are secrets. Only functions hold secrets, so that printing a client shows none.
    local own_options = copy_table(options)
    local transport = options.transport
    if transport and is_transport(transport) then
      self.transport = transport
      self.is_transport_open = type(transport) == "userdata" and transport.is_open or false
    else
      own_options.transport = copy_table(transport or {})
      function self.transport_options() return own_options.transport end
    end
    function self.derive(changes) return client_tools.derive(self, own_options, changes, create) end
    return setmetatable(self, metatable)
  end

  -- Raises at the caller of the function that calls it.
  return function(options)
    local self, problem = create(options == nil and {} or options)
    if not self then error(validate.argument_error(1, provider.name, problem), 3) end
    return self
  end, metatable
end

return client
