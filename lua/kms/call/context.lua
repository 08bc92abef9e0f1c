--- What a call lends to credential providers and to the lock guard: time, pauses, and requests within its deadline.

local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local request_headers = require "kms.util.request_headers"
local http1 = require "kms.http1"
local lazy = require "kms.util.lazy"
local retry_policy = require "kms.call.retry_policy"
local scheduler = require "kms.transport.scheduler"

local retry = lazy.read "kms.call.retry"
local transport_result = lazy.read "kms.call.transport_result"

local add_unsigned, send, monotonic = request_headers.add_unsigned, scheduler.send, http1.monotonic

---@class kms.Context
---@field provider "huawei"|"ncloud"
---@field cloud kms.Provider its module
---@field fields kms.CredentialsField[] the credentials that the provider's signature needs
---@field region string?
---@field deadline number on the scale of `clock()`
---@field warning string? for the caller, in the result or the error
---@field transport table|userdata
---@field client { clock_offset: number }? the client that makes the call
---@field lease kms.MutexOwner? of the mutex that the call holds while it fetches what other calls wait for
---@field is_single_attempt boolean? requests of credential providers are not repeated, because the call can do without
---@field time number? `clock()`, as long as nothing may have waited since it was read
local Context = {}

--- Creates the metatable of contexts. Its index holds what is the same for all of them, because a smaller table makes a
--- call measurably cheaper.
---@param provider kms.Provider
---@param region string?
---@param settings table? of the client
---@return table
function Context.new_class(provider, region, settings)
  local index = {
    provider = provider.name, cloud = provider, fields = provider.credentials, region = region, settings = settings,
  }
  for name, method in iterate.members(Context) do index[name] = method end
  return { __index = index }
end

--- Starts the time of a call.
---@param timeout number seconds
function Context:start(timeout)
  local transport = self.transport
  local read = transport.clock
  local time = type(read) == "function" and read(transport) or monotonic()
  self.time, self.deadline = time, time + timeout
end

--- Returns monotonic time in seconds.
---@return number
function Context:clock()
  local transport = self.transport
  local read = transport.clock
  if type(read) == "function" then return read(transport) end
  return monotonic()
end

--- Returns Unix time in seconds.
---@return number
function Context:now()
  local transport = self.transport
  local read = transport.now
  if read then return read(transport) end
  return http1.now()
end

--- Returns Unix time in seconds at the cloud: this machine's, corrected by the clock offset that the client has learnt.
---@return number
function Context:cloud_time()
  local client = self.client
  return self:now() + (client and client.clock_offset or 0)
end

---@param seconds number
function Context:sleep(seconds)
  self.time = nil
  scheduler.sleep(self.transport, seconds)
end

local READ_ONLY = { read_only = true }

--- Returns the pause before a request of a credential provider is repeated, by the policy of the client. Such a request
--- changes nothing.
---@param attempt integer the one that failed; throttled ones do not count
---@param response table?
---@param err kms.Error? of the transport, in place of a response
---@return number? seconds nil if the request is not repeated
function Context:choose_wait(attempt, response, err)
  local policy = self.client and self.client.retry or retry_policy.resolve()
  if self.is_single_attempt or attempt >= policy.attempts then return nil end
  local failure = err or { kind = "service", status = response.status }
  if not retry.is_retryable(failure, READ_ONLY, self.cloud) then return nil end
  local wait = retry.compute_wait(policy, math.max(attempt, 1), response, self:now())
  return self:clock() + wait < self.deadline and wait or nil
end

--- Sends a request within the call's deadline, and within `request.timeout` seconds if that is set.
---@param request table
---@param is_brief boolean? the caller reads only the headers Date, Retry-After, X-Request-Id and Content-Encoding
---@return table? response, kms.Error? err
---@return boolean? is_kept the transport may keep the request, because it is the caller's
function Context:send(request, is_brief)
  local left, timeout, transport = self.deadline - (self.time or self:clock()), request.timeout, self.transport
  self.time = nil
  if timeout and timeout < left then left = timeout end
  if left <= 0 then
    return nil, Error.new { kind = "transport", code = "timeout", uncertain = false,
      message = "the deadline passed before the request was sent" }
  end
  request.timeout = left
  request.headers = add_unsigned(request.headers or {})
  -- A transport of the caller is not told, because it may read other headers.
  local is_own = type(transport) == "userdata" or rawget(transport, "is_own")
  local response, err = send(transport, request, is_brief and is_own)
  if type(response) ~= "table" then return nil, transport_result.copy_error(err) end
  if is_own then return response end
  response, err = transport_result.complete(response)
  return response, err, true
end

return Context
