--- Makes each allocation of a call fail, one after the other, and checks the outcome: a result, an error value, or Lua's
--- "not enough memory". Nothing may crash or leak, and the next call must work.
---   host spec/safety/torture/torture.lua [MAX]
--- At most MAX allocations per operation fail: the first MAX / 2, then evenly spaced ones. In mode "once" that allocation
--- fails alone (Lua 5.4 then collects garbage and tries again), in mode "on" with all later ones.

require "cjson" -- keeps it loaded, because a leak report needs its name
local torture = rawget(_G, "torture")

local MAX = tonumber(arg[1]) or 400
local VICTIM = "require('spec.safety.torture.victim')"
local EXPECTED = {
  rename = "result", move = "service KMS.0106", again = "service KMS.0106", together = "result", parse = "result",
}
local FAMILIES_OUTSIDE_LUA = { "curl", "openssl", "kms" }

-- Outcomes that a failed allocation may have, besides the expected one: Lua patterns.
local ALLOWED = {
  "^transport [%a_]+$", "not enough memory", "^invalid algorithm$",
  "Memory allocation error in CJSON protected call",
}

io.stdout:setvbuf "line"
local MAX_PRINTED = 20
local finding_count, failure_count = 0, 0

local function print_finding(...)
  finding_count = finding_count + 1
  if finding_count <= MAX_PRINTED then print("FINDING " .. table.concat({ ... }, " ")) end
end

local function format_live_blocks()
  local counts = {}
  for i, family in ipairs(FAMILIES_OUTSIDE_LUA) do counts[i] = family .. " " .. torture.live(family) end
  return table.concat(counts, ", ")
end

local function is_allowed(expected, outcome)
  if outcome == expected then return true end
  for _, pattern in ipairs(ALLOWED) do
    if outcome:find(pattern) then return true end
  end
  return false
end

local function call(state, operation)
  local _, outcome = state:run(("return %s.call '%s'"):format(VICTIM, operation))
  return outcome or "no text"
end

