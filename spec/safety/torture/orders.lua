--- Closes and collects objects in every order, closes states with calls in flight, and interrupts calls. Nothing may crash or
--- leak.
---   host spec/safety/torture/orders.lua [POINTS]
--- POINTS: at how many evenly spaced points of a call it is interrupted.

require "cjson" -- keeps it loaded, because a leak report needs its name
io.stdout:setvbuf "line"
local torture = rawget(_G, "torture")

local POINTS = tonumber(arg[1]) or 20
local LOAD = "local victim = require 'spec.safety.torture.victim' "
local LOAD_INTERRUPTIONS = "local interruptions = require 'spec.safety.torture.interruptions' "
local OBJECTS = 4
local EXPECTED = { rename = "result", move = "service KMS.0106", together = "result", parse = "result" }
-- Kinds of objects, and the family of allocations that they hold.
local KINDS = { clients = "curl", parallel = "curl", parsers = "kms" }
local MAX_PRINTED = 20
local MAX_GROWTHS = 3
local finding_count = 0
local kept_blocks = { curl = 0, kms = 0 } -- blocks that a state keeps for the next call until it is closed

local function print_finding(...)
  finding_count = finding_count + 1
  if finding_count <= MAX_PRINTED then print("FINDING " .. table.concat({ ... }, " ")) end
end

local growth_count = 0

--- Checks that the blocks are those that a warm state keeps. On a busy machine the server closes a kept connection, and
--- the next request needs a place in the pool beside it: neither fewer blocks nor a rare growth is a leak.
local function check_blocks(...)
  for family, expected in pairs(kept_blocks) do
    local count = torture.live(family)
    if count > expected then
      if expected > 0 then growth_count, kept_blocks[family] = growth_count + 1, count end
      if expected == 0 or growth_count > MAX_GROWTHS then print_finding(family, "blocks left:", count, "expected:", expected, ...) end
    end
  end
end

