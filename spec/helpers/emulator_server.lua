--- Signed requests for the emulator's server. spec/helpers/reference_signer.lua signs them, and kms.transport.curl sends them.

local curl = require "kms.transport.curl"
local emulated = require "spec.helpers.emulator_client"
local reference_signer = require "spec.helpers.reference_signer"

local PORT, DIR = tonumber(os.getenv "KMS_EMULATOR_PORT"), os.getenv "KMS_EMULATOR_DIR"
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local emulator_server = { PORT = PORT, DIR = DIR, KEY = KEY, TAG = TAG }

--- A transport that trusts the CA of the emulator.
---@param options table?
function emulator_server.new_transport(options)
  local all = { ca_file = emulated.ca_file, timeout = 10 }
  for name, value in pairs(options or {}) do all[name] = value end
  return curl.new(all)
end

--- A request that moves KEY.
---@param change { region: string?, name: string?, target: string?, secret_key: string? }?
function emulator_server.move(change)
  change = change or {}
  local account = emulated.accounts.huawei
  local region = change.region or "cn-north-4"
  return reference_signer.huawei {
    access_key = account.access_key, secret_key = change.secret_key or account.secret_key, time = os.time(),
    host = (change.name or "localhost") .. ":" .. (region == "cn-north-4" and PORT or PORT + 1),
    path = ("/v2/%s/kms/keys/%s/update-primary-region"):format(account.projects[region], KEY),
    project_id = account.projects[region],
    body = ('{"key_id":"%s","primary_region":"%s"}'):format(KEY, change.target or "cn-east-3"),
  }
end

--- A request that renames the key TAG.
---@param change { path: string?, body: string? }?
function emulator_server.rename(change)
  change = change or {}
  local account = emulated.accounts.ncloud
  return reference_signer.ncloud {
    access_key = account.access_key, secret_key = account.secret_key, time = os.time(), host = "localhost:" .. PORT + 2,
    method = "PUT", path = change.path or "/kms/v1/keys/" .. TAG .. "/name",
    body = change.body or '{"keyName":"newKeyName"}',
  }
end

return emulator_server
