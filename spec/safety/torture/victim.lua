--- Operations that run while allocations fail: whole calls over HTTPS, from creating a client to closing it. Runs in a state
--- of spec/safety/torture/host.c. Functions return a string that says how the operation ended.

local victim = {}

local TAG = os.getenv "KMS_EMULATOR_KEY_TAG"
local KEY_ID = os.getenv "KMS_EMULATOR_KEY_ID"

local transport

local function new_ncloud_client(kms)
  return kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = transport, retry = false }
end

--- A request with a body.
local function rename(kms, name)
  return new_ncloud_client(kms):rename_key({ key_tag = TAG, key_name = name or "tortured" }, { timeout = 20 })
end

--- A request without a body.
local function get(kms)
  return new_ncloud_client(kms):get_key({ key_tag = TAG }, { timeout = 20 })
end

local function move(kms)
  local client = kms.huawei { transport = transport, retry = false }
  return client:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" }, { timeout = 20 })
end

--- A transport that uses the current `transport`, whichever it is.
local forwarding_transport = {
  send = function(_, request) return transport:send(request) end,
  sleep = function(_, seconds) transport:sleep(seconds) end,
}

local kept_client

--- The same as `move` with a client that is kept, so that state of earlier calls is reused.
local function move_again(kms)
  kept_client = kept_client or kms.huawei { transport = forwarding_transport, retry = false, lock_guard = false,
    credentials = { access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK" } }
  return kept_client:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" }, { timeout = 20 })
end

--- Four calls, two at once.
local function call_together(kms)
  local parallel = kms.parallel { concurrency = 2 }
  local succeeded, failure = true, nil
  local function call(name)
    if name then return rename(kms, name) end
    return get(kms)
  end
  for _, result, err in parallel:map({ "first", false, "third", false }, call) do
    succeeded, failure = succeeded and result, failure or err
  end
  parallel:close()
  if type(failure) == "string" then error(failure, 0) end
  return succeeded, failure
end

-- A response as NGINX may deliver it: lines in several pieces, repeated headers, a body in chunks.
local PIECES = {
  "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 O", "K\r\nX-A: " .. ("a"):rep(600), ("b"):rep(600) .. "\r\nx-a: c\r\n",
  "X-A: d\r\nTransfer-Enc", "oding: chunked\r\n\r\n3\r\nabc\r\n4", "00;x=y\r\n" .. ("d"):rep(1024), "\r\n0\r\nX-T: 1\r\n", "\r\n",
}

--- Parses responses; sends no request.
local function parse()
  local http1 = require "kms.http1"
  for _ = 1, 20 do
    local parser = http1.parser("GET", 2000)
    for i, piece in ipairs(PIECES) do
      local is_complete, response = parser:feed(piece)
      if is_complete == false then return nil, { kind = "transport", code = response } end
      assert((is_complete ~= nil) == (i == #PIECES))
      if is_complete then assert(#response.body == 1027 and response.headers["x-a"]:find "^a+b+, c, d$") end
    end
  end
  return true
end

local OPERATIONS = { rename = rename, move = move, again = move_again, together = call_together, parse = parse }

--- Runs one operation over new connections.
---@param name string a key of OPERATIONS
---@return string outcome
function victim.call(name)
  local kms = require "kms"
  transport = transport or require("kms.transport.curl").new { ca_file = os.getenv "KMS_CA_FILE" }
  local result, err = OPERATIONS[name](kms)
  victim.close()
  if result then return "result" end
  return err.kind .. " " .. tostring(err.code) .. (tostring(err) == "" and " without words" or "")
end

--- Closes the transport that an operation left open, and collects garbage.
function victim.close()
  if transport then transport:close() end
  transport = nil
  collectgarbage()
  collectgarbage()
  return "closed"
end

--- A call in flight: suspended after its request was sent and before its response is parsed. close() resumes it.
local function suspend_call(kms, inner)
  local suspending = { sleep = function(_, seconds) inner:sleep(seconds) end }
  function suspending.send(_, request)
    local response, err = inner:send(request)
    coroutine.yield()
    return response, err
  end
  local routine = coroutine.create(function()
    local client = kms.huawei { transport = suspending }
    return client:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" }
  end)
  assert(coroutine.resume(routine))
  assert(coroutine.status(routine) == "suspended")
  return { close = function() return coroutine.resume(routine) end }
end

-- One function per kind of objects, which creates four of them.
local CREATORS = {}

--- A transport, a client on it, a client with a transport of its own, and a call in flight on the first transport.
function CREATORS.clients()
  local kms = require "kms"
  local ca_file = os.getenv "KMS_CA_FILE"
  local shared = require("kms.transport.curl").new { ca_file = ca_file }
  local objects = {
    shared,
    kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = shared },
    kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = { ca_file = ca_file } },
    suspend_call(kms, shared),
  }
  for i = 2, 3 do assert(objects[i]:rename_key { key_tag = TAG, key_name = "tortured" }) end
  return objects
end

--- A transport, a multi with requests in flight, a parallel, and one of its iterators in use.
function CREATORS.parallel()
  local kms = require "kms"
  local curl = require "kms.transport.curl"
  local shared, multi = curl.new { ca_file = os.getenv "KMS_CA_FILE" }, curl.multi()
  local host = os.getenv("NCLOUD_KMS_ENDPOINT"):match "//(.*)$"
  for i = 1, 3 do
    local request = { method = "PUT", scheme = "https", host = host, target = "/" .. i, body = ("body"):rep(1000 * i) }
    assert(multi:add(shared, request))
  end
  multi:step(0)
  local parallel = kms.parallel { concurrency = 2 }
  local client = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = shared }
  local iterator = parallel:map({ "first", "second", "third", "fourth" }, function(name)
    return client:rename_key { key_tag = TAG, key_name = name }
  end)
  assert(iterator())
  return { shared, multi, parallel, iterator }
end

--- Parsers at several positions of a response. To close one is to tell it that the connection ended.
function CREATORS.parsers()
  local objects = {}
  for i, length in ipairs { 0, 2, 5, 6 } do
    local parser = require("kms.http1").parser("GET", 2000)
    for k = 1, length do parser:feed(PIECES[k]) end
    objects[i] = { close = function() pcall(parser.finish, parser) end }
  end
  return objects
end

--- Creates four objects and ends them in an order; each is collected when nothing refers to it.
---@param kind string a key of CREATORS
---@param order integer[] numbers of the objects to end
---@param closed integer a set of bits: which objects are closed before they are dropped
---@param keep boolean? the other objects stay in use
function victim.end_objects(kind, order, closed, keep)
  local objects = CREATORS[kind]()
  for _, i in ipairs(order) do
    if math.floor(closed / 2 ^ (i - 1)) % 2 == 1 then
      objects[i]:close()
      if kind ~= "clients" or i < 4 then objects[i]:close() end -- close may be repeated
    end
    objects[i] = nil
    collectgarbage()
    collectgarbage()
  end
  victim.kept_objects = keep and objects
  return "done"
end

--- Counts the instructions of Lua that an operation takes.
---@param name string a key of OPERATIONS
function victim.count_instructions(name)
  local count = 0
  debug.sethook(function() count = count + 1 end, "", 1)
  local outcome = victim.call(name)
  debug.sethook()
  return outcome and tostring(count)
end

--- Runs an operation and interrupts it after a number of instructions.
---@param name string a key of OPERATIONS
---@param instructions integer
---@param how "raise"|"exit" by an error, or by closing the state and ending the process
function victim.interrupt(name, instructions, how)
  debug.sethook(function()
    debug.sethook()
    if how == "exit" then os.exit(0, true) end
    error "interrupted"
  end, "", instructions)
  local ok, outcome = pcall(victim.call, name)
  debug.sethook()
  if how == "exit" then os.exit(0, true) end
  victim.close()
  return ok and outcome or tostring(outcome):match "interrupted" or "raised: " .. tostring(outcome)
end

--- Calls `on_cycle` at the end of each cycle of the collector, until it returns false.
local function watch_collector(on_cycle)
  local newproxy = rawget(_G, "newproxy")
  local function finalizer() if on_cycle() then watch_collector(on_cycle) end end
  if newproxy then getmetatable(newproxy(true)).__gc = finalizer else setmetatable({}, { __gc = finalizer }) end
end

--- Runs an operation several times while the collector runs a full cycle at each of its steps.
---@param name string a key of OPERATIONS
---@param times integer
---@return string "OUTCOME, OUTCOME… in N cycles"
function victim.collect_during(name, times)
  local cycles, is_watching, outcomes = 0, true, {}
  victim.call(name) -- allocates what stays
  watch_collector(function()
    cycles = cycles + 1
    return is_watching
  end)
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", rawget(_G, "jit") and 1e8 or 1000)
  if _VERSION == "Lua 5.4" then collectgarbage("incremental", 0, 0, 40) end -- steps of 2^40 bytes
  for i = 1, times do outcomes[i] = victim.call(name) end
  is_watching = false
  return ("%s in %d cycles"):format(table.concat(outcomes, ", "), cycles)
end

return victim
