--- The emulator that runs beside the specs: its addresses, its accounts and its control interface.

local cjson = require "cjson.safe"
local curl = require "kms.transport.curl"
local fixtures = require("kms.emulator").fixtures

local port = tonumber(os.getenv "KMS_EMULATOR_PORT")
local dir = os.getenv "KMS_EMULATOR_DIR"
if not (port and dir) then
  error("KMS_EMULATOR_PORT and KMS_EMULATOR_DIR are not set: run the specs through make test", 0)
end

local emulated = {
  token = assert(io.lines(dir .. "/control_token")()),
  ca_file = dir .. "/ca.pem",
  huawei = { ["cn-north-4"] = "https://localhost:" .. port, ["cn-east-3"] = "https://localhost:" .. port + 1 },
  ncloud = "https://localhost:" .. port + 2,
  iam = "https://localhost:" .. port + 4,
  metadata = "http://127.0.0.1:" .. port + 5,
  accounts = {},
}
for _, account in ipairs(fixtures.accounts) do
  emulated.accounts[account.provider] = emulated.accounts[account.provider] or account
end

local control = curl.new { timeout = 10, max_response = 64 * 1024 * 1024 }

--- Sends a request to the control interface.
---@param method string
---@param name string "state", "requests", "reset", "faults", "settings" or "clock"
---@param value table? the JSON body
---@return table state
function emulated.control(method, name, value)
  local response = assert(control:send {
    method = method, scheme = "http", host = "127.0.0.1:" .. port + 3, target = "/_emulator/" .. name,
    headers = { { "Content-Type", "application/json" }, { "X-Emulator-Token", emulated.token } }, body = value and cjson.encode(value) or nil,
  })
  assert(response.status == 200, response.body)
  return cjson.decode(response.body)
end

function emulated.reset() return emulated.control("POST", "reset") end
function emulated.state() return emulated.control("GET", "state") end
--- Returns the requests that the emulator received; the setting `request_log` says how many it keeps.
function emulated.request_log() return emulated.control("GET", "requests").requests end
function emulated.fault(fault) return emulated.control("POST", "faults", fault) end
function emulated.settings(changes) return emulated.control("POST", "settings", changes) end
function emulated.clock(offset) return emulated.control("POST", "clock", { offset = offset }) end

--- Returns the access key of the first account of a cloud, as the option `credentials`.
function emulated.keys(provider)
  local account = emulated.accounts[provider]
  return { access_key = account.access_key, secret_key = account.secret_key }
end

return emulated
