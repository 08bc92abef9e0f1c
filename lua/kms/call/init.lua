--- One call, from params to result: build, sign, send, read, and say what happened. Whether a request is sent once more
--- is decided here.

local clock_skew = require "kms.call.clock_skew"
local signature_diff = require "kms.call.signature_diff"
local Error = require "kms.error"
local lock_guard = require "kms.call.lock_guard"
local operation = require "kms.call.operation"
local redact = require "kms.util.redact"
local json_body = require "kms.util.json_body"
local retry = require "kms.call.retry"
local sign = require "kms.sign"

local call = {}

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

-- What of the headers made for a request no error may repeat, besides the credentials.
local SIGNATURES = { Authorization = "Signature=(%x+)$", ["x-ncp-apigw-signature-v2"] = "^.+$" }

local CAUSE = 16384 -- bytes of a text that a cause keeps: an encoded authorization message is of no use when cut

-- An offset that differs from the learnt one by less is the same: dates have whole seconds and travel.
local SAME_OFFSET = 5

--- The id that a cloud gave a call.
local function request_id_of(response, object)
  return json_body.to_text(response.headers["x-request-id"]) or object and json_body.to_text(object.request_id) or nil
end

--- Reads an answer: a result, or the object in it and why that is none.
---@return table? result, table? object, string? code, string? message
local function read(provider, row, response)
  local object, code, message = json_body.decode(response.body)
  if not object then return nil, nil, code, message end
  local status = response.status
  local data = status >= 200 and status < 300 and provider.extract_result(object)
  if not data then return nil, object, "unknown", "the answer has none of the documented shapes" end
  local result, problem = operation.parse_result(row, data)
  if not result then return nil, object, "wrong_type", problem end
  result.request_id = request_id_of(response, object)
  return result
end

--- What is wrong with an answer that is no result.
---@return kms.Error
local function failure_of(provider, response, object, code, message, secrets)
  local status = response.status
  local err = Error.new {
    kind = "protocol", code = code, message = message, status = status, request_id = request_id_of(response, object),
  }
  local said, text, cause
  if object then said, text, cause = provider.parse_error(object, status) end
  if said then
    err.kind, err.code, err.message, err.cause = "service", said, text, cause
  elseif response.body ~= "" then
    err.message = err.message .. ", " .. redact.excerpt(response.body, secrets)
  end
  if status >= 300 and status < 400 then
    err.message = err.message .. "; redirects are not followed"
  end
  -- A good status says that something was done, even when the rest cannot be read.
  -- Behind a server's failure anything may have happened, but for the one that says that it did not take the request.
  err.uncertain = status >= 500 and status ~= 503 or err.kind == "protocol" and status >= 200 and status < 300
  return err
end

--- The hint that belongs to a refusal, from the provider's table; `{host}` in it is the host that was called.
local function hint_for(provider, err, settings)
  for _, row in ipairs(provider.hints) do
    if err.code:find(row.code) and (not row.text or err.message:find(row.text, 1, true)) then
      return (row.hint:gsub("{host}", function() return settings.host end))
    end
  end
end

--- Adds to a service's refusal what can be known of its reason, and takes nothing away.
---@param request table as it was sent
---@param headers table what of its headers was signed
local function explain(self, err, request, headers, given, signed_at, settings)
  if err.kind ~= "service" then return end
  local hint = hint_for(self.provider, err, settings)
  if given.secret_key and self.provider.compute_stages then
    local signed = {
      method = request.method, host = request.host, path = request.path, headers = headers, body = request.body,
    }
    local stages = self.provider.compute_stages(signed, given, signed_at, settings)
    local diff = stages and signature_diff.compare(err.message, stages.canonical_request)
    if diff then
      err.diff = diff
      hint = ("the gateway saw another %s than was signed, see diff"):format(diff.role)
    elseif diff == false then
      hint = "the gateway signed the same request: the secret key is not that of this access key"
    end
  end
  err.hint = hint
end

