--- Every answer of a cloud is a result with the fields promised, or an error: never a raise, always one bounded line,
--- with no secret in it.
-- Input: choices, status, header lines, body; fields of fuzz/support.lua. Planted: the secrets of the client.

package.path = "fuzz/?.lua;" .. package.path
local kms = require "kms"
local support = require "support"

local HEADERS = { "x-request-id", "date", "retry-after", "content-type", "x-iam-trace-id", "location" }
local SECRETS = support.SECRETS
local NOW = 1767323045.25

local answer
local Transport = {}
function Transport.send() return answer() end
function Transport.sleep() end
function Transport.now() return NOW end

local KEYS = { access_key = "AKIDEXAMPLE", secret_key = SECRETS.secret_key }
local TOKEN_KEYS = {
  access_key = "AKIDEXAMPLE", secret_key = SECRETS.secret_key, security_token = SECRETS.security_token,
}

local function client_of(new, options)
  options.transport, options.lock_guard = Transport, false
  return new(options)
end

local function huawei(credentials, project)
  project = project or ("0"):rep(32)
  return client_of(kms.huawei, { region = "cn-north-4", project_id = project, credentials = credentials })
end

local MOVE = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
local RENAME = { key_tag = "a1/b2", key_name = "newKeyName" }
local NAMES = { update_primary_region = { "key_id", "primary_region" }, rename_key = { "key_tag", "key_name" } }
NAMES.get_key = NAMES.rename_key

-- Clients with their secrets. Made anew for each input: a client learns from answers.
local CALLS = {
  { function() return huawei(TOKEN_KEYS) end, "update_primary_region", MOVE, TOKEN_KEYS },
  { function() return client_of(kms.ncloud, { credentials = KEYS }) end, "rename_key", RENAME, KEYS },
  { function() return huawei { token = SECRETS.token } end, "update_primary_region", MOVE, { token = SECRETS.token } },
  { function() return huawei(KEYS, "auto") end, "update_primary_region", MOVE, KEYS },
  { function() return client_of(kms.ncloud, { credentials = KEYS }) end, "get_key", { key_tag = "a1/b2" }, KEYS },
}

local function response_of(fields, secret)
  local headers = {}
  local names = 0
  for value in fields[3]:gmatch "[^\n]+" do
    names = names + 1
    if not HEADERS[names] then break end
    headers[HEADERS[names]] = support.plant(value, secret)
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
  local client, name, params, own = row[1](), row[2], row[3], row[4]
  answer = response_of(fields, choices >= 64 and own.security_token or own.secret_key or own.token)
  local result, err = client[name](client, params)
  if result == nil then
    -- Its own alone: a fuzzer learns all the others by heart, and they are no secrets of this client.
    support.assert_error(err, { own.secret_key or own.token, own.security_token })
    assert(err.operation == name and err.attempts and err.retryable ~= nil, "an incomplete error")
    return
  end
  assert(err == nil, "a result and an error")
  for _, field in ipairs(NAMES[name]) do assert(type(result[field]) == "string", "no " .. field) end
  for field, value in pairs(result) do assert(type(value) == "string", field .. " is no string") end
end
