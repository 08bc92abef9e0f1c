--- Measures what a call costs beside P0 and P0s, the same request from bare libcurl. Run through `make bench`: client
--- and server share one core, so that nobody waits for another core to wake up. Rounds are interleaved, so that what
--- else the machine does falls on all alike.
---   calls.lua [peers]

local emulated = require "spec.helpers.emulator_client"
local process = require "bench.process"
local server = require "bench.server"
local tables = require "bench.tables"
local workload = require "bench.workload"

local peers = ... == "peers"
local ROUNDS = tonumber(os.getenv "ROUNDS") or peers and 5 or 9 -- each with processes of its own
local BATCHES = tonumber(os.getenv "BATCHES") or 25 -- a round, in which all programs take turns
local CALLS = tonumber(os.getenv "CALLS") or 200 -- a batch
local STARTS = tonumber(os.getenv "STARTS") or 21
local WARM_UP = 1000
local SIGNATURES = 20000

local JUDGES = { huawei = emulated.huawei["cn-north-4"], ncloud = emulated.ncloud }

--- Has every program make a call that the emulator judges: signature, fields and all.
local function check(programs, places)
  for _, measured in ipairs(places) do
    local place = workload.place(measured.cloud, JUDGES[measured.cloud], emulated.ca_file)
    for _, program in ipairs(programs) do
      emulated.reset()
      local running = process.start(program, place)
      running:ask(1)
      running:stop()
    end
  end
end

--- One round at a place: for each program's name what it took, as the medians over its batches. A batch's ratios are to
--- P0 and P0s in the same turn.
local function round(programs, place)
  local running, found = {}, {}
  for i, program in ipairs(programs) do
    running[i] = process.start(program, place)
    local connections = server.connections()
    running[i]:ask(WARM_UP)
    found[program.name] = { to_p0 = {}, to_p0s = {}, cpu = {}, connections = server.connections() - connections - 1 }
  end
  for turn = 1, BATCHES do
    local wall = {}
    for i, program in ipairs(programs) do
      wall[program.name], found[program.name].cpu[turn] = running[i]:ask(CALLS)
    end
    for name, seconds in pairs(wall) do
      found[name].to_p0[turn], found[name].to_p0s[turn] = seconds / wall.P0, seconds / wall.P0s
    end
  end
  for i, program in ipairs(programs) do
    local own = found[program.name]
    for _, what in ipairs { "to_p0", "to_p0s", "cpu" } do own[what] = tables.median(own[what]) end
    own.memory = running[i]:memory "VmHWM"
    running[i]:stop()
  end
  return found
end

--- Milliseconds from start to first answer, a list for each program's name.
local function starts(programs, place)
  local found = {}
  for _, program in ipairs(programs) do found[program.name] = {} end
  for i = 1, STARTS do
    for _, program in ipairs(programs) do
      local running = process.start(program, place)
      running:ask(1)
      found[program.name][i] = running:age() * 1000
      running:stop()
    end
  end
  return found
end

local function calls(programs, place)
  local rounds = {}
  for i = 1, ROUNDS do
    rounds[i] = round(programs, place)
    tables.progress("%s: round %d of %d", place.title, i, ROUNDS)
  end
  local first = starts(programs, place)
  print(("\n%s:\n"):format(place.title))
  tables.head { "", "to P0", "to P0s", "client's CPU, µs a call", "connections, 1,000 calls", "peak memory, MB",
    "start to first answer, ms" }
  for _, program in ipairs(programs) do
    local name = program.name
    local function of(form, pick) return tables.spread(tables.each(rounds, pick), form) end
    tables.row { name,
      of("%.2f", function(found) return found[name].to_p0 end),
      of("%.2f", function(found) return found[name].to_p0s end),
      of("%.1f", function(found) return found[name].cpu / CALLS * 1e6 end),
      ("%d"):format(tables.median(tables.each(rounds, function(found) return found[name].connections end))),
      ("%.1f"):format(tables.median(tables.each(rounds, function(found) return found[name].memory / 1024 end))),
      tables.spread(first[name], "%.1f") }
  end
end

--- CPU seconds of a batch of each program at each place, ROUNDS times: lists by place and program.
local function interleaved(programs, places, before, batch)
  local found = {}
  for i = 1, ROUNDS do
    for _, place in ipairs(places) do
      found[place] = found[place] or {}
      for _, program in ipairs(programs) do
        local list = found[place][program] or {}
        local running = process.start(program, place)
        running:ask(before)
        list[i], found[place][program] = select(2, running:ask(batch)), list
        running:stop()
      end
    end
  end
  return found
end

local function signatures()
  local places = { workload.signature "huawei", workload.signature "ncloud" }
  local found = interleaved(workload.signers, places, SIGNATURES, SIGNATURES)
  print "\nA signature, ns:\n"
  tables.head { "", places[1].title, places[2].title }
  for _, program in ipairs(workload.signers) do
    local cells = {}
    for i, place in ipairs(places) do
      for k, seconds in ipairs(found[place][program]) do found[place][program][k] = seconds / SIGNATURES * 1e9 end
      cells[i] = tables.spread(found[place][program], "%.0f")
    end
    tables.row { program.name, cells[1], cells[2] }
  end
end

local function loading()
  local nowhere = {}
  local found = interleaved(workload.loaders, { nowhere }, 0, 1)[nowhere]
  print "\n`require \"kms\"`, its shared libraries being loaded:\n"
  tables.head { "", "ms" }
  for _, program in ipairs(workload.loaders) do
    for i, seconds in ipairs(found[program]) do found[program][i] = seconds * 1000 end
    tables.row { program.name, tables.spread(found[program], "%.2f") }
  end
end

local programs, places = workload[peers and "peers" or "programs"], workload.places()
check(programs, places)
local DETAILS = [[
Client and server on one core, one kept connection. %d rounds of %d calls a program, in batches of %d that take turns;
%d starts. Median of the rounds (least … most).]]
tables.section(peers and "Other ways to make the call" or "What a call costs", peers and "bench-peers" or "bench",
  DETAILS:format(ROUNDS, BATCHES * CALLS, CALLS, STARTS))
for _, place in ipairs(places) do calls(programs, place) end
if not peers then
  signatures()
  loading()
end
