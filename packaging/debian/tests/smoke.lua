--- Loads all C modules and makes one call of both operations, against the in-process emulator.

local emulator = require "kms.emulator"
local kms = require "kms"

assert(require("kms.sign").target "/a b" == "/a%20b")
assert(require("kms.http1").parser("GET", 1))
require("kms.transport.curl").new():close()

local cloud = emulator.new()

local function find_account(provider)
  for _, account in ipairs(emulator.fixtures.accounts) do
    if account.provider == provider then
      return account, { access_key = account.access_key, secret_key = account.secret_key }
    end
  end
end

local account, credentials = find_account "huawei"
local huawei = kms.huawei {
  region = "cn-north-4", project_id = account.projects["cn-north-4"], credentials = credentials, transport = cloud,
}
local key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local moved = assert(huawei:update_primary_region { key_id = key_id, primary_region = "cn-east-3" })
assert(moved.primary_region == "cn-east-3" and cloud:key(key_id).primary == "cn-east-3")

local _, ncloud_credentials = find_account "ncloud"
local ncloud = kms.ncloud { credentials = ncloud_credentials, transport = cloud }
local key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local renamed = assert(ncloud:rename_key { key_tag = key_tag, key_name = "newKeyName" })
assert(renamed.key_name == "newKeyName" and cloud:key(key_tag).key_name == "newKeyName")

local jit = rawget(_G, "jit")
print(("%s: kms %s moved a key and renamed a key"):format(jit and jit.version or _VERSION, kms._VERSION))
