--- Light threads and workers that need one token of IAM or share one lock guard; one path per case. In NGINX only.
-- luacheck: std ngx_lua

local provider_call = require "spec.helpers.provider_call"
local credentials = require "kms.credentials"
local kms = require "kms"

local counts = ngx.shared.counts
local handlers = {}

local USER = { user = "user", password = "hush", domain = "domain" }

--- Creates a transport to an IAM that responds after some seconds with a token, and counts the requests of all workers
--- under a name.
local function new_iam(name, seconds)
  local transport = { time_offset = 0 }
  function transport:now()
    ngx.update_time()
    return ngx.now() + self.time_offset
  end
  transport.clock = transport.now
  function transport:sleep(time) ngx.sleep(time) end -- luacheck: ignore self
  function transport:send()
    local count = counts:incr(name, 1, 0)
    ngx.sleep(seconds)
    local expires = os.date("!%Y-%m-%dT%H:%M:%S.000000Z", math.floor(self:now()) + 24 * 3600)
    return { status = 201, headers = { ["x-subject-token"] = "token-" .. count },
      body = ('{"token":{"expires_at":"%s"}}'):format(expires) }
  end
  return transport
end

local function get_token(provider, transport, timeout)
  local result, err = provider:get(provider_call.new_context("huawei", transport, { timeout = timeout }))
  return result and result.token or tostring(err)
end

--- Gets a token in each of `count` light threads, and counts each token.
local function count_tokens(count, provider, transport)
  local threads, counts_by_token = {}, {}
  for i = 1, count do threads[i] = ngx.thread.spawn(get_token, provider, transport) end
  for i = 1, count do
    local _, token = ngx.thread.wait(threads[i])
    counts_by_token[token] = (counts_by_token[token] or 0) + 1
  end
  return counts_by_token
end

--- Creates a client with a wrong secret key, whose cloud counts the requests under a name.
local function new_wrong_client(name, lock_guard)
  local transport = new_iam(name, 0)
  function transport:send() -- luacheck: ignore self
    counts:incr(name, 1, 0)
    ngx.sleep(0.02)
    return { status = 401, headers = {}, body = '{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}' }
  end
  return kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), transport = transport, lock_guard = lock_guard,
    credentials = { access_key = "AK", secret_key = "hush" } }
end

--- Returns the code of the error of a call.
local function call(client)
  local _, err = client:update_primary_region {
    key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
  return err.code
end

--- Calls with wrong credentials in one worker after the other, under a lock guard that they share.
local function call_in_turn()
  local id = ngx.worker.id()
  while (counts:get "turn" or 0) ~= id do ngx.sleep(0.005) end
  local client = new_wrong_client("guarded", { shared = "guard" })
  local codes = {}
  for i = 1, 3 do codes[i] = call(client) end
  counts:set("guard " .. id, table.concat(codes, " "))
  counts:incr("turn", 1, 0)
end

--- Runs in all workers at the same time, as after a deployment.
function handlers.start_worker()
  ngx.timer.at(0, call_in_turn)
  local transport = new_iam("workers", 0.2)
  local provider = credentials.iam_token { user = "user", password = "hush", domain = "domain", shared = "tokens" }
  ngx.timer.at(0, function() counts:set("worker " .. ngx.worker.id(), get_token(provider, transport)) end)
end

local paths = {}

paths["/threads"] = function()
  local tokens = count_tokens(50, credentials.iam_token(USER), new_iam("threads", 0.05))
  return ("%s of 50, %d requests"):format(tokens["token-1"], counts:get "threads")
end

paths["/old"] = function()
  local provider, transport = credentials.iam_token(USER), new_iam("old", 0.05)
  get_token(provider, transport)
  transport.time_offset = 23.6 * 3600
  local tokens = count_tokens(50, provider, transport)
  return ("%d old, %d new, then %s, %d requests"):format(
    tokens["token-1"], tokens["token-2"], get_token(provider, transport), counts:get "old")
end

paths["/killed"] = function()
  local provider, transport = credentials.iam_token(USER), new_iam("killed", 0.05)
  local thread = ngx.thread.spawn(get_token, provider, transport)
  ngx.thread.kill(thread)
  return get_token(provider, transport, 2) -- a request to IAM may take 10 s
end

paths["/fifo"] = function()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkfifo " .. path))
  local messages = {}
  for i, provider in ipairs { credentials.file { path = path },
    credentials.container { uri = "http://127.0.0.1/", token_file = path },
    credentials.oidc { idp_id = "idp", id_token_file = path } } do
    local _, err = provider:get(provider_call.new_context("huawei", new_iam("fifo", 0)))
    messages[i] = err.code .. " " .. err.message:match "cannot be read: (.*)"
  end
  os.remove(path)
  return table.concat(messages, ", ")
end

paths["/workers"] = function()
  local tokens = {}
  for id = 0, ngx.worker.count() - 1 do
    while not counts:get("worker " .. id) do ngx.sleep(0.01) end
    tokens[#tokens + 1] = counts:get("worker " .. id)
  end
  local names = table.concat(ngx.shared.tokens:get_keys(), " ")
  return ("%s, %d requests%s"):format(table.concat(tokens, " "), counts:get "workers", names:find "hush" and ", password kept" or "")
end

paths["/guard"] = function()
  while counts:get "turn" ~= ngx.worker.count() do ngx.sleep(0.01) end
  local codes = {}
  for id = 0, ngx.worker.count() - 1 do codes[#codes + 1] = counts:get("guard " .. id) end
  local names = table.concat(ngx.shared.guard:get_keys(), " ")
  return ("%s; %d requests%s"):format(table.concat(codes, ", "), counts:get "guarded", names:find "hush" and ", secret kept" or "")
end

paths["/queue"] = function()
  local client, threads, counts_by_code = new_wrong_client "queued", {}, {}
  for i = 1, 200 do threads[i] = ngx.thread.spawn(call, client) end
  for i = 1, 200 do
    local _, code = ngx.thread.wait(threads[i])
    counts_by_code[code] = (counts_by_code[code] or 0) + 1
  end
  return ("%d refused, %d guarded, %d requests"):format(
    counts_by_code["APIGW.0301"] or 0, counts_by_code.guarded or 0, counts:get "queued")
end

function handlers.run()
  ngx.print(paths[ngx.var.uri]())
end

return handlers
