--- Every response of a cloud gives a result with the documented fields, or an error: one bounded line without a secret.
--- It never raises an error.
-- Input, as fields of fuzz/support.lua: choices, status, header lines, body. The client's secrets are planted.

package.path = "fuzz/?.lua;" .. package.path
local kms = require "kms"
local support = require "support"

local HEADERS = { "x-request-id", "date", "retry-after", "content-type", "x-iam-trace-id", "location" }
local SECRETS = support.SECRETS
local NOW = 1767323045.25

local respond
local Transport = {}
function Transport.send() return respond() end
-- Throttled attempts are bounded by the deadline only, so waiting must take time.
local elapsed = 0
function Transport.sleep(_, seconds) elapsed = elapsed + seconds end
function Transport.clock() return elapsed end
function Transport.now() return NOW end

local CREDENTIALS = { access_key = "AKIDEXAMPLE", secret_key = SECRETS.secret_key }
local TEMPORARY_CREDENTIALS = {
  access_key = "AKIDEXAMPLE", secret_key = SECRETS.secret_key, security_token = SECRETS.security_token,
}

local function huawei(credentials, project_id)
  return kms.huawei {
    region = "cn-north-4", project_id = project_id or ("0"):rep(32), credentials = credentials, transport = Transport,
    lock_guard = false,
  }
end

local function ncloud(credentials)
  return kms.ncloud { credentials = credentials, transport = Transport, lock_guard = false }
end

local MOVE = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
local RENAME = { key_tag = "a1/b2", key_name = "newKeyName" }
local RESULT_FIELDS = {
  update_primary_region = { "key_id", "primary_region" }, rename_key = { "key_tag", "key_name" },
  get_key = { "key_tag", "key_name" },
}

-- One row per kind of call: a new client, its operation and params, and its credentials. Each input gets a new client,
-- because a client learns from responses.
local CALLS = {
  { function() return huawei(TEMPORARY_CREDENTIALS) end, "update_primary_region", MOVE, TEMPORARY_CREDENTIALS },
  { function() return ncloud(CREDENTIALS) end, "rename_key", RENAME, CREDENTIALS },
  { function() return huawei { token = SECRETS.token } end, "update_primary_region", MOVE, { token = SECRETS.token } },
  { function() return huawei(CREDENTIALS, "auto") end, "update_primary_region", MOVE, CREDENTIALS },
  { function() return ncloud(CREDENTIALS) end, "get_key", { key_tag = "a1/b2" }, CREDENTIALS },
}

local function new_responder(fields, secret)
  local headers, count = {}, 0
  for value in fields[3]:gmatch "[^\n]+" do
    count = count + 1
    if not HEADERS[count] then break end
    headers[HEADERS[count]] = support.plant(value, secret)
  end
  local status = tonumber(fields[2]:match "^[1-9][0-9][0-9]$") or 200
  local body = support.plant(fields[4], secret)
  return function() return { status = status, headers = headers, body = body } end
end

return function(input)
  local fields = support.fields(input)
  if #fields ~= 4 then return end
  local choices = fields[1]:byte() or 0
  local row = CALLS[choices % #CALLS + 1]
  local client, operation, params, credentials = row[1](), row[2], row[3], row[4]
  local secret = choices >= 64 and credentials.security_token or credentials.secret_key or credentials.token
  respond = new_responder(fields, secret)
  local result, err = client[operation](client, params)
  if result == nil then
    -- Only the client's own secrets, because the fuzzer learns the others, and they are not secrets of this client.
    support.assert_error(err, { credentials.secret_key or credentials.token, credentials.security_token })
    assert(err.operation == operation and err.attempts and err.retryable ~= nil, "an incomplete error")
    return
  end
  assert(err == nil, "a result and an error")
  for _, field in ipairs(RESULT_FIELDS[operation]) do assert(type(result[field]) == "string", "no " .. field) end
  for field, value in pairs(result) do assert(type(value) == "string", field .. " is not a string") end
end
