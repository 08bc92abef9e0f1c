--- The one way of a call, for both clouds: check, build, sign, send, read, and say what happened.

local check = require "kms.check"
local credentials = require "kms.credentials"
local Error = require "kms.error"
local operation = require "kms.operation"
local reply = require "kms.reply"
local sign = require "kms.sign"

local client = {}

local TIMEOUT = 30 -- seconds for a whole call

local OPTIONS = {
  { name = "credentials", type = "table|function" },
  { name = "timeout", type = "number", positive = true },
  { name = "transport", type = "table|userdata" },
}

local CALL_OPTIONS = { { name = "timeout", type = "number", positive = true } }

-- Which failures may go away by themselves, and after which the change may nevertheless have been made. Both operations
-- set a final value, so a repeat after a doubt does no harm. A 429 or 503 was turned away before anything was done.
local RETRYABLE = {
  transport = { dns = true, connect = true, tls = true, timeout = true, closed = true },
  status = { [429] = true, [500] = true, [502] = true, [503] = true, [504] = true },
}
local DOUBTFUL_STATUS = { [500] = true, [502] = true, [504] = true }

--- Takes secrets out of foreign text: a gateway repeats signed headers in its message, the security token among them.
local function scrub(text, secrets)
  for _, secret in ipairs(secrets) do
    local first, last = text:find(secret, 1, true)
    while first do
      text = text:sub(1, first - 1) .. "[secret]" .. text:sub(last + 1)
      first, last = text:find(secret, first + 8, true)
    end
  end
  return text
end

local function scrub_all(fields, secrets)
  for name, value in pairs(fields) do
    if type(value) == "string" then
      fields[name] = scrub(value, secrets)
    elseif type(value) == "table" then
      scrub_all(value, secrets)
    end
  end
end

local function is_transport(value)
  return type(value) == "userdata" or type(value.send) == "function"
end

--- The transport of a client, made at its first call.
---@return table|userdata|nil transport, string? problem
local function open(self)
  if self.transport then return self.transport end
  local given = self.transport_options
  if rawget(_G, "ngx") then
    return nil, "option 'transport' is missing: the default one, kms.transport.curl, would block an NGINX worker"
  end
  local ok, made = pcall(require("kms.transport.curl").new, given)
  if not ok then return nil, (made:gsub("^bad argument #1 to '[^']*' %((.*)%)$", "option 'transport': %1")) end
  self.transport, self.owns_transport = made, true
  return made
end

--- Fills options that were not given from the environment, holds all against their rules, and lets the provider
--- turn them into settings; once a client.
---@return table? settings, kms.Error? err
local function settle(self)
  if self.settings then return self.settings end
  local values = {}
  for _, field in ipairs(self.provider.options) do
    local name = field.name
    local value = self.options[name] or field.variables and credentials.variable(field.variables)
    local problem = value and check.value(name, value, field.rule)
    if problem then return nil, Error.new { kind = "invalid", code = name, message = problem } end
    values[name] = value
  end
  local settings, field, problem = self.provider.settings(values, credentials.variable)
  if not settings then
    return nil, Error.new { kind = "invalid", code = field, message = problem or client.missing(self.provider, field) }
  end
  self.settings = settings
  return settings
end

--- What supplies an option that is missing.
function client.missing(provider, name)
  for _, field in ipairs(provider.options) do
    if field.name == name then
      return ("no %s: give the option %s or set %s"):format(name, name, table.concat(field.variables, " or "))
    end
  end
end

local function now_of(transport)
  return transport.now and transport:now() or os.time()
end

--- Reads an answer: a result, or what is wrong with it.
---@return table? result, kms.Error? err
local function read(provider, row, response)
  local status = response.status
  local good = status >= 200 and status < 300
  local object, code, message = reply.object(response.body)
  local request_id = reply.text(response.headers["x-request-id"]) or object and reply.text(object.request_id)
  local err = { kind = "protocol", code = code, message = message, status = status, request_id = request_id }

  if object then
    local data = good and provider.result(object)
    local result, problem
    if data then result, problem = operation.read(row, data) end
    if result then
      result.request_id = request_id
      return result
    end
    local failure, text, cause = provider.failure(object, status)
    if failure then
      err.kind, err.code, err.message, err.cause = "service", failure, text, cause
    else
      err.code = problem and "wrong_type" or "unknown"
      err.message = (problem or "the answer has none of the documented shapes") .. ", " .. reply.snippet(response.body)
    end
  end
  if status >= 300 and status < 400 then
    err.message = err.message .. "; redirects are not followed"
  end
  -- A good status says that something was done, even when the rest cannot be read.
  err.uncertain = DOUBTFUL_STATUS[status] or err.kind == "protocol" and good or false
  return nil, Error.new(err)
