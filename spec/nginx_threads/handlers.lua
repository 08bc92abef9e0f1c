--- Handlers of spec/nginx_threads/nginx.conf: JSON in, JSON out, over kms.transport.worker_thread.
-- luacheck: std ngx_lua

local cjson = require "cjson.safe"
local defaults = require "kms.emulator.defaults"
local kms = require "kms"
local worker_thread = require "kms.transport.worker_thread"

local handlers = {}

local PORT = tonumber(os.getenv "KMS_EMULATOR_PORT")
local CA_FILE = os.getenv "KMS_EMULATOR_DIR" .. "/ca.pem"

local function account(provider)
  for _, entry in ipairs(defaults.accounts) do
    if entry.provider == provider then return entry end
  end
end

local function keys(provider)
  local found = account(provider)
  return { access_key = found.access_key, secret_key = found.secret_key }
end

-- As a user makes them: at init_by_lua, shared by all requests.
local shared = worker_thread.new { curl = { ca_file = CA_FILE } }
local clients = {
  rename_key = kms.ncloud {
    endpoint = ("https://localhost:%d"):format(PORT + 2), credentials = keys "ncloud", transport = shared, retry = false,
  },
  update_primary_region = kms.huawei {
    endpoint = ("https://localhost:%d"):format(PORT), credentials = keys "huawei", transport = shared, retry = false,
    project_id = account("huawei").projects["cn-north-4"],
  },
}

local function input()
  ngx.req.read_body()
  return assert(cjson.decode(ngx.req.get_body_data()))
end

local function answer(ok, result, err)
  ngx.print(cjson.encode {
    raised = not ok and tostring(result) or nil,
    result = ok and result or nil,
    err = err, is_error = kms.is_error(err), text = err and tostring(err), pid = ngx.worker.pid(),
  })
end

function handlers.ping()
  ngx.print(shared:stats().in_flight)
end

--- { operation, params, options, transport }: a call with the shared client, or with one whose transport has the options
--- `transport`.
function handlers.call()
  local asked = input()
  local client = clients[asked.operation]
  if asked.transport then
    asked.transport.curl = { ca_file = CA_FILE }
    client = kms.ncloud {
      endpoint = ("https://localhost:%d"):format(PORT + 2), credentials = keys "ncloud",
      transport = worker_thread.new(asked.transport), retry = false,
    }
  end
  answer(pcall(client[asked.operation], client, asked.params, asked.options))
end

--- { options, method, argument, with_function }: a method of a bare transport; `with_function` adds to the argument what JSON
--- cannot carry.
function handlers.transport()
  local asked = input()
  if asked.with_function then asked.argument.on_answer = print end
  local made, transport = pcall(worker_thread.new, asked.options)
  if not made then return answer(false, transport) end
  answer(pcall(transport[asked.method], transport, asked.argument))
end

--- Notes what a call says in the phase that runs.
function handlers.note(phase)
  local request = {
    method = "GET", scheme = "https", host = "localhost:" .. PORT + 2, target = "/", headers = {},
  }
  local ok, response, err = pcall(shared.send, shared, request)
  local text = not ok and "raised " .. tostring(response)
    or response and tostring(response.status) or ("%s %s %s"):format(err.kind, err.code, err.message)
  ngx.shared.notes:set(phase, text)
end

function handlers.notes()
  local all = {}
  for _, name in ipairs(ngx.shared.notes:get_keys()) do all[name] = ngx.shared.notes:get(name) end
  ngx.print(cjson.encode(all))
end

return handlers
