--- Runs one call, from validated params to a result: credentials, lock guard, attempts.

local clock_skew = require "kms.call.clock_skew"
local Context = require "kms.call.context"
local json_body = require "kms.util.json_body"
local lock_guard = require "kms.call.lock_guard"
local operation = require "kms.call.operation"
local redact = require "kms.util.redact"
local report = require "kms.call.report"
local retry = require "kms.call.retry"
local transport_errors = require "kms.transport.errors"

local call = {}

---@class kms.Provider a cloud: data and small pure functions
---@field name "huawei"|"ncloud"
---@field options kms.Field[] options of its clients; `variables` names environment variables that may replace one
---@field credentials kms.CredentialsField[] the fields of its credentials
---@field profile kms.ProfileFormat its profile files
---@field metadata kms.MetadataFormat its metadata service
---@field iam table? its service for tokens and temporary keys, see kms.huawei.iam
---@field operations kms.Operation[]
---@field lock_guard boolean whether clients have a lock guard by default
---@field secret_headers table<string, string> headers of a signature that errors must not contain: name to a pattern
---  of the secret part
---@field hints kms.Hint[]
---@field list_missing_options fun(values: table): string[] names of options that are needed and have no value
---@field resolve_settings fun(values: table, read_variable: fun(names: string[]): string?): table?, string?, string?
---  converts options to settings: `scheme`, `host`, `headers`, and values of the paths' placeholders; or nil, the name
---  of an option, and what is wrong with it
---@field authenticate fun(request: table, credentials: kms.Credentials, timestamp: number, settings: table):
---  table<string, string>?, kms.Error? computes the headers that authenticate a request
---@field compute_stages (fun(request: table, credentials: kms.Credentials, timestamp: number, settings: table):
---  table?)? computes the canonical request, for a cloud that prints its own when it refuses a signature
---@field parse_error fun(object: table, status: integer): string?, string?, table? reads code, message and cause
---@field extract_result fun(object: table): table? returns the part of a successful response that holds the result

---@class kms.Call : kms.Context one call under way, and what it lends to credential providers and to the lock guard
---@field client table
---@field settings table
---@field operation kms.Operation
---@field params table validated
---@field credentials kms.Credentials?
---@field attempts integer attempts begun
---@field secrets string[]? collected for errors, once there is one

--- Reads a response: a result, or the object in it and the code and message of a protocol error.
---@return table? result, table? object, string? code, string? message
local function parse_response(self, response)
  local object, code, message = json_body.decode(response.body)
  if not object then return nil, nil, code, message end
  local status = response.status
  local data = status >= 200 and status < 300 and self.cloud.extract_result(object)
  if not data then return nil, object, "unknown", "the response has none of the documented shapes" end
  local result, problem = operation.parse_result(self.operation, data)
  if not result then return nil, object, "wrong_type", problem end
  result.request_id = report.find_request_id(response, object)
  return result
end

--- Makes one attempt: builds and signs the request again, and sends it once.
---@param self kms.Call
---@param clock_offset number
---@return table? result, kms.Error? err
---@return table? response
local function run_attempt(self, clock_offset)
  local signed_at, settings = self:now() + clock_offset, self.settings
  local request, err = operation.build_request(self.operation, self.params, settings)
  if not request then return nil, err end
  local signature
  signature, err = self.cloud.authenticate(request, self.credentials, signed_at, settings)
  if not signature then return nil, err end

  local headers = request.headers
  local signed_count = #headers
  local count = signed_count
  for name, value in next, signature do
    count = count + 1
    headers[count] = { name, value }
  end
  local policy = self.client.retry
  request.timeout = self.attempts < policy.attempts and policy.attempt_timeout or nil -- the last has all that is left
  local response
  response, err = self:send(request)
  if not response then
    report.collect_secrets(self, signature)
    local code = transport_errors[err.code]
    if code and code.is_unresolved then err.hint = settings.unresolved_hint end
    return nil, err
  end
  local result, object, code, message = parse_response(self, response)
  if result then return result, nil, response end
  report.collect_secrets(self, signature)
  err = report.parse_failure(self, response, object, code, message)
  report.add_hint(self, err, request, signed_count, signed_at)
  return nil, err, response
end

--- Keeps a measured clock offset.
---@param client table
---@param offset number? what a response shows
---@param used number what its request was signed with; concurrent calls may have learnt another one since
---@return boolean has_learnt the request is worth signing again
local function learn_clock_offset(client, offset, used)
  if not offset or not clock_skew.is_different(offset, used) then return false end
  client.clock_offset = offset
  return true
end

--- Returns the pause before the next attempt, or nil if there is none.
---@return number? seconds
local function choose_wait(self, err, response)
  local policy = self.client.retry
  if self.attempts >= policy.attempts or not retry.is_retryable(err, self.operation) then return nil end
  local wait = retry.compute_wait(policy, self.attempts, response, self:now())
  return self:clock() + wait < self.deadline and wait or nil
end