end

--- One attempt: freshly built, freshly signed, sent once.
---@return table? result, kms.Error? err, table? secrets what must not show in the error
local function attempt(self, row, params, settings, transport, deadline)
  local given, err = self.source()
  if not given then return nil, err end
  local secrets = { given.secret_key, given.security_token }
  if given.token then secrets[#secrets + 1] = given.token end

  local request = operation.build(row, params, settings)
  request.target, err = sign.target(request.path, request.query)
  if not request.target then return nil, err, secrets end
  local headers
  headers, err = self.provider.authenticate(request, given, now_of(transport))
  if not headers then return nil, err, secrets end
  for name, value in pairs(headers) do request.headers[#request.headers + 1] = { name, value } end
  request.deadline = deadline

  local response
  response, err = transport:send(request)
  if not response then
    if not Error.is(err) then -- a transport of the caller's own, which need not know our errors
      err = Error.new { kind = "transport", code = "other", message = tostring(err), uncertain = true }
    end
    err.attempts = 1
    if err.code == "dns" and settings.hint then err.message = err.message .. "; " .. settings.hint end
    return nil, err, secrets
  end
  local result
  result, err = read(self.provider, row, response)
  if err then err.attempts = 1 end
  return result, err, secrets
end

--- Says of an error whether the same call may succeed later.
local function classify(err)
  if err.kind == "transport" then
    err.retryable = RETRYABLE.transport[err.code] or false
  else
    err.retryable = RETRYABLE.status[err.status] or false
  end
end

--- A call, from params to result. Whether to try again is decided here, between `attempt` and the return.
---@return table? result, kms.Error? err
local function call(self, row, params, transport, timeout)
  local err = operation.invalid(row, params)
  local settings, result, secrets
  if not err then settings, err = settle(self) end
  if not err then
    local deadline = now_of(transport) + timeout
    result, err, secrets = attempt(self, row, params, settings, transport, deadline)
  end
  if not err then return result end
  if secrets then scrub_all(err, secrets) end
  err.provider, err.operation = self.provider.name, row.name
  err.attempts = err.attempts or 0
  classify(err)
  return nil, err
end

--- The method of one operation. Its errors point at the caller: level 2 is the line that called the method.
local function method_of(row, metatable)
  return function(self, params, options)
    if getmetatable(self) ~= metatable then
      error(("calling '%s' on bad self (%s client expected, got %s)"):format(row.name, metatable.__name, type(self)), 2)
    end
    local problem = check.misuse(row.fields, params, "field")
    if problem then error(check.bad_argument(1, row.name, problem), 2) end
    problem = options ~= nil and check.misuse(CALL_OPTIONS, options, "option")
    if problem then error(check.bad_argument(2, row.name, problem), 2) end
    local transport
    transport, problem = open(self)
    if not transport then error(check.bad_argument(1, self.provider.name, problem), 2) end
    return call(self, row, params, transport, options and options.timeout or self.timeout)
  end
end

--- Makes the constructor of a cloud's clients.
---@param provider table kms.huawei or kms.ncloud, the module
---@return fun(options: table?): table constructor, table metatable of its clients
function client.constructor(provider)
  local fields = {}
  for _, field in ipairs(provider.options) do fields[#fields + 1] = field end
  for _, field in ipairs(OPTIONS) do fields[#fields + 1] = field end

  local methods = {}
  local metatable = { __name = "kms." .. provider.name, __index = methods }
  function metatable.__tostring() return "kms." .. provider.name .. " client" end
  for _, row in ipairs(provider.operations) do methods[row.name] = method_of(row, metatable) end

  --- Closes the connections of the transport that the client made itself. A later call opens anew.
  function methods.close(self)
    if self.owns_transport then
      self.transport:close()
      self.transport, self.owns_transport = nil, nil
    end
  end

  metatable.__close = methods.close

  return function(options)
    options = options == nil and {} or options
    local problem = check.misuse(fields, options, "option")
    if not problem and type(options.credentials) == "table" then
      problem = credentials.misuse(provider.credentials, options.credentials)
    end
    if problem then error(check.bad_argument(1, provider.name, problem), 2) end

    local self = { provider = provider, options = {}, timeout = options.timeout or TIMEOUT }
    for _, field in ipairs(provider.options) do self.options[field.name] = options[field.name] end
    -- Only a function holds the secrets: whoever prints a client sees none.
    self.source = credentials.source(provider.credentials, options.credentials)
    local transport = options.transport
    if transport and is_transport(transport) then
      self.transport = transport
    else
      self.transport_options = transport or {}
    end
    return setmetatable(self, metatable)
  end, metatable
end

return client
