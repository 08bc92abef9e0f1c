--- What is done while allocations fail: whole calls over HTTPS, from a client's making to its end. Runs in a state that
--- spec/safety/torture/host.c made; each function returns a string, and what went wrong is in its words.

local victim = {}

local TAG = os.getenv "KMS_EMULATOR_KEY_TAG"
local KEY_ID = os.getenv "KMS_EMULATOR_KEY_ID"

local transport

local function rename(kms, name)
  local client = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = transport, retry = false }
  return client:rename_key({ key_tag = TAG, key_name = name or "tortured" }, { timeout = 20 })
end

local function move(kms)
  local client = kms.huawei { transport = transport, retry = false }
  return client:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" }, { timeout = 20 })
end

--- Requests with a body and without one.
local function rename_or_look(kms, name)
  if name then return rename(kms, name) end
  local client = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = transport, retry = false }
  return client:get_key({ key_tag = TAG }, { timeout = 20 })
end

local lasting

--- The same with one client for all calls.
local function move_again(kms)
  local on = { sleep = function(_, seconds) transport:sleep(seconds) end, now = function() return transport:now() end }
  function on.send(_, request) return transport:send(request) end
  lasting = lasting or kms.huawei { transport = on, retry = false, lock_guard = false,
    credentials = { access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK" } }
  return lasting:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" }, { timeout = 20 })
end

--- Four calls at once, over connections of their own.
local function together(kms)
  local parallel = kms.parallel { concurrency = 2 }
  local all, failure = true, nil
  for _, result, err in parallel:map({ "first", false, "third", false }, function(name) return rename_or_look(kms, name) end) do
    all, failure = all and result, failure or err
  end
  parallel:close()
  if type(failure) == "string" then error(failure, 0) end
  return all, failure
end

-- An answer as NGINX's transport may receive it: lines in several pieces, headers repeated, a body in chunks.
local PIECES = {
  "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 O", "K\r\nX-A: " .. ("a"):rep(600), ("b"):rep(600) .. "\r\nx-a: c\r\n",
  "X-A: d\r\nTransfer-Enc", "oding: chunked\r\n\r\n3\r\nabc\r\n4", "00;x=y\r\n" .. ("d"):rep(1024), "\r\n0\r\nX-T: 1\r\n", "\r\n",
}

local function pieces()
  local at = 0
  return function()
    at = at + 1
    if PIECES[at] then return PIECES[at] end
    return nil, "end"
  end
end

--- Reads answers; no request is sent.
local function read()
  local http1 = require "kms.http1"
  for _ = 1, 20 do
    local result = http1.read(pieces(), "GET", 2000)
    local failure = result.failure
    if failure then return nil, { kind = "transport", code = failure.code } end
    assert(#result.response.body == 1027 and result.response.headers["x-a"]:find "^a+b+, c, d$")
  end
  return true
end

--- The operations and what becomes of them when nothing fails. The key's primary is moved once; from then on the
--- answer is a refusal with a body to read.
victim.operations = { rename = { rename, "result" }, move = { move, "service KMS.0106" },
  again = { move_again, "service KMS.0106" }, together = { together, "result" }, read = { read, "result" } }

--- One whole call over connections of its own, unless `keep`, and what became of it.
---@param name string of victim.operations
---@return string outcome
function victim.call(name, keep)
  local kms = require "kms"
  transport = transport or require("kms.transport.curl").new { ca_file = os.getenv "KMS_CA_FILE" }
  local result, err = victim.operations[name][1](kms)
  if not keep then victim.close() end
  if result then return "result" end
  return err.kind .. " " .. tostring(err.code) .. (tostring(err) == "" and " without words" or "")
end

--- Closes what a call left open, collects, and gives what Lua then holds.
function victim.close()
  if transport then transport:close() end
  transport = nil
  collectgarbage()
  collectgarbage()
  return "closed"
end

-- Objects that end in any order: a transport, a client on it, a client with a transport of its own, and a call that is
-- under way over the first transport, suspended after `send` and before its answer is read.

local function suspended(kms, on)
  local between = { sleep = function(_, seconds) on:sleep(seconds) end, now = function() return on:now() end }
  function between.send(_, request)
    local response, err = on:send(request)
    coroutine.yield()
    return response, err
  end
  local routine = coroutine.create(function()
    local client = kms.huawei { transport = between }
    return client:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" }
  end)
  assert(coroutine.resume(routine))
  assert(coroutine.status(routine) == "suspended")
  return { close = function() return coroutine.resume(routine) end }
end

-- The same for many at once: a transport, a multi with exchanges under way, a parallel, and a run of it that has begun.
local function new_many()
  local kms = require "kms"
  local curl = require "kms.transport.curl"
  local on, multi = curl.new { ca_file = os.getenv "KMS_CA_FILE" }, curl.multi()
  local host = os.getenv("NCLOUD_KMS_ENDPOINT"):match "//(.*)$"
  for i = 1, 3 do
    local put = { method = "PUT", scheme = "https", host = host, target = "/" .. i, body = ("body"):rep(1000 * i) }
    assert(multi:add(on, put))
  end
  multi:poll(0)
  local parallel = kms.parallel { concurrency = 2 }
  local client = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = on }
  local run = parallel:map({ "first", "second", "third", "fourth" }, function(name)
    return client:rename_key { key_tag = TAG, key_name = name }
  end)
  assert(run())
  return { on, multi, parallel, run }
end

local function new_objects()
  local kms = require "kms"
  local ca_file = os.getenv "KMS_CA_FILE"
  local on = require("kms.transport.curl").new { ca_file = ca_file }
  local objects = {
    on,
    kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = on },
    kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = { ca_file = ca_file } },
    suspended(kms, on),
  }
  for i = 2, 3 do assert(objects[i]:rename_key { key_tag = TAG, key_name = "tortured" }) end
  return objects