--- Selects which of `total` allocations fail.
local function select_allocations(total)
  local list, half = {}, math.floor(MAX / 2)
  if total <= MAX then half = total end
  for n = 1, half do list[n] = n end
  local rest = total <= MAX and 0 or MAX - half
  for i = 1, rest do list[#list + 1] = half + math.floor((total - half) * i / rest) end
  return list
end

local function print_summary(title, total, failures, outcomes)
  local words, counts = {}, {}
  failure_count = failure_count + failures
  for text, count in pairs(outcomes) do
    local outcome = text:gsub("^%S+:%d+: ", "") -- without file and line of the error
    counts[outcome] = (counts[outcome] or 0) + count
  end
  for outcome, count in pairs(counts) do words[#words + 1] = ("%d %s"):format(count, outcome) end
  table.sort(words)
  print(("%-30s %5d allocations, %4d failures: %s"):format(title, total, failures, table.concat(words, ", ")))
end

-- LuaJIT writes "not enough memory" past the end of a stack that cannot grow. So the stack is grown beforehand, far enough
-- that a collection, which shrinks it to half, leaves room.
local GROW_STACK = "local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end deep(2000)"

--- Makes the allocations of one family fail in one operation.
---@param family string
---@param operation string
---@param mode "once"|"on"
local function fail_allocations(family, operation, mode)
  local title = ("%s, %s, %s"):format(family, operation, mode)
  local state = torture.state()
  local expected = EXPECTED[operation]
  -- Without LuaJIT's compiler, because its traces crash after one of its own allocations fails.
  if family == "lua" then state:run "if jit then jit.off() end" end
  for _ = 1, 2 do call(state, operation) end -- allocates what stays
  torture.arm(family, 0)
  local outcome = call(state, operation)
  local total = torture.disarm()
  if outcome ~= expected then print_finding(title, "before any failure:", outcome) end
  local before = format_live_blocks()
  local failures, outcomes = 0, {}
  --- Makes allocation n fail in one call, and makes another call.
  local function fail_allocation(n)
    if family == "lua" then state:run(GROW_STACK) end
    torture.arm(family, n, mode)
    outcome = call(state, operation)
    local _, count = torture.disarm()
    if not is_allowed(expected, outcome) then print_finding(title, "allocation", n, "ended with:", outcome) end
    state:run "collectgarbage() collectgarbage()"
    local next_outcome = call(state, operation)
    if next_outcome ~= expected then
      print_finding(title, "after allocation", n, "the next call ended with:", next_outcome)
    end
    return count
  end

  for _, n in ipairs(select_allocations(total)) do
    if fail_allocation(n) > 0 then failures = failures + 1 end
    outcomes[outcome] = (outcomes[outcome] or 0) + 1
    -- A state keeps memory for as many requests as were once in flight, so it may hold more after a failure, but only once.
    local growth, after = 0, format_live_blocks()
    while after ~= before and growth < 3 do
      growth, before = growth + 1, after
      fail_allocation(n)
      after = format_live_blocks()
    end
    if growth == 3 then print_finding(title, "allocation", n, "leaks blocks:", after) end
    before = after
  end
  print_summary(title, total, failures, outcomes)
  state:close()
end

--- Makes allocations fail while the library is loaded, each time in a new state.
---@param mode "once"|"on"
local function fail_loading(mode)
  local title, load = "lua, require, " .. mode, [[
    return type(require('kms').ncloud) .. type(require('kms.transport.curl').new) .. type(require('kms.http1').parser)]]
  -- Lua 5.1 marks a module whose loading failed, and refuses to load it again.
  local clear_marks = [[
    for name, value in pairs(package.loaded) do
      if type(value) == "userdata" or type(value) == "number" then package.loaded[name] = nil end
    end ]]
  local function attempt(n)
    local state = torture.state()
    state:run "if jit then jit.off() end"
    torture.arm("lua", n, mode)
    local ok, outcome = state:run(load)
    local total, count = torture.disarm()
    local _, second = state:run(clear_marks .. load)
    if second ~= "functionfunctionfunction" then
      print_finding(title, "after allocation", n, "the second load ended with:", second or "?")
    end
    state:close()
    return ok and "loaded" or outcome or "no text", total, count
  end
  local _, total = attempt(0)
  local failures, outcomes = 0, {}
  for _, n in ipairs(select_allocations(total)) do
    local outcome, _, count = attempt(n)
    if count > 0 then failures = failures + 1 end
    if outcome ~= "loaded" then
      outcome = outcome:find "not enough memory" and "not enough memory" or outcome
      if outcome ~= "not enough memory" then print_finding(title, "allocation", n, "ended with:", outcome) end
    end
    outcomes[outcome] = (outcomes[outcome] or 0) + 1
  end
  print_summary(title, total, failures, outcomes)
end

local lua_blocks = torture.live "lua"
-- To OpenSSL, calls at once are the same as calls one by one. Parsing uses neither OpenSSL nor libcurl.
local OPERATIONS = {
  kms = { "rename", "move", "again", "together", "parse" }, curl = { "rename", "move", "again", "together" },
  openssl = { "rename", "move", "again" }, lua = { "rename", "move", "again", "together", "parse" },
}
for _, family in ipairs { "kms", "curl", "openssl", "lua" } do
  for _, operation in ipairs(OPERATIONS[family]) do
    for _, mode in ipairs { "once", "on" } do fail_allocations(family, operation, mode) end
  end
end
for _, mode in ipairs { "once", "on" } do fail_loading(mode) end
if torture.live "lua" ~= lua_blocks then print_finding("closed states left blocks:", torture.live "lua" - lua_blocks) end

print(("%d allocations failed, %d findings"):format(failure_count, finding_count))
if finding_count > 0 then error("torture: failed", 0) end
