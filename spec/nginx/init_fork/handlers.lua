--- Calls of a client of kms.transport.curl before NGINX forks its workers, and in each of them.
-- luacheck: std ngx_lua

local curl = require "kms.transport.curl"
local kms = require "kms"

local CALL_COUNT = 20 -- per worker and client

local records = ngx.shared.records
local clients = {}

local handlers = {}

--- Makes a call whose response names the key of the request, and records an error or another key.
local function rename(client, key_tag)
  local renamed, err = client:rename_key { key_tag = key_tag, key_name = "newKeyName" }
  local got = renamed and renamed.key_tag or tostring(err)
  if got ~= key_tag then records:set("problem", ("%s: %s"):format(key_tag, got)) end
end

function handlers.start()
  local port = tonumber(os.getenv "KMS_NGINX_PORT")
  for i, endpoint in ipairs { ("http://localhost:%d"):format(port), ("https://localhost:%d"):format(port + 1) } do
    clients[i] = kms.ncloud { endpoint = endpoint, timeout = 10, retry = false,
      transport = curl.new { ca_file = os.getenv "KMS_NGINX_DIR" .. "/ca.pem" },
      credentials = { access_key = "access", secret_key = "secret" } }
    rename(clients[i], "init")
  end
end

function handlers.start_worker()
  ngx.timer.at(0, function()
    for i = 1, CALL_COUNT do
      for _, client in ipairs(clients) do rename(client, ("worker%d-%d"):format(ngx.worker.id(), i)) end
    end
    records:incr("workers", 1, 0)
  end)
end

function handlers.print_results()
  ngx.print(records:get "workers" or 0, " workers, ", records:get "problem" or "no problem")
end

return handlers
