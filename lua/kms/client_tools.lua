--- Methods of clients that most programs do not call: derived clients, pages, and what programs about many calls need,
--- which see what a client calls, and wait as its calls do.

local call = require "kms.call"
local catalog = require "kms.call.catalog"
local client_settings = require "kms.client_settings"
local client_transport = require "kms.client_transport"
local Error = require "kms.error"
local http1 = require "kms.http1"
local iterate = require "kms.util.iterate"
local lazy = require "kms.util.lazy"
local params = require "kms.call.params"
local scheduler = require "kms.transport.scheduler"
local validate = require "kms.util.validate"

local pages = lazy "kms.call.pages"

local check_self = validate.check_self

local client_tools = {}

--- Opens the transport of a client that need not have made a call yet. Raises at the line that called the method.
local function get_transport(self)
  local transport, err, problem = client_transport.open(self)
  if not transport then error(problem or tostring(err), 3) end
  return transport
end

--- Creates a client with the options of another one and some changes. Both share the lock guard and the credential
--- provider, unless the changes have others.
---@param self table
---@param own_options table the options of `self`
---@param changes table `false` removes an option of the provider
---@param create fun(options: table): table?, string?
---@return table? client, string? problem argument error
function client_tools.derive(self, own_options, changes, create)
  if type(changes) ~= "table" then return nil, ("table expected, got %s"):format(type(changes)) end
  local options = iterate.copy(own_options)
  for name, value in pairs(changes) do options[name] = value end
  for _, field in ipairs(self.provider.options) do
    if options[field.name] == false then options[field.name] = nil end
  end
  if changes.credentials == nil then options.credentials = nil end
  local derived, problem = create(options)
  if not derived then return nil, problem end
  if changes.credentials == nil then derived.credential_provider = self.credential_provider end
  if changes.lock_guard == nil then derived.guard = self.guard end
  derived.clock_offset = self.clock_offset
  return derived
end

--- Creates the methods.
---@param provider kms.Provider
---@param metatable table of the provider's clients
---@return table<string, function>
function client_tools.new_methods(provider, metatable)
  local methods, operations = {}, catalog.of(provider)

  --- Creates a client with the same options except the changes. `false` removes an option such as `endpoint`. Both
  --- share what is known about the credentials.
  function methods.with(self, changes)
    check_self(self, "with", metatable)
    local derived, problem = self.derive(changes)
    if not derived then error(validate.argument_error(1, "with", problem), 2) end
    return derived
  end

  --- Returns the entry of an operation, or nil.
  function methods.operation(self, name)
    check_self(self, "operation", metatable)
    return operations:find(name)
  end

  --- Validates params as a call does. Sends nothing.
  ---@return true? is_valid
  ---@return kms.Error? err kind "invalid"; the code is "params" for what would raise in a call
  function methods.validate(self, name, arguments)
    check_self(self, "validate", metatable)
    local entry = operations:find(name)
    if not entry then error(validate.argument_error(1, "validate", "no operation " .. validate.quote(name)), 2) end
    local values, err, problem = params.validate(entry, arguments)
    if values then return true end
    return nil, err or Error.new { kind = "invalid", code = "params", message = problem }
  end

  --- Returns where calls go. Reads the environment for what the options lack.
  ---@return table? target `provider`, `host`, `region`, `project_id`
  ---@return kms.Error? err
  function methods.target(self)
    check_self(self, "target", metatable)
    local err = not self.settings and client_settings.resolve(self) or nil
    if err then return nil, err end
    local settings = self.settings
    return { provider = provider.name, host = settings.host, region = settings.region,
      project_id = settings.project_id }
  end

  --- Resets the lock guard, so that credentials that were refused may be sent again. Credential providers forget the
  --- credentials they hold, and the client forgets the clock offset.
  function methods.reset(self)
    check_self(self, "reset", metatable)
    self.clock_offset = 0
    if self.guard then self.guard:reset() end
    if self.credential_provider.forget then self.credential_provider:forget() end
  end

  --- Returns the time on which calls of this client wait, in seconds.
  function methods.clock(self)
    check_self(self, "clock", metatable)
    local transport = get_transport(self)
    if type(transport.clock) == "function" then return transport:clock() end
    return http1.monotonic()
  end

  --- Waits. In a task of kms.parallel the other tasks run meanwhile.
  function methods.sleep(self, seconds)
    check_self(self, "sleep", metatable)
    scheduler.sleep(get_transport(self), seconds)
  end

  --- Iterates over the items of all pages of an operation: `for number, item, err in client:each("list_keys") do`.
  --- After a failure, the last step has no item but an error. The timeout counts for each page.
  function methods.each(self, name, arguments, options)
    check_self(self, "each", metatable)
    local entry = operations:find(name)
    local problem = not entry and "no operation " .. validate.quote(name)
      or not entry.paging and ("operation %s has no pages"):format(name)
    if problem then error(validate.argument_error(1, "each", problem), 2) end
    local _, _, params_problem = params.validate(entry, arguments)
    if params_problem then error(validate.argument_error(2, "each", params_problem), 2) end
    problem = call.validate_options(options)
    if problem then error(validate.argument_error(3, "each", problem), 2) end
    return pages.iterate(provider.name, entry, arguments, function(page_params)
      return self[name](self, page_params, options)
    end)
  end

  return methods
end

return client_tools
