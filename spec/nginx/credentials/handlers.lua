--- Light threads and workers that want one token of IAM, or share one lock guard, a path for each story. In NGINX only.
-- luacheck: std ngx_lua

local caller = require "spec.helpers.provider_call"
local credentials = require "kms.credentials"
local kms = require "kms"

local counts = ngx.shared.counts
local handlers = {}

local USER = { user = "user", password = "hush", domain = "domain" }

--- IAM as a transport: a token after a while, counted among all workers under `name`.
local function iam(name, seconds)
  local transport = { shift = 0 }
  function transport:now()
    ngx.update_time()
    return ngx.now() + self.shift
  end
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

local function ask(source, transport, timeout)
  local found, err = source:get(caller.context("huawei", transport, { timeout = timeout }))
  return found and found.token or tostring(err)
end

--- What `count` light threads get: how many got which token.
local function many(count, source, transport)
  local threads, got = {}, {}
  for i = 1, count do threads[i] = ngx.thread.spawn(ask, source, transport) end
  for i = 1, count do
    local _, token = ngx.thread.wait(threads[i])
    got[token] = (got[token] or 0) + 1
  end
  return got
end

--- A client with a wrong secret, whose cloud counts under `name` what reaches it.
local function wrong_client(name, lock_guard)
  local transport = iam(name, 0)
  function transport:send() -- luacheck: ignore self
    counts:incr(name, 1, 0)
    ngx.sleep(0.02)
    return { status = 401, headers = {}, body = '{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}' }
  end
  return kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), transport = transport, lock_guard = lock_guard,
    credentials = { access_key = "AK", secret_key = "hush" } }
end

local function try(client)
  local _, err = client:update_primary_region {
    key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
  return err.code
end

--- One worker after the other tries wrong credentials under a guard that they share.
local function guard_in_turn()
  local id = ngx.worker.id()
  while (counts:get "turn" or 0) ~= id do ngx.sleep(0.005) end
  local client = wrong_client("guarded", { shared = "guard" })
  local codes = {}
  for i = 1, 3 do codes[i] = try(client) end
  counts:set("guard " .. id, table.concat(codes, " "))
  counts:incr("turn", 1, 0)
end

--- In each worker at once, as a deployment does it.
function handlers.start_worker()
  ngx.timer.at(0, guard_in_turn)
  local transport = iam("workers", 0.2)
  local source = credentials.iam_token { user = "user", password = "hush", domain = "domain", shared = "tokens" }
  ngx.timer.at(0, function() counts:set("worker " .. ngx.worker.id(), ask(source, transport)) end)
end

local paths = {}

paths["/threads"] = function()
  local got = many(50, credentials.iam_token(USER), iam("threads", 0.05))
  return ("%s of 50, %d requests"):format(got["token-1"], counts:get "threads")
end

paths["/old"] = function()
  local source, transport = credentials.iam_token(USER), iam("old", 0.05)
  ask(source, transport)
  transport.shift = 23.6 * 3600
  local got = many(50, source, transport)
  return ("%d old, %d new, then %s, %d requests"):format(
    got["token-1"], got["token-2"], ask(source, transport), counts:get "old")
end

paths["/killed"] = function()
  local source, transport = credentials.iam_token(USER), iam("killed", 0.05)
  local thread = ngx.thread.spawn(ask, source, transport)
  ngx.thread.kill(thread)
  local before = transport:now()
  local first = ask(source, transport, 0.2)
  local waited = transport:now() - before
  transport.shift = 61
  return ("%s (%s), then %s"):format(first, waited < 5 and "in time" or "late", ask(source, transport))
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
  local client, threads, got = wrong_client "queued", {}, {}
  for i = 1, 200 do threads[i] = ngx.thread.spawn(try, client) end
  for i = 1, 200 do
    local _, code = ngx.thread.wait(threads[i])
    got[code] = (got[code] or 0) + 1
  end
  return ("%d refused, %d guarded, %d requests"):format(got["APIGW.0301"] or 0, got.guarded or 0, counts:get "queued")
end

function handlers.run()
  ngx.print(paths[ngx.var.uri]())
end

return handlers
