--- Makes every allocation of a whole call fail, one after the other, and looks at what came of it: a result or an error
--- value or Lua's "not enough memory"; nothing crashed, nothing leaked, and the next call works.
---   host spec/safety/torture/torture.lua [MOST]
--- At most MOST allocations of a row are tried: the first MOST / 2, then evenly spaced ones. "once": that allocation alone
--- fails (Lua 5.4 then collects and asks again), "on": all from there on.

require "cjson" -- stays loaded, see host.c
local torture = rawget(_G, "torture")

local MOST = tonumber(arg[1]) or 400
local VICTIM = "require('spec.safety.torture.victim')"
local EXPECTED = { rename = "result", move = "service KMS.0106", again = "service KMS.0106", together = "result",
  read = "result" }
local OUTSIDE_LUA = { "curl", "openssl", "kms" }

-- What a failed allocation may come to, next to what is expected of the call: Lua patterns.
local ALLOWED = {
  "^transport [%a_]+$", "not enough memory", "OpenSSL cannot compute the digest",
  "Memory allocation error in CJSON protected call",
}

io.stdout:setvbuf "line"
local findings, all_refused = 0, 0

local function finding(...)
  findings = findings + 1
  print("FINDING " .. table.concat({ ... }, " "))
end

local function live()
  local counts = {}
  for i, family in ipairs(OUTSIDE_LUA) do counts[i] = family .. " " .. torture.live(family) end
  return table.concat(counts, ", ")
end

local function is_allowed(expected, outcome)
  if outcome == expected then return true end
  for _, pattern in ipairs(ALLOWED) do
    if outcome:find(pattern) then return true end
  end
  return false
end

local function call(state, operation, keep)
  local _, outcome = state:run(("return %s.call('%s', %s)"):format(VICTIM, operation, tostring(keep)))
  return outcome or "no text"
end

--- Which of `total` allocations to fail.
local function chosen(total)
  local list, half = {}, math.floor(MOST / 2)
  if total <= MOST then half = total end
  for n = 1, half do list[n] = n end
  local rest = total <= MOST and 0 or MOST - half
  for i = 1, rest do list[#list + 1] = half + math.floor((total - half) * i / rest) end
  return list
end

local function report(title, total, refused, outcomes)
  local words, counts = {}, {}
  all_refused = all_refused + refused
  for outcome, count in pairs(outcomes) do
    outcome = outcome:gsub("^%S+:%d+: ", "") -- where it was raised does not matter
    counts[outcome] = (counts[outcome] or 0) + count
  end
  for outcome, count in pairs(counts) do words[#words + 1] = ("%d %s"):format(count, outcome) end
  table.sort(words)
  print(("%-30s %5d allocations, %4d made to fail: %s"):format(title, total, refused, table.concat(words, ", ")))
end

-- LuaJIT writes "not enough memory" beyond the end of a stack that cannot grow: it has grown before, far enough for a
-- collection to take half of it.
local GROW = "local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end deep(2000)"

--- One row: a family, an operation, and whether one allocation fails or all from there on.
local function fail_each(family, operation, mode)
  local title = ("%s, %s, %s"):format(family, operation, mode)
  local state = torture.state()
  local expected = EXPECTED[operation]
  -- LuaJIT's compiler does not survive an allocation of its own that failed: its traces crash, without us.
  if family == "lua" then state:run "if jit then jit.off() end" end
  for _ = 1, 2 do call(state, operation) end -- what is made once, is made
  torture.arm(family, 0)
  local outcome = call(state, operation)
  local total = torture.disarm()
  if outcome ~= expected then finding(title, "before any failure:", outcome) end
  local before = live()
  local refused, outcomes = 0, {}
  for _, n in ipairs(chosen(total)) do
    if family == "lua" then state:run(GROW) end
    torture.arm(family, n, mode)
    outcome = call(state, operation)
    local _, count = torture.disarm()
    if count > 0 then refused = refused + 1 end
    outcomes[outcome] = (outcomes[outcome] or 0) + 1
    if not is_allowed(expected, outcome) then finding(title, "allocation", n, "came to:", outcome) end
    state:run "collectgarbage() collectgarbage()" -- else the next call might sign with the key that this one left
    outcome = call(state, operation)
    if outcome ~= expected then finding(title, "after allocation", n, "the next call came to:", outcome) end
    local after = live()
    if after ~= before then
      finding(title, "allocation", n, "left:", after, "before:", before)
      before = after
    end
  end
  report(title, total, refused, outcomes)
  state:close()
end

--- Loading the library, in a state of its own each time.
local function fail_loading(mode)
  local title, load = "lua, require, " .. mode, [[
    return type(require('kms').ncloud) .. type(require('kms.transport.curl').new) .. type(require('kms.http1').read)]]
  -- Lua 5.1 refuses to load again what did not load, until its mark is taken away.
  local forget = [[
    for name, value in pairs(package.loaded) do
      if type(value) == "userdata" or type(value) == "number" then package.loaded[name] = nil end
    end ]]
  local function attempt(n)
    local state = torture.state()
    state:run "if jit then jit.off() end"
    torture.arm("lua", n, mode)
    local ok, outcome = state:run(load)
    local total, count = torture.disarm()
    local _, again = state:run(forget .. load)
    if again ~= "functionfunctionfunction" then finding(title, "after allocation", n, "loading again came to:", again or "?") end
    state:close()
    return ok and "loaded" or outcome or "no text", total, count
  end
  local _, total = attempt(0)
  local refused, outcomes = 0, {}
  for _, n in ipairs(chosen(total)) do
    local outcome, _, count = attempt(n)
    if count > 0 then refused = refused + 1 end
    if outcome ~= "loaded" then
      outcome = outcome:find "not enough memory" and "not enough memory" or outcome
      if outcome ~= "not enough memory" then finding(title, "allocation", n, "came to:", outcome) end
    end
    outcomes[outcome] = (outcomes[outcome] or 0) + 1
  end
  report(title, total, refused, outcomes)
end

local lua_before = torture.live "lua"
-- To OpenSSL many at once are several of one, and answers are read without it and libcurl.
local FAMILIES = {
  kms = { "rename", "move", "again", "together", "read" }, curl = { "rename", "move", "again", "together" },
  openssl = { "rename", "move", "again" }, lua = { "rename", "move", "again", "together", "read" },
}
for _, family in ipairs { "kms", "curl", "openssl", "lua" } do
  for _, operation in ipairs(FAMILIES[family]) do
    for _, mode in ipairs { "once", "on" } do fail_each(family, operation, mode) end
  end
end
for _, mode in ipairs { "once", "on" } do fail_loading(mode) end
if torture.live "lua" ~= lua_before then finding("blocks of closed states left:", torture.live "lua" - lua_before) end

print(("%d allocations made to fail, %d findings"):format(all_refused, findings))
if findings > 0 then error("torture: failed", 0) end
