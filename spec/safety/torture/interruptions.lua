--- Operations that are interrupted by errors of a debug hook: at evenly spaced instructions, and after functions that
--- wait, which is where Ctrl-C interrupts. Their objects outlive an interruption. Runs in a state of
--- spec/safety/torture/host.c.

local interruptions = {}

local CA_FILE = os.getenv "KMS_CA_FILE"
local KEY_ID, KEY_TAG = os.getenv "KMS_EMULATOR_KEY_ID", os.getenv "KMS_EMULATOR_KEY_TAG"
local NCLOUD_ENDPOINT = os.getenv "NCLOUD_KMS_ENDPOINT"
local MESSAGE = "interrupted"

local MAX_SLEEP = 1 -- seconds of a call; a longer one has waited for a lock that an interruption left behind

-- The methods that wait, of transports and of multis, and the functions that do.
local WAITING_METHODS = { "send", "sleep", "step" }
local WAITING_FUNCTIONS = { "fs_fsync", "fs_write" }

-- The interruption that is due: after so many instructions, or returns of functions that wait; nil: none.
local instructions_left, waits_left, delay
-- What an operation has taken so far.
local instruction_count, wait_count, slept = 0, 0, 0

local function count_instruction()
  instruction_count = instruction_count + 1
  if not instructions_left then return end
  instructions_left = instructions_left - 1
  if instructions_left > 0 then return end
  instructions_left = nil
  error(MESSAGE, 0)
end

--- Passes on what a function that waits has returned.
local function count_wait(...)
  wait_count = wait_count + 1
  if waits_left then
    waits_left = waits_left - 1
    if waits_left == 0 then waits_left, instructions_left = nil, delay end
  end
  return ...
end

local function watch_functions(owner, names)
  for _, name in ipairs(names) do
    local fn = owner[name]
    if fn then
      owner[name] = function(self, seconds, ...)
        if name == "sleep" then slept = slept + seconds end
        return count_wait(fn(self, seconds, ...))
      end
    end
  end
end

-- Lua 5.4 has a hook per coroutine, LuaJIT one for all.
local create_coroutine = coroutine.create
function coroutine.create(fn) -- luacheck: ignore 122
  local thread = create_coroutine(fn)
  debug.sethook(thread, count_instruction, "", 1)
  return thread
end

local kms = require "kms"
local curl = require "kms.transport.curl"
local polling = require "kms.loop.polling"
for _, object in ipairs { curl.new { ca_file = CA_FILE }, curl.multi() } do
  watch_functions(debug.getmetatable(object).__index, WAITING_METHODS)
end
watch_functions(require "luv", WAITING_FUNCTIONS)

-- What operations keep for the next ones: values by name.
local kept = {}

local function keep(name, create)
  kept[name] = kept[name] or create()
  return kept[name]
end

local function get_transport()
  return keep("transport", function() return curl.new { ca_file = CA_FILE } end)
end

local function describe(result, err)
  if result then return "result" end
  return type(err) == "table" and ("%s %s"):format(err.kind, err.code) or tostring(err)
end

local OPERATIONS, EXPECTED = {}, {}