end

--- Readers of answers at several places. To close one is to tell it the end.
local function new_readers()
  local objects = {}
  for i, length in ipairs { 0, 2, 5, 6 } do
    local reading = require("kms.http1.reader").new("GET", 2000)
    for at = 1, length do reading:take(PIECES[at]) end
    objects[i] = { close = function() pcall(reading.take, reading, nil, "end") end }
  end
  return objects
end

local MAKERS = { ["one by one"] = new_objects, ["many at once"] = new_many, ["readers of answers"] = new_readers }

local function close(object, twice)
  object:close()
  if twice then object:close() end
end

--- Makes four objects, uses them, then ends them in that order, each collected as soon as nothing holds it.
---@param order integer[] which of them
---@param closed integer a set of bits: which are closed before they are forgotten
---@param keep boolean? the others stay in use
---@param kind string of MAKERS
function victim.objects(order, closed, keep, kind)
  local objects = MAKERS[kind]()
  for _, place in ipairs(order) do
    if math.floor(closed / 2 ^ (place - 1)) % 2 == 1 then close(objects[place], kind ~= "one by one" or place < 4) end
    objects[place] = nil
    collectgarbage()
    collectgarbage()
  end
  victim.kept = keep and objects
  return "done"
end

--- How many instructions of Lua a call takes.
function victim.instructions(name)
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 1)
  local outcome = victim.call(name)
  debug.sethook()
  return outcome and tostring(count)
end

--- A call that is interrupted after so many instructions.
---@param what string "raise": by an error; "exit": the state is closed and the process ended from within
function victim.interrupted(name, instructions, what)
  debug.sethook(function()
    debug.sethook()
    if what == "exit" then os.exit(0, true) end
    error "interrupted"
  end, "", instructions)
  local ok, outcome = pcall(victim.call, name)
  debug.sethook()
  if what == "exit" then os.exit(0, true) end
  victim.close()
  return ok and outcome or tostring(outcome):match "interrupted" or "raised: " .. tostring(outcome)
end

--- Calls `count(1)` at the end of each cycle of the collector, until it returns false.
local function at_each_cycle(count)
  local newproxy = rawget(_G, "newproxy")
  local function finalizer() if count(1) then at_each_cycle(count) end end
  if newproxy then getmetatable(newproxy(true)).__gc = finalizer else setmetatable({}, { __gc = finalizer }) end
end

--- Calls `times` times while the collector does a whole cycle wherever it may do a step.
---@return string outcomes each with how often it came, and the cycles done
function victim.collecting(name, times)
  local cycles, on, outcomes = 0, true, {}
  victim.call(name) -- what is made once, is made
  at_each_cycle(function(more)
    cycles = cycles + more
    return on
  end)
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", rawget(_G, "jit") and 1e8 or 1000)
  if _VERSION == "Lua 5.4" then collectgarbage("incremental", 0, 0, 40) end -- steps of 2^40 bytes
  for _ = 1, times do
    local outcome = victim.call(name)
    outcomes[#outcomes + 1] = outcome
  end
  on = false
  return ("%s in %d cycles"):format(table.concat(outcomes, ", "), cycles)
end

return victim