--- Calls the hook `on_attempt`. An error in it becomes a warning, because it must not cost the caller the result.
---@param event kms.AttemptEvent
local function notify(self, event, result, err)
  local id = result and result.request_id
  if err then
    event.error = report.build_error(self, err)
    event.request_id = event.error.request_id
  elseif id then
    event.request_id = redact.to_line(redact.text(id, report.collect_secrets(self)))
  end
  local ok, problem = pcall(self.client.on_attempt, event)
  if not ok then self.warning = "on_attempt failed: " .. tostring(problem) end
end

--- Makes attempts under the same credentials until one of them decides the call.
---@param self kms.Call
---@return table? result, kms.Error? err
local function run_attempts(self)
  local client = self.client
  local on_attempt, has_learnt_clock, is_uncertain = client.on_attempt, false, false
  while true do
    local attempt, used, started = self.attempts + 1, client.clock_offset, on_attempt and self:clock()
    self.attempts = attempt
    local result, err, response = run_attempt(self, used)
    if result and not on_attempt then return result end
    local duration, wait = on_attempt and self:clock() - started, nil
    if err then
      -- After an uncertain failure, a later failure does not make the outcome certain again.
      is_uncertain = is_uncertain or err.uncertain
      err.uncertain = is_uncertain
      if err.kind == "invalid" then -- nothing was sent
        self.attempts = attempt - 1
        return nil, err
      end
      local offset = err.kind == "service" and response
        and clock_skew.detect(response, err.message, self:now(), used) or nil
      report.add_clock_hint(err, offset or used)
      if learn_clock_offset(client, offset, used) and not has_learnt_clock then
        has_learnt_clock, wait = true, 0
      else
        wait = choose_wait(self, err, response)
      end
    end
    if on_attempt then
      notify(self, {
        provider = self.provider, operation = self.operation.name, attempt = attempt, duration = duration,
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
local function complete_and_run_attempts(self)
  local client, has_learnt_clock = self.client, false
  while true do
    local used = client.clock_offset
    local settings, err, response = self.settings.complete(self.credentials, self, used)
    if settings then
      self.settings = settings
      return run_attempts(self)
    end
    local offset = response and clock_skew.detect(response, err.message, self:now(), used)
    if not learn_clock_offset(client, offset, used) or has_learnt_clock then return nil, err end
    has_learnt_clock = true
  end
end

--- Runs a call for whose result others wait: the lock guard gets a report even if something raises.
---@return table? result, kms.Error? err
local function run_trial(self, run, id)
  local ok, result, err = pcall(run, self)
  if ok then return result, err end
  self.client.guard:report(id, nil, self)
  error(result, 0)
end

--- Runs a call with the lock guard's permission, and reports to the guard what the call proved.
---@return table? result, kms.Error? err
local function run_guarded(self)
  local client, credentials = self.client, self.credentials
  local run = self.settings.complete and complete_and_run_attempts or run_attempts
  local guard = client.guard
  local id = guard and lock_guard.identify(credentials)
  local result, is_allowed, err, is_known
  if id then
    is_allowed, err, is_known = guard:acquire(id, self)
    if not is_allowed then return nil, err end
  end
  if id and not is_known then
    result, err = run_trial(self, run, id)
  else
    result, err = run(self)
  end
  local verdict = result and "good" or report.judge_credentials(err)
  if id and (not is_known or verdict == "refused") then guard:report(id, verdict, self) end
  -- A provider that fetches its credentials may fetch new ones at the next call.
  local credential_provider = client.credential_provider
  if verdict == "refused" and credential_provider.forget then credential_provider:forget(credentials) end
  return result, err
end

--- Creates the metatable of a client's calls.
---@param client table with `provider` and `settings`
---@return table
function call.new_class(client)
  return Context.new_class(client.provider, client.settings.region, client.settings)
end

--- Runs a call.
---@param client table with a `call_class`
---@param entry kms.Operation
---@param params table from operation.validate_params
---@param transport table|userdata
---@param timeout number seconds
---@return table? result, kms.Error? err
function call.run(client, entry, params, transport, timeout)
  local self = setmetatable({
    client = client, operation = entry, params = params, transport = transport, credentials = nil, attempts = 0,
    deadline = nil, time = nil,
  }, client.call_class)
  self:start(timeout)
  local credential_provider = client.credential_provider
  -- After a wait the clock has to be read again.
  if self.settings.complete or not credential_provider.is_immediate then self.time = nil end
  local credentials, err = credential_provider:get(self)
  if not credentials then return nil, report.build_error(self, err) end
  self.credentials = credentials
  local result
  result, err = run_guarded(self)
  local warning = credentials.warning or self.warning
  if result then
    result.warning = warning
    return result
  end
  err.warning = warning
  return nil, report.build_error(self, err)
end

--- Builds the error of a call that was refused before it ran.
---@param client table
---@param entry kms.Operation
---@param err kms.Error
---@return nil, kms.Error
function call.reject(client, entry, err)
  return nil, report.build_error({ cloud = client.provider, operation = entry, attempts = 0 }, err)
end

return call
