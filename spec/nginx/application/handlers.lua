--- Handlers that call both clouds: one function per path.
-- luacheck: std ngx_lua

local fixtures = require "kms.emulator.fixtures"
local kms = require "kms"
local remote_call = require "spec.nginx.application.remote_call"
local upstream = require "spec.nginx.application.upstream"

local records = ngx.shared.records
local clients = {}
local parallel = kms.parallel()

local handlers = {}

local function find_keys(provider)
  for _, account in ipairs(fixtures.accounts) do
    if account.provider == provider then
      return { access_key = account.access_key, secret_key = account.secret_key }, account
    end
  end
end

--- Makes the clients in init_by_lua, before NGINX starts its workers.
---@param port integer the first port of this server
function handlers.start(port)
  local emulator = tonumber(os.getenv "KMS_EMULATOR_PORT")
  local huawei_keys, huawei_account = find_keys "huawei"
  clients.echo = kms.ncloud { endpoint = ("https://localhost:%d"):format(port + 1), credentials = find_keys "ncloud" }
  clients.ncloud = kms.ncloud { endpoint = ("https://localhost:%d"):format(emulator + 2), credentials = find_keys "ncloud" }
  clients.huawei = kms.huawei { endpoint = ("https://localhost:%d"):format(emulator), credentials = huawei_keys,
    region = "cn-north-4", project_id = huawei_account.projects["cn-north-4"] }
  handlers.record_phase "init"
end

--- Prints the version of ngx_lua, which NGINX gives as a number: 10023 is 0.10.23.
function handlers.print_version()
  local version = ngx.config.ngx_lua_version
  ngx.print(("0.%d.%d"):format(math.floor(version / 1000), version % 1000))
end

function handlers.start_worker()
  math.randomseed(ngx.worker.pid())
  handlers.record_phase()
  ngx.timer.at(0, function() handlers.record_phase "timer_of_init_worker" end)
end

--- Makes a call in the current phase, and records its result under `name` or the phase's name. Does the same with
--- kms.parallel, whose record's name begins with "parallel_".
---@param name string?
function handlers.record_phase(name)
  name = name or ngx.get_phase()
  local renamed, err = clients.echo:rename_key { key_tag = "recorded", key_name = "recorded" }
  records:set(name, renamed and renamed.key_name or ("%s %s: %s"):format(err.kind, err.code, err.message))
  local ok, message = pcall(parallel.map, parallel, {}, type)
  records:set("parallel_" .. name, ok and "works" or message)
end

local paths = {}

paths["/record"] = function() ngx.print(records:get(ngx.var.arg_name) or "") end
paths["/record/set"] = function()
  records:set(ngx.var.arg_name, ngx.var.arg_value ~= "" and ngx.var.arg_value or nil)
end
paths["/pid"] = function() ngx.print(ngx.worker.pid()) end

--- Makes clients whose credentials are new: "unproven" with a key, "metadata" with credentials of a metadata service.
paths["/new_clients"] = function()
  clients.unproven = kms.ncloud { endpoint = ("https://localhost:%d"):format(ngx.var.server_port + 1),
    credentials = { access_key = ("key-%d"):format(records:incr("keys", 1, 0)), secret_key = "secret" } }
  local endpoint = ("http://127.0.0.1:%d"):format(ngx.var.server_port)
  clients.metadata = kms.huawei { endpoint = endpoint, project_id = ("a"):rep(32),
    credentials = kms.credentials.metadata { endpoint = endpoint } }
end

--- Moves a key with the client "metadata", and prints its region.
paths["/move"] = function()
  local moved, err = clients.metadata:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
    primary_region = "cn-east-3" }
  ngx.print(moved and moved.primary_region or tostring(err))
end

--- Renames a key with the client ?client=, after the record ?after= exists, and prints the result.
paths["/rename"] = function()
  local args = ngx.var
  if args.arg_after then upstream.await(args.arg_after) end
  local renamed, err = clients[args.arg_client]:rename_key { key_tag = args.arg_tag, key_name = args.arg_name }
  records:incr("returned", 1, 0)
  ngx.print(renamed and renamed.key_tag .. " " .. renamed.key_name or tostring(err))
end

--- Makes the call of the order: `cloud`, `operation`, `params`, and `options` if it needs a client of its own.
local function make_call(order)
  local options = order.options
  if options and not options.credentials then options.credentials = find_keys(order.cloud) end
  local client = options and kms[order.cloud](options) or clients[order.cloud]
  local result, err = client[order.operation](client, order.params)
  return result, err
end

paths["/call"] = function() remote_call.serve(make_call) end

--- Prints what kms.bulk and its functions raise.
paths["/bulk"] = function()
  local _, call_message = pcall(function()
    local run = kms.bulk { client = clients.ncloud }
    return run -- not a tail call, so that the message has the line
  end)
  local _, read_message = pcall(function() return kms.bulk.read "journal" end)
  ngx.print(call_message, "\n", read_message, "\n", tostring(package.loaded["kms.bulk"]))
end

--- Lists the keys of NAVER Cloud KMS by each, with the order's `params`, in two light threads at once.
---@return { tags: string[], err: kms.Error? }[]
local function list_keys(order)
  local threads, results = {}, {}
  for i = 1, 2 do
    results[i] = { tags = {} }
    threads[i] = ngx.thread.spawn(function()
      for number, key, err in clients.ncloud:each("list_keys", order.params) do
        results[i].tags[number], results[i].err = key and key.key_tag, err
      end
    end)
  end
  for i = 1, 2 do assert(ngx.thread.wait(threads[i])) end
  return results
end

paths["/list_keys"] = function() remote_call.serve(list_keys) end

--- Makes ?calls= calls in each of ?threads= light threads, each with its own tag and name.
paths["/rename_many"] = function()
  local thread_count, call_count = tonumber(ngx.var.arg_threads), tonumber(ngx.var.arg_calls)
  local right, wrong = 0, {}
  local function run(thread)
    for i = 1, call_count do
      local tag, name = ("tag-%s-%d-%d"):format(ngx.var.arg_request, thread, i), ("n%d-%d"):format(thread, i)
      local renamed, err = clients.echo:rename_key { key_tag = tag, key_name = name }
      if renamed and renamed.key_tag == tag and renamed.key_name == name then
        right = right + 1
      else
        wrong[#wrong + 1] = ("%s: %s"):format(tag, renamed and renamed.key_tag or tostring(err))
      end
    end
  end
  local threads = {}
  for i = 1, thread_count do threads[i] = ngx.thread.spawn(run, i) end
  for i = 1, thread_count do assert(ngx.thread.wait(threads[i])) end
  ngx.print(right, " right", wrong[1] and ", wrong: " .. wrong[1] or "")
end

---@param path string? default: the path of the request
function handlers.run(path)
  return paths[path or ngx.var.uri]()
end

return handlers
