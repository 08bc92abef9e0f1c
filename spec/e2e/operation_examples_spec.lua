--- The examples of the entries, which the reference pages show, against a new emulator.

local catalog = require "kms.call.catalog"
local emulator = require "kms.emulator"
local kms = require "kms"
local operation_examples = require "spec.helpers.operation_examples"

local ACCOUNTS = {}
for _, account in ipairs(emulator.fixtures.accounts) do ACCOUNTS[account.provider] = ACCOUNTS[account.provider] or account end

local function new_client(cloud, transport, credentials)
  local account = ACCOUNTS[cloud]
  local options = { transport = transport, retry = false,
    credentials = credentials or { access_key = account.access_key, secret_key = account.secret_key } }
  if cloud == "huawei" then options.region, options.project_id = "cn-north-4", account.projects["cn-north-4"] end
  return kms[cloud](options)
end

local function copy_params(params)
  local copy = {}
  for name, value in pairs(params) do copy[name] = value end
  return copy
end

--- Makes the call of an example.
---@return table? result, kms.Error? err
local function call_example(cloud, entry)
  local transport = emulator.new()
  local client, params = new_client(cloud, transport), copy_params(entry.example)
  local prepare = operation_examples[cloud][entry.name]
  local credentials = prepare and prepare(client, params)
  if credentials then client = new_client(cloud, transport, credentials) end
  return client[entry.name](client, params)
end

for _, cloud in ipairs { "huawei", "ncloud" } do
  describe("the examples of " .. cloud, function()
    for entry in catalog.of(require("kms." .. cloud)):each() do
      local is_emulated = not operation_examples.not_emulated[cloud][entry.name]
      it(("the emulator %s the example of %s"):format(is_emulated and "accepts" or "does not emulate", entry.name), function()
        local result, err = call_example(cloud, entry)
        if is_emulated then assert(result, err) else assert.equal("EMULATOR.0501", err.code) end
      end)
    end
  end)
end