--- Notes what no error of a call may repeat: its credentials, and what of a request's own headers is secret.
---@param secrets string[]? those noted so far
---@param given kms.Credentials
---@param added table<string, string>? the headers
---@return string[] secrets
local function noted(secrets, given, added)
  if not secrets then
    secrets = { given.secret_key }
    secrets[#secrets + 1] = given.security_token
    secrets[#secrets + 1] = given.token
  end
  for name, pattern in pairs(added and SIGNATURES or {}) do
    if added[name] then secrets[#secrets + 1] = added[name]:match(pattern) end
  end
  return secrets
end

--- One attempt: freshly built, freshly signed, sent once.
---@param secrets string[]? that earlier attempts noted
---@param now number
---@return table? result, kms.Error? err, table? response
---@return string[]? secrets where there is no result
local function attempt(self, row, params, settings, context, given, secrets, now, timeout)
  local provider, signed_at = self.provider, now + self.clock.offset
  local request = operation.build_request(row, params, settings)
  local added, err
  if not request.target then
    request.target, err = sign.target(request.path)
    if not request.target then return nil, err, nil, noted(secrets, given) end
  end
  added, err = provider.authenticate(request, given, signed_at, settings)
  if not added then return nil, err, nil, noted(secrets, given) end

  local headers, response = request.headers
  local signed = #headers
  local count = signed
  for name, value in next, added do
    count = count + 1
    headers[count] = { name, value }
  end
  request.timeout = timeout
  response, err = context:send(request)
  if not response then
    if err.code == "dns" then err.hint = settings.hint end
    return nil, err, nil, noted(secrets, given, added)
  end
  local result, object, code, message = read(provider, row, response)
  if result then return result end
  secrets = noted(secrets, given, added)
  err = failure_of(provider, response, object, code, message, secrets)
  explain(self, err, request, { unpack(headers, 1, signed) }, given, signed_at, settings)
  return nil, err, response, secrets
end

--- A copy of a table of an error with its strings fit to be shown: without secrets first, then bounded and printable.
local function shown(fields, secrets, limit)
  local copy = {}
  for name, value in pairs(fields) do
    copy[name] = type(value) == "string" and redact.to_line(redact.text(value, secrets), limit) or value
  end
  return setmetatable(copy, getmetatable(fields))
end

--- Makes an error complete: who, what, whether to try again, and nothing secret in it. The error that came may be
--- somebody else's and stays as it is.
---@return kms.Error
local function finished(self, row, came, made, secrets)
  local hint = came.hint and "; " .. came.hint or ""
  local err = shown(came, secrets)
  err.message, err.hint = err.message .. hint, nil
  err.kind = came.kind
  if came.kind ~= "service" then err.code = came.code end
  if type(came.cause) == "table" then err.cause = shown(came.cause, secrets, CAUSE) end
  if came.diff then err.diff = shown(came.diff, secrets) end
  for i, row_tried in ipairs(came.tried or {}) do
    err.tried = i == 1 and {} or err.tried
    err.tried[i] = shown(row_tried, secrets)
  end
  err.provider, err.operation, err.attempts = self.provider.name, row.name, made
  err.retryable = retry.is_retryable(err)
  -- What only reads changes nothing.
  err.uncertain = came.uncertain and row.method ~= "GET"
  return err
end

--- What a failure showed about the credentials that the call was made under.
---@return "good"|"refused"|nil nil: nothing. A failure or a throttle may come from something before the gateway's door.
local function verdict(err)
  local said = err.kind == "service" and err or err.kind == "credentials" and err.code == "refused" and err.cause
  if not said then return nil end
  if said.status == 401 then return "refused" end
  return said == err and err.status < 500 and err.status ~= 429 and "good" or nil
end

--- Puts the clock right, when an answer shows that it is off.
---@param offset number|false|nil what the answer shows
---@param used number what the request was signed with: others may have learnt meanwhile
---@return boolean learnt whether the request is worth signing once more
local function learn_clock(self, offset, used)
  local learnt = offset and math.abs(offset - used) >= SAME_OFFSET
  if learnt then self.clock.offset = offset end
  return learnt or false
end

--- Says of a refusal by how much the clock is off, where that is known.
local function mention_clock(err, offset)
  if err.kind ~= "service" or err.status ~= 401 or math.abs(offset) < SAME_OFFSET then return end
  err.hint = (err.hint and err.hint .. "; " or "") .. clock_skew.describe(offset)
end

--- Waits for the next attempt, or finds that there is none.
---@return boolean again
local function await_next(self, row, context, err, response, made, secrets)
  local policy = self.retry
  if made >= policy.attempts or not retry.is_retryable(err) then return false end
  local wait = retry.compute_wait(policy, made, response, context:now())
  if context:clock() + wait >= context.deadline then return false end
  if self.on_retry then
    local told = finished(self, row, err, made, secrets)
    local ok, problem = pcall(self.on_retry, { attempt = made, wait = wait, error = told })
    -- What a log fails at must not cost the caller the outcome of his call.
    if not ok then context.warning = "on_retry failed: " .. tostring(problem) end
  end
  context:sleep(wait)
  return true
end

--- Attempts under one snapshot of credentials, each signed afresh, until one settles the call.
---@return table? result, kms.Error? err, integer made
---@return string[]? secrets where there is no result
local function attempts(self, row, params, settings, context, given)
  local made, clock_learnt, doubt, policy = 0, false, false, self.retry
  local result, err, response, secrets
  while true do
    local now = context:now()
    made = made + 1
    local timeout = made < policy.attempts and policy.attempt_timeout or nil
    local used = self.clock.offset
    result, err, response, secrets = attempt(self, row, params, settings, context, given, secrets, now, timeout)
    if result then return result, nil, made end
    -- Once a change may have been made, no later answer takes the doubt away.
    doubt = doubt or err.uncertain
    err.uncertain = doubt
    if err.kind == "invalid" then return nil, err, made - 1, secrets end
    local offset = err.kind == "service" and response and clock_skew.detect(response, err.message, context:now(), used)
    mention_clock(err, offset or used)
    if learn_clock(self, offset, used) and not clock_learnt then
      clock_learnt = true
    elseif not await_next(self, row, context, err, response, made, secrets) then
      return nil, err, made, secrets
    end
  end
end

--- Attempts under settings that are not complete: a project has to be looked up first.
---@return table? result, kms.Error? err, integer made
---@return string[]? secrets where there is no result
local function completed(self, row, params, settings, context, given)
  local used = self.clock.offset
  local found, err, offset = settings.complete(given, context, used)
  if not found and learn_clock(self, offset, used) then
    found, err = settings.complete(given, context, offset)
  end
  if not found then return nil, err, 0, noted(nil, given) end
  return attempts(self, row, params, found, context, given)
end

--- A call on trial: what others wait for must come to an end, even if something raises.
---@return table? result, kms.Error? err, integer made
---@return string[]? secrets where there is no result
local function tried(go, name, self, row, params, settings, context, given)
  local ok, result, err, made, secrets = pcall(go, self, row, params, settings, context, given)
  if ok then return result, err, made, secrets end
  self.guard:report(name, nil, context)
  error(result, 0)
end

--- Makes a call: a snapshot of credentials, the guard's leave, the attempts, and what they showed.
---@param self table the client: `provider`, `credential_provider`, `guard`, `clock`
---@param row kms.Operation
---@param params table
---@param settings table
---@param context kms.Context
---@return table? result, kms.Error? err
function call.run(self, row, params, settings, context)
  local credential_provider, its_guard = self.credential_provider, self.guard
  if not credential_provider.is_immediate then context.time = nil end
  local given, err = credential_provider:get(context)
  if not given then return nil, finished(self, row, err, 0, {}) end
  local name, leave, known = its_guard and lock_guard.identify(given)
  if name then
    leave, err, known = its_guard:acquire(name, context)
    if not leave then return nil, finished(self, row, err, 0, {}) end
  end
  if settings.complete then context.time = nil end
  local go, result, made, secrets = settings.complete and completed or attempts
  if name and not known then
    result, err, made, secrets = tried(go, name, self, row, params, settings, context, given)
  else
    result, err, made, secrets = go(self, row, params, settings, context, given)
  end
  local outcome = result and "good" or verdict(err)
  if name and (not known or outcome == "refused") then its_guard:report(name, outcome, context) end
  -- A provider that fetches its credentials may fetch new ones at the next call.
  if outcome == "refused" and credential_provider.forget then credential_provider:forget(given) end
  local told = result or err
  told.warning = given.warning or context.warning
  if result then return result end
  return nil, finished(self, row, err, made, secrets)
end

--- The same ending for what was refused before there was a call.
function call.reject(self, row, err)
  return nil, finished(self, row, err, 0, {})
end

return call