--- Calls `visit` with every ordered selection of `count` of the objects 1 to OBJECTS.
local function each_permutation(count, visit, chosen, is_used)
  chosen, is_used = chosen or {}, is_used or {}
  if count == 0 then return visit(chosen) end
  for object = 1, OBJECTS do
    if not is_used[object] then
      is_used[object], chosen[#chosen + 1] = true, object
      each_permutation(count - 1, visit, chosen, is_used)
      is_used[object], chosen[#chosen] = nil, nil
    end
  end
end

local function new_state()
  local state = torture.state()
  state:run "if jit then jit.off() end" -- because compiled code calls no hooks
  return state
end

local function run(state, source)
  local ok, text = state:run(LOAD .. source)
  if not ok then print_finding(source, "ended with:", text) end
  return text
end

--- A state that has done everything several times, so that it holds all blocks that it will ever keep.
local function new_warm_state()
  local state = new_state()
  for _ = 1, 4 do
    for operation in pairs(EXPECTED) do run(state, ("return victim.call '%s'"):format(operation)) end
    for kind in pairs(KINDS) do run(state, ("victim.end_objects(%q, {1,2,3,4}, 0) return victim.close()"):format(kind)) end
  end
  for family in pairs(kept_blocks) do kept_blocks[family] = torture.live(family) end
  return state
end

local function close(state, ...)
  state:close()
  for family in pairs(kept_blocks) do kept_blocks[family] = 0 end
  check_blocks(...)
end

--- Ends the objects in every order, with every subset of them closed before it is collected.
---@param kind string of the objects, see spec/safety/torture/victim.lua
local function check_orders(kind)
  local state, cases = new_warm_state(), 0
  each_permutation(OBJECTS, function(order)
    for closed = 0, 2 ^ OBJECTS - 1 do
      local numbers = table.concat(order, ",")
      run(state, ("victim.end_objects(%q, {%s}, %d) return victim.close()"):format(kind, numbers, closed))
      check_blocks(kind, "order", numbers, "closed", closed)
      cases = cases + 1
    end
  end)
  close(state, kind, "orders")
  print(("%d orders of closing and collecting, %s"):format(cases, kind))
end

--- Closes states in which some objects have ended and the others are in use.
---@param kind string
---@param family string of allocations that the objects hold
local function check_closed_states(kind, family)
  local cases = 0
  for ended = 0, OBJECTS do
    each_permutation(ended, function(order)
      local state = new_state()
      local numbers = table.concat(order, ",")
      run(state, ("return victim.end_objects(%q, {%s}, %d, true)"):format(kind, numbers, cases % 2 ^ OBJECTS))
      if ended == 0 and torture.live(family) == 0 then print_finding "nothing was open when the state was closed" end
      close(state, kind, "state closed after", numbers)
      cases = cases + 1
    end)
  end
  print(("%d states closed with objects in use, %s"):format(cases, kind))
end

--- Interrupts calls: after a number of instructions a hook raises an error, or ends the process with os.exit(0, true).
local function check_interruptions()
  local state = new_warm_state()
  local interrupted, exited = 0, 0
  for _, operation in ipairs { "rename", "move", "together", "parse" } do
    run(state, ("return victim.call '%s'"):format(operation))
    local total = tonumber(run(state, ("return victim.count_instructions '%s'"):format(operation)))
    for point = 1, POINTS do
      local at = math.floor(total * point / (POINTS + 1))
      local outcome = run(state, ("return victim.interrupt('%s', %d, 'raise')"):format(operation, at))
      if outcome == "interrupted" then interrupted = interrupted + 1 end
      local next_outcome = run(state, ("return victim.call '%s'"):format(operation))
      if next_outcome ~= EXPECTED[operation] then
        print_finding(operation, "interrupted at", at, "the next call ended with:", next_outcome or "?")
      end
      check_blocks("interrupted at", at)
      local status = torture.fork(function()
        state:run((LOAD .. "return victim.interrupt('%s', %d, 'exit')"):format(operation, at))
      end)
      if status == 0 then exited = exited + 1 else print_finding(operation, "exit at", at, "has status", status) end
    end
  end
  close(state, "interruptions")
  if interrupted == 0 then print_finding "no call was interrupted" end
  print(("%d calls interrupted, %d ended by os.exit with the state closed"):format(interrupted, exited))
end

--- Interrupts operations whose objects outlive the interruption: the same operation must then succeed with the same
--- objects, without a wait, and closing them must end. An operation that hangs ends this program.
local function check_kept_objects()
  local OPERATIONS, DELAYS = { "provider", "trial", "tasks", "polling", "bulk" }, { 1, 4, 9, 16, 25, 36, 49, 64 }
  local state, cases = new_state(), 0

  local function evaluate(title, source)
    torture.watch(title)
    local ok, text = state:run(LOAD_INTERRUPTIONS .. source)
    torture.watch ""
    if not ok then print_finding(title, "raised:", text) end
    return text
  end

  --- Calls an operation, interrupted by `source`, and again.
  local function interrupt(operation, expected, source)
    evaluate(source, "return interruptions." .. source)
    local title = "after " .. source
    local outcome = evaluate(title, ("return interruptions.call '%s'"):format(operation))
    if outcome ~= expected then print_finding(title, "the next call ended with:", outcome or "?") end
    cases = cases + 1
    if cases % 3 == 0 then evaluate("close " .. title, "return interruptions.close()") end
  end

  for _, operation in ipairs(OPERATIONS) do
    local expected = evaluate(operation, ("return interruptions.EXPECTED['%s']"):format(operation))
    for _ = 1, 3 do evaluate(operation, ("return interruptions.call '%s'"):format(operation)) end
    local instructions, waits = evaluate(operation, "return interruptions.count()"):match "^(%d+) (%d+)$"
    for point = 1, POINTS do
      interrupt(operation, expected, ("interrupt_at('%s', %d)"):format(operation, math.floor(instructions * point / (POINTS + 1))))
    end
    for wait = 1, waits do
      for i = wait % 2 + 1, #DELAYS, 2 do
        interrupt(operation, expected, ("interrupt_after_wait('%s', %d, %d)"):format(operation, wait, DELAYS[i]))
      end
    end
  end
  evaluate("close", "return interruptions.close()")
  close(state, "interrupted operations")
  print(("%d operations interrupted, and made again with the same objects"):format(cases))
end

--- Makes calls while the collector runs a full cycle at each possible step, also inside the C code.
local function check_collections()
  local TIMES = 10
  local state, calls, cycles = new_warm_state(), 0, 0
  for operation, expected in pairs(EXPECTED) do
    local text = run(state, ("return victim.collect_during('%s', %d)"):format(operation, TIMES))
    local outcomes, count = text:match "^(.*) in (%d+) cycles$"
    if outcomes ~= (expected .. ", "):rep(TIMES - 1) .. expected then
      print_finding(operation, "under constant collection ended with:", text)
    end
    if tonumber(count or 0) < 30 * TIMES then print_finding("too few cycles of the collector:", text) end
    calls, cycles = calls + TIMES, cycles + (count or 0)
  end
  close(state, "collections")
  print(("%d calls with %d cycles of the collector"):format(calls, cycles))
end

for kind, family in pairs(KINDS) do
  check_orders(kind)
  check_closed_states(kind, family)
end
check_collections()
check_interruptions()
check_kept_objects()
if finding_count > 0 then error(("orders: %d findings"):format(finding_count), 0) end
