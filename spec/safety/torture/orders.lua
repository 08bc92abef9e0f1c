--- Ends everything in every order, and in the middle: objects closed and collected in each permutation, states closed with
--- calls under way, calls interrupted and the process left within them. Nothing may crash or be left.
---   host spec/safety/torture/orders.lua [POINTS]
--- POINTS: at how many points of a call, evenly spaced, it is interrupted.

require "cjson" -- stays loaded, see host.c
io.stdout:setvbuf "line"
local torture = rawget(_G, "torture")

local POINTS = tonumber(arg[1]) or 20
local LOAD = "local victim = require 'spec.safety.torture.victim' "
local OBJECTS = 4
local EXPECTED = { rename = "result", move = "service KMS.0106", together = "result", read = "result" }
local findings = 0
local kept = 0 -- blocks that the signer keeps for the next call, as long as its state lives

local function finding(...)
  findings = findings + 1
  print("FINDING " .. table.concat({ ... }, " "))
end

local function nothing_left(...)
  if torture.live "curl" ~= 0 then finding("curl blocks left:", torture.live "curl", ...) end
  if torture.live "kms" ~= kept then finding("kms blocks left:", torture.live "kms", "instead of", kept, ...) end
end

--- Calls `each` with every order of `left` objects out of 1 .. OBJECTS.
local function permutations(left, each, chosen, used)
  chosen, used = chosen or {}, used or {}
  if left == 0 then return each(chosen) end
  for object = 1, OBJECTS do
    if not used[object] then
      used[object], chosen[#chosen + 1] = true, object
      permutations(left - 1, each, chosen, used)
      used[object], chosen[#chosen] = nil, nil
    end
  end
end

local function new_state()
  local state = torture.state()
  state:run "if jit then jit.off() end" -- compiled code calls no hooks
  return state
end

local function run(state, source)
  local ok, text = state:run(LOAD .. source)
  if not ok then finding(source, "came to:", text) end
  return text
end

--- A state in which both clouds were called before.
local function warm_state()
  local state = new_state()
  for _, operation in ipairs { "rename", "move" } do run(state, ("return victim.call('%s')"):format(operation)) end
  kept = torture.live "kms"
  return state
end

local function close(state, ...)
  state:close()
  kept = 0
  nothing_left(...)
end

--- Every permutation; each object closed first, or only forgotten.
---@param kind string of spec.safety.torture.victim's
local function orders(kind)
  local state, cases = warm_state(), 0
  permutations(OBJECTS, function(order)
    for closed = 0, 2 ^ OBJECTS - 1 do
      local words = table.concat(order, ",")
      run(state, ("victim.objects({%s}, %d, false, %q) return victim.close()"):format(words, closed, kind))
      nothing_left(kind, "order", words, "closed", closed)
      cases = cases + 1
    end
  end)
  close(state, kind, "orders")
  print(("%d orders of closing and collecting, %s"):format(cases, kind))
end

--- States closed while some objects are gone already and the others in use, one in the middle of a call.
local function closed_states(kind, family)
  local cases = 0
  for ended = 0, OBJECTS do
    permutations(ended, function(order)
      local state = new_state()
      run(state, ("return victim.objects({%s}, %d, true, %q)"):format(table.concat(order, ","), cases % 2 ^ OBJECTS, kind))
      if ended == 0 and torture.live(family) == 0 then finding "nothing was open when the state was closed" end
      close(state, kind, "state closed after", table.concat(order, ","))
      cases = cases + 1
    end)
  end
  print(("%d states closed with objects in use, %s"):format(cases, kind))
end

--- A hook raises, or ends the process with os.exit(0, true), after so many instructions of a call.
local function interruptions()
  local state = warm_state()
  local raised, left = 0, 0
  for _, operation in ipairs { "rename", "move", "together", "read" } do
    run(state, ("return victim.call '%s'"):format(operation))
    local total = tonumber(run(state, ("return victim.instructions '%s'"):format(operation)))
    for point = 1, POINTS do
      local at = math.floor(total * point / (POINTS + 1))
      local outcome = run(state, ("return victim.interrupted('%s', %d, 'raise')"):format(operation, at))
      if outcome == "interrupted" then raised = raised + 1 end
      local after = run(state, ("return victim.call '%s'"):format(operation))
      if after ~= EXPECTED[operation] then finding(operation, "interrupted at", at, "then came to:", after or "?") end
      nothing_left("interrupted at", at)
      local status = torture.fork(function()
        state:run((LOAD .. "return victim.interrupted('%s', %d, 'exit')"):format(operation, at))
      end)
      if status == 0 then left = left + 1 else finding(operation, "left at", at, "with status", status) end
    end
  end
  close(state, "interruptions")
  if raised == 0 then finding "no call was interrupted" end
  print(("%d calls interrupted, %d left by os.exit with the state closed"):format(raised, left))
end

--- Whole calls with everything collected wherever a step of the collector is possible: in the middle of the library's C
--- code as well.
local function collections()
  local TIMES = 10
  local state, calls, cycles = warm_state(), 0, 0
  for operation, expected in pairs(EXPECTED) do
    local text = run(state, ("return victim.collecting('%s', %d)"):format(operation, TIMES))
    local outcomes, count = text:match "^(.*) in (%d+) cycles$"
    if outcomes ~= (expected .. ", "):rep(TIMES - 1) .. expected then finding("collecting all the time", operation, "came to:", text) end
    if tonumber(count or 0) < 30 * TIMES then finding("only few cycles:", text) end
    calls, cycles = calls + TIMES, cycles + (count or 0)
  end
  close(state, "collections")
  print(("%d calls with %d cycles of the collector"):format(calls, cycles))
end

-- What is made, and whose allocations it holds.
for kind, family in pairs { ["one by one"] = "curl", ["many at once"] = "curl", ["readers of answers"] = "kms" } do
  orders(kind)
  closed_states(kind, family)
end
collections()
interruptions()
if findings > 0 then error(("orders: %d findings"):format(findings), 0) end
