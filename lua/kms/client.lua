--- Clients of a provider: their options, and one method per operation.

local call = require "kms.call"
local catalog = require "kms.call.catalog"
local client_settings = require "kms.client_settings"
local client_transport = require "kms.client_transport"
local credentials = require "kms.credentials"
local iterate = require "kms.util.iterate"
local lock_guard = require "kms.call.lock_guard"
local lazy = require "kms.util.lazy"
local params = require "kms.call.params"
local retry_policy = require "kms.call.retry_policy"
local validate = require "kms.util.validate"

local attempt_hook = lazy "kms.call.attempt_hook"
local client_tools = lazy "kms.client_tools"

local check_self, open_transport, validate_options = validate.check_self, client_transport.open, call.validate_options
local ngx = rawget(_G, "ngx")

local client = {}

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
local TOOLS = { with = true, operation = true, validate = true, target = true, clock = true, sleep = true, each = true,
  reset = true }

local function is_transport(value)
  return type(value) == "userdata" or type(value.send) == "function"
end

--- Creates the method of an operation. Its argument errors have level 2: the line that called the method.
local function create_method(entry, metatable)
  local name = entry.name
  return function(self, arguments, options)
    if getmetatable(self) ~= metatable then check_self(self, name, metatable) end
    local values, refusal, problem = params.validate(entry, arguments)
    if problem then error(validate.argument_error(1, name, problem), 2) end
    problem = options ~= nil and validate_options(options)
    if problem then error(validate.argument_error(2, name, problem), 2) end
    local transport, err
    transport, err, problem = open_transport(self)
    if problem then error(validate.argument_error(1, self.provider.name, problem), 2) end

    err = refusal or err
    if not err and not self.settings then err = client_settings.resolve(self) end
    if err then return call.reject(self, entry, err, values or arguments) end
    return call.run(self, entry, values, transport, options and options.timeout or self.timeout)
  end
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

local function create_methods(provider, metatable)
  local methods, operations = {}, catalog.of(provider)

  --- Closes the connections of the client's own transport; of a shared one, if no other client uses it. Calls under way
  --- end first. A later call opens new connections.
  function methods.close(self)
    check_self(self, "close", metatable)
    self.is_closing = self.active_calls > 0
    if self.owns_transport and not self.is_closing then client_transport.release(self) end
  end

  -- Other methods are created when they are first looked up: those of kms.client_tools, and one per operation.
  return setmetatable(methods, { __index = function(_, name)
    if TOOLS[name] then
      for tool, method in pairs(client_tools.new_methods(provider, metatable)) do methods[tool] = method end
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
      notify = options.on_attempt and attempt_hook.new(options.on_attempt) or false,
      credential_provider = credentials.provider(options.credentials),
      settings = false, call_class = false, transport = false, owns_transport = false, is_transport_open = false,
    }
    for _, field in ipairs(provider.options) do self.options[field.name] = options[field.name] end
    -- A proxy's password and keys are secrets. Only functions hold secrets, so that printing a client shows none.
    local own_options = iterate.copy(options)
    local transport = options.transport
    if transport and is_transport(transport) then
      self.transport = transport
      self.is_transport_open = type(transport) == "userdata" and transport.is_open or false
    else
      own_options.transport = iterate.copy(transport or {})
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
