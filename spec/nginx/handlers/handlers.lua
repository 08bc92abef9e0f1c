--- Handlers that call the two clouds as a user's would, one a path. In NGINX only.
-- luacheck: std ngx_lua

local kms = require "kms"
local echo_cloud = require "spec.nginx.handlers.echo_cloud"
local fixtures = require "kms.emulator.fixtures"
local wire = require "spec.helpers.serializer"

local noted = ngx.shared.noted
local clients = {}
local parallel = kms.parallel()

local handlers = {}

local function keys(provider)
  for _, account in ipairs(fixtures.accounts) do
    if account.provider == provider then
      return { access_key = account.access_key, secret_key = account.secret_key }, account
    end
  end
end

--- Makes the clients, in init_by_lua: before a worker is there.
function handlers.start(port)
  local emulator = tonumber(os.getenv "KMS_EMULATOR_PORT")
  local huawei_keys, huawei_account = keys "huawei"
  clients.echo = kms.ncloud { endpoint = ("https://localhost:%d"):format(port + 1), credentials = keys "ncloud" }
  clients.ncloud = kms.ncloud { endpoint = ("https://localhost:%d"):format(emulator + 2), credentials = keys "ncloud" }
  clients.huawei = kms.huawei { endpoint = ("https://localhost:%d"):format(emulator), credentials = huawei_keys,
    region = "cn-north-4", project_id = huawei_account.projects["cn-north-4"] }
  handlers.note "init"
end

function handlers.start_worker()
  math.randomseed(ngx.worker.pid())
  handlers.note()
  ngx.timer.at(0, function() handlers.note "timer of init_worker" end)
end

--- Calls in whatever phase this is, and notes what came of it, under the phase's name or another.
function handlers.note(name)
  local renamed, err = clients.echo:rename_key { key_tag = "noted", key_name = "noted" }
  noted:set(name or ngx.get_phase(), renamed and renamed.key_name or ("%s %s: %s"):format(err.kind, err.code, err.message))
  local ok, message = pcall(parallel.map, parallel, {}, type)
  noted:set("parallel_" .. (name or ngx.get_phase()), ok and "works" or message)
end

local paths = {}

paths["/noted"] = function() ngx.print(noted:get(ngx.var.arg_of:gsub("_of_", " of ")) or "") end
paths["/set"] = function() noted:set(ngx.var.arg_of, ngx.var.arg_to ~= "" and ngx.var.arg_to or nil) end
paths["/pid"] = function() ngx.print(ngx.worker.pid()) end

--- Renames a key by the client ?by=, and repeats what came.
paths["/rename"] = function()
  local args = ngx.var
  if args.arg_after then echo_cloud.await(args.arg_after) end
  local renamed, err = clients[args.arg_by]:rename_key { key_tag = args.arg_tag, key_name = args.arg_name }
  noted:incr("returned", 1, 0)
  ngx.print(renamed and renamed.key_tag .. " " .. renamed.key_name or tostring(err))
end

--- Calls as the posted order says: `cloud` (and `options` for a client of its own), `call`, `params`, `timeout`.
paths["/call"] = function()
  ngx.req.read_body()
  local order = wire.decode(ngx.req.get_body_data())
  if order.options and not order.options.credentials then order.options.credentials = keys(order.cloud) end
  local ok, result, err = pcall(function()
    local client = order.options and kms[order.cloud](order.options) or clients[order.cloud]
    local value, problem = client[order.call](client, order.params)
    return value, problem
  end)
  ngx.print(wire.encode(ok and { value = result, err = err } or { raised = tostring(result) }))
end