--- A call with a new IAM token, and a project that is looked up: credentials and project are each behind a mutex.
EXPECTED.provider = "service KMS.0106"
function OPERATIONS.provider()
  local client = keep("provider", function()
    return kms.huawei { project_id = "auto", transport = get_transport(), retry = false,
      credentials = kms.credentials.iam_token { user = os.getenv "KMS_EMULATOR_USER",
        password = os.getenv "KMS_EMULATOR_PASSWORD", domain = os.getenv "KMS_EMULATOR_DOMAIN" } }
  end)
  client:reset()
  return describe(client:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" }))
end

--- A call with keys that the lock guard does not know.
EXPECTED.trial = "service KMS.0106"
function OPERATIONS.trial()
  local client = keep("trial", function() return kms.huawei { transport = get_transport(), retry = false } end)
  client:reset()
  return describe(client:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" })
end

local function rename(client, name)
  return client:rename_key { key_tag = KEY_TAG, key_name = name }
end

--- A client whose calls are repeated after a sleep, and fail: nothing listens at its endpoint.
local function get_failing_client()
  return keep("failing", function()
    return kms.ncloud { endpoint = "https://localhost:1", transport = get_transport(),
      retry = { attempts = 2, base = 0.002, cap = 0.002 } }
  end)
end

--- Tasks that sleep, call, and repeat calls.
EXPECTED.tasks = "result, transport connect, result, transport connect, result"
function OPERATIONS.tasks()
  local client = keep("tasks", function()
    return kms.ncloud { endpoint = NCLOUD_ENDPOINT, transport = get_transport(), retry = false }
  end)
  local failing = get_failing_client()
  local parallel = keep("parallel", function() return kms.parallel { concurrency = 2 } end)
  local outcomes = {}
  local run = parallel:map({ 1, 2, 3, 4, 5 }, function(number)
    if number % 2 == 0 then return rename(failing, "tortured") end
    client:sleep(0.001 * number)
    return rename(client, "tortured")
  end)
  local last = 0
  for number, result, err in run do
    last = last + 1
    if number ~= last then return ("result %d follows %d"):format(number, last - 1) end
    outcomes[number] = describe(result, err)
  end
  run:close()
  return table.concat(outcomes, ", ")
end

--- Coroutines that sleep and call while a loop of the caller runs them.
EXPECTED.polling = "result, result, result"
function OPERATIONS.polling()
  local client = keep("polling", function()
    local transport = polling.new({ sleep = coroutine.yield }, get_transport())
    return kms.ncloud { endpoint = NCLOUD_ENDPOINT, transport = transport, retry = false }
  end)
  local outcomes, threads = {}, {}
  for i = 1, 3 do
    threads[i] = coroutine.create(function()
      client:sleep(0.001 * i)
      outcomes[i] = describe(rename(client, "tortured"))
    end)
  end
  local problem
  while threads[1] do
    for i = #threads, 1, -1 do
      local ok, raised = coroutine.resume(threads[i])
      problem = problem or not ok and raised
      if coroutine.status(threads[i]) == "dead" then table.remove(threads, i) end
    end
    get_transport():sleep(0.0005)
  end
  if problem then error(problem, 0) end
  return table.concat(outcomes, ", ")
end

local journal_path

--- A run with a journal; after an interruption, its continuation.
EXPECTED.bulk = "3 done"
function OPERATIONS.bulk()
  local client = keep("bulk", function() return kms.huawei { transport = get_transport() } end)
  local ids = {} -- without KEY_ID, which the other operations have moved
  for id in os.getenv("KMS_EMULATOR_MORE_KEY_IDS"):gmatch "%S+" do ids[#ids + 1] = #ids < 3 and id or nil end
  if not journal_path then
    journal_path = os.tmpname()
    os.remove(journal_path)
  end
  local run = assert(kms.bulk { client = client, operation = "update_key_description", items = ids,
    params = { key_description = "tortured" }, journal = journal_path, concurrency = 2 })
  local summary = assert(run:execute())
  if summary.done == #ids then
    os.remove(journal_path)
    journal_path = nil
  end
  local words = {}
  for _, outcome in ipairs { "done", "already", "failed", "uncertain" } do
    if summary[outcome] > 0 then words[#words + 1] = ("%d %s"):format(summary[outcome], outcome) end
  end
  return table.concat(words, ", ") .. (summary.stop and " " .. summary.stop.message or "")
end

interruptions.EXPECTED = EXPECTED

--- Runs an operation.
---@param name string a key of OPERATIONS
---@return string outcome
function interruptions.call(name)
  instruction_count, wait_count, slept = 0, 0, 0
  local ok, outcome = pcall(function()
    debug.sethook(count_instruction, "", 1)
    local description = OPERATIONS[name]()
    debug.sethook()
    return description
  end)
  debug.sethook()
  instructions_left, waits_left = nil, nil
  collectgarbage()
  if not ok then return "raised: " .. tostring(outcome) end
  return slept <= MAX_SLEEP and outcome or ("%s, after %.1f s of sleep"):format(outcome, slept)
end

--- Returns the instructions and the waits of the last operation.
function interruptions.count() return ("%d %d"):format(instruction_count, wait_count) end

--- Interrupts an operation after so many instructions.
function interruptions.interrupt_at(name, instructions)
  instructions_left = instructions
  return interruptions.call(name)
end

--- Interrupts an operation after a wait and some more instructions.
---@param name string
---@param wait integer the first wait is 1
---@param instructions integer
function interruptions.interrupt_after_wait(name, wait, instructions)
  waits_left, delay = wait, instructions
  return interruptions.call(name)
end

--- Closes everything that is kept.
function interruptions.close()
  for _, name in ipairs { "parallel", "provider", "trial", "tasks", "failing", "polling", "bulk", "transport" } do
    if kept[name] then kept[name]:close() end
    kept[name] = nil
  end
  collectgarbage()
  collectgarbage()
  return "closed"
end

return interruptions
