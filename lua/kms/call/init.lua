--- Runs one call, from validated params to a result: credentials, lock guard, attempts.

local Context = require "kms.call.context"
local coroutines = require "kms.util.coroutines"
local encoder = require "kms.call.encoder"
local Error = require "kms.error"
local json_body = require "kms.util.json_body"
local lazy = require "kms.util.lazy"
local lock_guard = require "kms.call.lock_guard"
local request_pool = require "kms.call.request_pool"
local result_reader = require "kms.call.result_reader"
local error_codes = require "kms.transport.error_codes"
local scheduler = require "kms.transport.scheduler"
local validate = require "kms.util.validate"

local recovery = lazy.read "kms.call.recovery"
local report = lazy.read "kms.call.report"

local build_request = encoder.build_request
local take_request, list_headers = request_pool.take, request_pool.list_headers
local give_back_request = request_pool.give_back
local check_suspension = scheduler.check_suspension
local decode, find_request_id, identify = json_body.decode, result_reader.find_request_id, lock_guard.identify

-- The status of a response to a request with Range (RFC 9110, section 15.3.7), which no operation has. The clouds
-- document 200, 201 and 204. All others from 200 to 299 are successes, because the documentation is incomplete.
local PARTIAL = 206

local OPTIONS = { { name = "timeout", type = "number", positive = true } }

local call = {}

---@class kms.Provider a cloud: data and small pure functions
---@field name "huawei"|"ncloud"
---@field options kms.Field[] options of its clients; `variables` names environment variables that may replace one
---@field credentials kms.CredentialsField[] the fields of its credentials
---@field profile kms.ProfileFormat its profile files
---@field metadata kms.MetadataFormat its metadata service
---@field iam table? its service for tokens and temporary keys, see kms.huawei.iam
---@field operations kms.OperationGroup[] its operations, see kms.call.catalog
---@field lock_guard boolean whether clients have a lock guard by default
---@field clock_tolerance number seconds by which the cloud lets a signature's time be off
---@field throttle_codes table<string, boolean> error codes of throttled requests; status 429 is one for every cloud
---@field secret_headers table<string, string> headers of a signature that errors must not contain: name to a pattern
---  of the secret part
---@field list_missing_options fun(values: table): string[] names of options that are needed and have no value
---@field resolve_settings fun(values: table, read_variable: fun(names: string[]): string?): table?, string?, string?
---  converts options to settings: `scheme`, `host`, `headers`, and values of the paths' placeholders; or nil, the name
---  of an option, and what is wrong with it
---@field authenticate fun(request: table, credentials: kms.Credentials, timestamp: number, settings: table):
---  table<string, string>?, kms.Error? computes the headers that authenticate a request
---@field check_credentials (fun(entry: kms.Operation, credentials: kms.Credentials): string?)? returns why an operation
---  does not accept a kind of credentials
---@field compute_stages (fun(request: table, credentials: kms.Credentials, timestamp: number, settings: table):
---  table?)? computes the canonical request, for a cloud that prints its own when it refuses a signature
---@field errors kms.ProviderErrors its error bodies
---@field extract_result fun(object: table): table? returns the part of a successful response that holds the result

---@class kms.ProviderErrors
---@field parse fun(object: table, status: integer): string?, string?, table? reads code, message and cause
---@field hints kms.Hint[]

---@class kms.Call : kms.Context one call under way, and what it lends to credential providers and to the lock guard
---@field client table
---@field settings table
---@field operation kms.Operation
---@field params table validated
---@field credentials kms.Credentials?
---@field attempts integer attempts begun
---@field throttled_attempts integer those of them that the cloud throttled
---@field guard_id string? of the credentials, if the lock guard protects them
---@field guard_slot integer? that the lock guard assigned to the attempt under way
---@field has_resigned boolean? a request was signed again with another clock offset
---@field is_uncertain boolean? an attempt may have made the change
---@field secrets string[]? collected for errors, once there is one

--- Reads a response: a result, or the object in it and the code and message of a protocol error.
---@return table? result, table? object, string? code, string? message
local function parse_response(self, response)
  local entry, status = self.operation, response.status
  local is_success = status >= 200 and status < 300
  if status == PARTIAL then
    return nil, nil, "unknown", "status 206 says that this is a part of a response, which was not asked for"
  end
  if is_success and response.body == "" and result_reader.is_optional(entry) then
    return { request_id = find_request_id(response), warning = nil }
  end
  local object, code, message = decode(response.body, result_reader.get_list(entry))
  if not object then return nil, nil, code, message end
  local data = is_success and self.cloud.extract_result(object)
  if not data then return nil, object, "unknown", "the response has none of the documented shapes" end
  local result
  result, code, message = result_reader.read(entry, data, self.params, find_request_id(response, object))
  if not result then return nil, object, code, message end
  return result
