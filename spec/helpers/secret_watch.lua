--- Watches the errors of all calls of a process, in every spec: a secret in an error is an error of its own.

local iterate = require "kms.util.iterate"
local call = require "kms.call"
local coroutines = require "kms.util.coroutines"
local no_secrets = require "spec.helpers.no_secrets"
local report = require "kms.call.report"

local MIN_SECRET = 8 -- bytes; shorter ones are placeholders and occur in any text

-- Fields of credentials and headers of a request, with a pattern of the secret in each.
local SECRETS = { secret_key = "^.+$", security_token = "^.+$", token = "^.+$",
  Authorization = "Signature=(%x+)", ["x-ncp-apigw-signature-v2"] = "^.+$" }

local function add_secrets(list, fields)
  for name, value in iterate.members(fields or {}) do
    local secret = SECRETS[name] and value:match(SECRETS[name])
    if secret and #secret >= MIN_SECRET then list[#list + 1] = secret end
  end
end

-- The signatures of the call under way, by its coroutine.
local signatures = setmetatable({}, { __mode = "k" })
local MAIN = {}

local function current_thread()
  return coroutines.running() or MAIN
end

for _, name in ipairs { "kms.huawei", "kms.ncloud" } do
  local provider = require(name)
  local authenticate = provider.authenticate
  function provider.authenticate(request, credentials, ...)
    local headers, err = authenticate(request, credentials, ...)
    local thread = current_thread()
    signatures[thread] = signatures[thread] or {}
    add_secrets(signatures[thread], headers)
    return headers, err
  end
end

local run = call.run

function call.run(...)
  signatures[current_thread()] = nil
  return run(...)
end

local build_error = report.build_error

function report.build_error(failed_call, failure)
  local err = build_error(failed_call, failure)
  local secrets = {}
  add_secrets(secrets, failed_call.credentials)
  for _, signature in ipairs(signatures[current_thread()] or {}) do secrets[#secrets + 1] = signature end
  no_secrets.check(err, secrets)
  return err
end