--- `each` calls in each of `threads` light threads, every one with a tag and a name of its own.
paths["/many"] = function()
  local threads, each = tonumber(ngx.var.arg_threads), tonumber(ngx.var.arg_each)
  local right, wrong = 0, {}
  local function run(thread)
    for i = 1, each do
      local tag, name = ("tag-%s-%d-%d"):format(ngx.var.arg_of, thread, i), ("n%d-%d"):format(thread, i)
      local renamed, err = clients.echo:rename_key { key_tag = tag, key_name = name }
      if renamed and renamed.key_tag == tag and renamed.key_name == name then
        right = right + 1
      else
        wrong[#wrong + 1] = ("%s: %s"):format(tag, renamed and renamed.key_tag or tostring(err))
      end
    end
  end
  local running = {}
  for i = 1, threads do running[i] = ngx.thread.spawn(run, i) end
  for i = 1, threads do assert(ngx.thread.wait(running[i])) end
  ngx.print(right, " right", wrong[1] and ", wrong: " .. wrong[1] or "")
end

--- Moves the posted order's `keys` at its `endpoint`, so many at once, and leaves after `leave` results; a key "raise"
--- raises. Gives each result's number, and the key or the error's code.
paths["/parallel"] = function()
  ngx.req.read_body()
  local order = wire.decode(ngx.req.get_body_data())
  local client = kms.huawei { endpoint = order.endpoint, project_id = ("a"):rep(32), lock_guard = false,
    credentials = { access_key = "many-access", secret_key = "many-secret" }, retry = order.retry or false, timeout = 20 }
  local run = kms.parallel { concurrency = order.concurrency, order = order.order }:map(order.keys, function(key_id)
    if key_id == "raise" then error("raised", 0) end
    local inner = coroutine.wrap(function() -- ngx_lua's own
      return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
    end)
    return inner()
  end)
  local given = {}
  for number, result, err in run do
    given[#given + 1] = { number, result and result.key_id or type(err) == "table" and err.code or err }
    if #given == order.leave then run:close() end
  end
  ngx.print(wire.encode { value = given })
end

--- Closes a parallel whose run is left behind; how many of its tasks began, and how many had ended by then.
paths["/parallel/close"] = function()
  local own, begun, ended = kms.parallel { concurrency = 4 }, 0, 0
  local run = own:map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function()
    begun = begun + 1
    ngx.sleep(begun == 1 and 0 or 0.05)
    ended = ended + 1
    return true
  end)
  run()
  own:close()
  ngx.print(wire.encode { value = { begun, ended } })
end

--- A parallel of the whole worker: one request begins tasks that take for ever and ends, another one closes it.
local common
paths["/parallel/left"] = function()
  common = kms.parallel { concurrency = 2, order = "finished" }
  local run = common:map({ 0, 1000 }, function(seconds) ngx.sleep(seconds) return seconds end)
  local number = run()
  ngx.print(wire.encode { value = number })
  ngx.eof()
  ngx.exit(ngx.HTTP_OK)
end
paths["/parallel/close_left"] = function()
  common:close()
  ngx.print(wire.encode { value = tostring(common) })
end

--- What a task that uses its own run, or its own parallel, is told.
paths["/parallel/inside"] = function()
  local own = kms.parallel { concurrency = 2 }
  local run, messages = nil, {}
  run = own:map({ 1, 2 }, function(item)
    if item == 1 then return pcall(run) end
    local inner = own:map({ 1, 2, 3 }, function(value) return value end)
    local sum = 0
    for _, value in inner do sum = sum + value end
    return sum
  end)
  for number, result, err in run do messages[number] = tostring(err or result) end
  ngx.print(wire.encode { value = messages })
end

--- Answers one request of a connection (?surplus= is sent after the answer), and closes at the second.
paths["/once"] = function()
  noted:incr("once", 1, 0)
  ngx.req.read_body()
  local socket = ngx.req.socket(true)
  socket:send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce" .. (ngx.var.arg_surplus or ""))
  socket:settimeout(20000)
  if socket:receive "*l" then noted:incr("again", 1, 0) end
end

function handlers.run(path)
  return paths[path or ngx.var.uri]()
end

return handlers