end

--- Makes one attempt: builds and signs the request again, and sends it once.
---@param self kms.Call
---@param clock_offset number
---@return table? result, kms.Error? err
---@return table? response
local function run_attempt(self, clock_offset)
  local attempts, settings, policy = self.attempts + 1, self.settings, self.client.retry
  self.attempts = attempts
  local signed_at = self:now() + clock_offset
  local lent = take_request(settings.headers)
  local request, err = build_request(self.operation, self.params, settings, lent.request)
  if not request then return nil, err end
  -- A caller that repeats changes by itself must learn of every request that may have been carried out.
  if policy.attempts == 1 and not self.operation.read_only then request.idempotent = false end
  local signature
  signature, err = self.cloud.authenticate(request, self.credentials, signed_at, settings)
  if not signature then return nil, err end

  request.headers = list_headers(lent, settings.headers, signature)
  -- The last attempt may use all the time that is left.
  request.timeout = attempts - self.throttled_attempts < policy.attempts and policy.attempt_timeout or nil
  local response, is_kept
  response, err, is_kept = self:send(request, true)
  if not response then
    report.collect_secrets(self, request.headers)
    local code = error_codes[err.code]
    if code and code.is_unresolved then err.hint = settings.unresolved_hint end
    -- The status of a response decides even if the rest of it was not received.
    if err.status then err.uncertain = report.is_uncertain_status(err.status) end
    return nil, err
  end
  local result, object, code, message = parse_response(self, response)
  if result then
    if not is_kept then give_back_request(lent, settings.headers) end
    return result, nil, response
  end
  report.collect_secrets(self, request.headers)
  err = report.parse_failure(self, response, object, code, message)
  report.add_hint(self, err, signed_at)
  return nil, err, response
end

--- Looks up what the settings lack, with a request of its own.
---@return table? settings, kms.Error? err
---@return table? response
local function run_completion(self, clock_offset)
  return self.settings.complete(self.credentials, self, clock_offset)
end

--- Reports to the lock guard what an attempt proved. The guard passes the cause of a failure on to other calls.
local function report_to_guard(self, verdict, err)
  if not self.guard_id then return end
  self.client.guard:report(self.guard_id, verdict, self, err and report.build_cause(self, err))
end

--- Runs `run` under credentials that are not known to be good. The lock guard gets a report even if it raises.
local function run_trial(self, run, clock_offset)
  local ok, result, err, response = coroutines.pcall(run, self, clock_offset)
  if ok then return result, err, response end
  report_to_guard(self)
  error(result, 0)
end

--- Sends a request with the lock guard's permission, and reports to the guard what the response proves.
---@param self kms.Call
---@param run function run_attempt or run_completion
---@return table? result, kms.Error? err
---@return table? response
---@return boolean? should_resign
local function run_guarded(self, run)
  local client, id, is_known = self.client, self.guard_id, true
  if id then
    local is_allowed, err
    is_allowed, err, is_known = client.guard:acquire(id, self, client.retry.attempt_timeout)
    if not is_allowed then return nil, err end
  end
  local used = client.clock_offset
  if is_known then
    local result, err, response = run(self, used)
    if result then return result, nil, response end
    local should_resign = recovery.learn_clock_offset(self, err, response, used)
    if report.judge_credentials(err) == "refused" and not should_resign then
      report_to_guard(self, "refused", err)
    end
    return result, err, response, should_resign
  end
  local result, err, response = run_trial(self, run, used)
  if result then
    -- A completion may need no request, and then proves nothing.
    report_to_guard(self, run == run_attempt and "good" or nil)
    return result, nil, response
  end
  local verdict, should_resign = report.judge_credentials(err), recovery.learn_clock_offset(self, err, response, used)
  report_to_guard(self, should_resign and verdict == "refused" and "skewed" or verdict, err)
  return nil, err, response, should_resign
end

