--- Measures what calls cost the other requests of an NGINX worker, and how many calls it makes a second. Needs wrk.
--- Run through `make bench-nginx`. Rounds are interleaved, so that what else the machine does falls on all alike.

local tables = require "bench.tables"

local BASE = "http://127.0.0.1:" .. assert(os.getenv "KMS_BENCHED_PORT", "run through make bench-nginx")
local ROUNDS = tonumber(os.getenv "ROUNDS") or 9
local SECONDS = tonumber(os.getenv "SECONDS") or 3
local CALLS, PAUSE = 20, 1
local HEAD_START = 1 -- seconds for the calls to be under way
local BLOCKED_SECONDS = 25 -- a blocked worker answers some ten seconds late

local function wrk(connections, seconds, path, before)
  return io.popen(("%s wrk -t1 -c%d -d%ds --timeout 60s -s bench/nginx/report.lua %s%s 2>&1"):format(
    before or "", connections, seconds, BASE, path))
end

--- Waits for wrk's end. Times in milliseconds.
local function result_of(pipe)
  local text = pipe:read "*a"
  pipe:close()
  local p50, p99, requests, duration, errors = text:match "RESULT (%d+) (%d+) (%d+) (%d+) (%d+)"
  assert(p50, text)
  assert(errors == "0", "failed requests: " .. text)
  return { p50 = p50 / 1000, p99 = p99 / 1000, requests = tonumber(requests), rate = requests / duration * 1e6 }
end

local function ping(seconds, before)
  return result_of(wrk(1, seconds, "/ping", (before or "") .. "PAUSE=" .. PAUSE))
end

--- /ping beside calls to the upstream that takes 500 ms; nil for none.
local function ping_beside(way, seconds)
  if way == "idle" then return ping(seconds) end
  local calls = wrk(CALLS, seconds + HEAD_START, "/" .. way .. "/slow")
  local found = ping(seconds, ("sleep %d; "):format(HEAD_START))
  found.call = result_of(calls)
  return found
end

--- "median (least … most)" of what `pick` finds in each round.
local function spread(rounds, form, pick) return tables.format_spread(tables.map(rounds, pick), form) end

local function interleaved(ways, measure)
  local rounds = {}
  for i = 1, ROUNDS do
    rounds[i] = {}
    for _, way in ipairs(ways) do rounds[i][way] = measure(way) end
    tables.print_progress("round %d of %d", i, ROUNDS)
  end
  return rounds
end

local function latency()
  local ways = { "idle", "cosocket" }
  ping(1) -- warms up what is loaded lazily
  for i = 2, #ways do result_of(wrk(CALLS, 1, "/" .. ways[i] .. "/fast")) end
  local rounds = interleaved(ways, function(way) return ping_beside(way, SECONDS) end)
  tables.print_header { "calls in flight", "/ping p50, ms", "/ping p99, ms", "p99 to the round's idle p99",
    "a call's p50, ms" }
  for i, way in ipairs(ways) do
    tables.print_row { i == 1 and "none" or CALLS .. " by " .. way,
      spread(rounds, "%.3f", function(round) return round[way].p50 end),
      spread(rounds, "%.3f", function(round) return round[way].p99 end),
      i == 1 and "1" or spread(rounds, "%.2f", function(round) return round[way].p99 / round.idle.p99 end),
      i == 1 and "–" or spread(rounds, "%.0f", function(round) return round[way].call.p50 end) }
  end
end

--- The contrast, once and last: it takes long, and the worker is busy for a while afterwards.
local function blocked()
  local found = ping_beside("blocking", BLOCKED_SECONDS)
  local p50 = found.requests > 0 and (", p50 %.0f ms"):format(found.p50) or ""
  print(("\n%d calls by libcurl in the handler itself, which blocks: %.1f calls/s; /ping in %d s: %d answers%s"):format(
    CALLS, found.call.rate, BLOCKED_SECONDS, found.requests, p50))
end

local function throughput()
  local ways = { "bare", "cosocket" }
  local rounds = interleaved(ways, function(way)
    return result_of(wrk(CALLS, SECONDS, "/" .. way .. "/fast"))
  end)
  tables.print_header { "way", "calls/s", "to bare of its round" }
  for _, way in ipairs(ways) do
    tables.print_row { way == "bare" and "bare cosocket, fixed bytes, nothing signed" or way,
      spread(rounds, "%.0f", function(round) return round[way].rate end),
      spread(rounds, "%.2f", function(round) return round[way].rate / round.bare.rate end) }
  end
end

print(("%s; %s; %s; %s cores; %d rounds of %d s; median (least … most)\n"):format(
  os.date "!%Y-%m-%d", tables.first_line "nginx -v 2>&1",
  tables.first_line "wrk -v 2>&1 | head -n 1 | cut -d' ' -f1-2", tables.first_line "nproc", ROUNDS, SECONDS))
print(("/ping on one connection, %d ms after the last answer, beside calls to an upstream that takes 500 ms:\n"):format(
  PAUSE))
latency()
print(("\nCalls of %d clients to an upstream that answers at once:\n"):format(CALLS))
throughput()
blocked()