--- Makes attempts under the same credentials until one of them decides the call.
---@param self kms.Call
---@return table? result, kms.Error? err
local function run_attempts(self)
  local notify = self.client.notify
  while true do
    local attempts, started = self.attempts, notify and self:clock()
    local result, err, response, should_resign = run_guarded(self, run_attempt)
    if result and not notify then return result end
    if self.attempts == attempts or err and err.kind == "invalid" then -- nothing was sent
      self.attempts, err.uncertain = attempts, self.is_uncertain or false
      return nil, err
    end
    local duration = notify and self:clock() - started
    local wait = err and recovery.follow_up(self, err, response, should_resign)
    if notify then
      notify(self, {
        provider = self.provider, operation = self.operation.name, attempt = self.attempts, duration = duration,
        status = response and response.status, wait = wait,
      }, result, err)
    end
    if not wait then return result, err end
    if wait > 0 then self:sleep(wait) end
  end
end

--- Completes the settings with what depends on the credentials, and then makes the attempts.
---@param self kms.Call
---@return table? result, kms.Error? err
local function run_with_completion(self)
  self.time = nil
  while true do
    local settings, err, _, should_resign = run_guarded(self, run_completion)
    if settings then
      self.settings = settings
      return run_attempts(self)
    end
    if not should_resign then return nil, err end
  end
end

--- Counts the end of a call, and closes a client that was closed during its last call.
local function end_call(client)
  client.active_calls = client.active_calls - 1
  if client.is_closing and client.active_calls == 0 then client:close() end
end

--- Gets the credentials. If the credential provider runs the caller's code, the call ends even if that raises.
local function get_credentials(self)
  local credential_provider = self.client.credential_provider
  if credential_provider.is_immediate then return credential_provider:get(self) end
  self.time = nil -- after a wait the clock has to be read again
  local ok, credentials, err = coroutines.pcall(credential_provider.get, credential_provider, self)
  if ok then return credentials, err end
  end_call(self.client)
  error(credentials, 0)
end

--- Builds the error that the caller gets.
---@param credentials kms.Credentials?
---@return nil, kms.Error
local function fail(self, err, credentials)
  end_call(self.client)
  local credential_provider = self.client.credential_provider
  -- A provider that fetches its credentials may fetch new ones at the next call.
  if credentials and credential_provider.forget and report.judge_credentials(err) == "refused" then
    credential_provider:forget(credentials)
  end
  local warning = credentials and credentials.warning or self.warning
  if warning then err.warning = warning end
  return nil, report.build_error(self, err)
end

--- Creates the metatable of a client's calls.
---@param client table with `provider`
---@param settings table of the client
---@return table
function call.new_class(client, settings)
  local class = Context.new_class(client.provider, settings.region, settings)
  class.__index.client, class.__index.throttled_attempts, class.__index.warning = client, 0, false
  return class
end

--- Validates the options of a call.
---@param options any
---@return string? problem argument error
function call.validate_options(options)
  return options ~= nil and validate.arguments(OPTIONS, options, "option") or nil
end

--- Runs a call.
---@param client table with a `call_class`
---@param entry kms.Operation
---@param params table from kms.call.params
---@param transport table|userdata
---@param timeout number seconds
---@return table? result, kms.Error? err
function call.run(client, entry, params, transport, timeout)
  local refusal = check_suspension(transport)
  if refusal then return call.reject(client, entry, refusal, params) end
  local self = setmetatable({
    operation = entry, params = params, transport = transport, credentials = nil, attempts = 0, deadline = nil,
    time = nil, guard_id = nil,
  }, client.call_class)
  self:start(timeout)
  client.active_calls = client.active_calls + 1
  local credentials, err = get_credentials(self)
  if not credentials then return fail(self, err) end
  self.credentials = credentials
  local check = self.cloud.check_credentials
  local problem = check and check(entry, credentials)
  if problem then
    return fail(self, Error.new { kind = "credentials", code = "invalid", message = problem }, credentials)
  end
  if client.guard then self.guard_id, err = identify(credentials) end
  if err then return fail(self, err, credentials) end
  local result
  if self.settings.complete then
    result, err = run_with_completion(self)
  else
    result, err = run_attempts(self)
  end
  if not result then return fail(self, err, credentials) end
  result.warning = credentials.warning or self.warning or nil
  end_call(client)
  return result
end

--- Builds the error of a call that was refused before it ran.
---@param client table
---@param entry kms.Operation
---@param err kms.Error
---@param params table
---@return nil, kms.Error
function call.reject(client, entry, err, params)
  return nil, report.build_error({ cloud = client.provider, operation = entry, attempts = 0, params = params }, err)
end

return call
