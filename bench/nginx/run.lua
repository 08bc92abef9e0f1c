--- Measures how calls delay other requests of an NGINX worker, what a call costs the worker, and how many calls it can
--- make per second.
-- Needs wrk; run it with `make bench-nginx`. Rounds are interleaved, so that other load on the machine affects all
-- measurements alike.

local http = require "socket.http"
local tables = require "bench.tables"

local BASE = "http://127.0.0.1:" .. assert(os.getenv "KMS_BENCHED_PORT", "run through make bench-nginx")
local ROUNDS = tonumber(os.getenv "ROUNDS") or 9
local SECONDS = tonumber(os.getenv "SECONDS") or 3
local CALL_COUNT = 20 -- in flight
local PING_PAUSE = 1 -- milliseconds
local HEAD_START = 1 -- seconds until the calls are in flight
local BLOCKED_SECONDS = 25 -- a blocked worker responds about ten seconds late

--- Starts wrk; `shell_prefix` is shell text before the command.
local function start_wrk(connections, seconds, path, shell_prefix)
  return io.popen(("%s wrk -t1 -c%d -d%ds --timeout 60s -s bench/nginx/report.lua %s%s 2>&1"):format(
    shell_prefix or "", connections, seconds, BASE, path))
end

--- Waits until wrk ends.
---@return { p50: number, p99: number, requests: integer, rate: number } result times in milliseconds, rate per second
local function read_result(pipe)
  local text = pipe:read "*a"
  pipe:close()
  local p50, p99, requests, duration, errors = text:match "RESULT (%d+) (%d+) (%d+) (%d+) (%d+)"
  assert(p50, text)
  assert(errors == "0", "failed requests: " .. text)
  return { p50 = p50 / 1000, p99 = p99 / 1000, requests = tonumber(requests), rate = requests / duration * 1e6 }
end

local function ping(seconds, shell_prefix)
  return read_result(start_wrk(1, seconds, "/ping", (shell_prefix or "") .. "PAUSE=" .. PING_PAUSE))
end

--- Measures /ping during calls to the upstream that takes 500 ms; "idle" means no calls.
local function ping_during(call, seconds)
  if call == "idle" then return ping(seconds) end
  local calls = start_wrk(CALL_COUNT, seconds + HEAD_START, "/" .. call .. "/slow")
  local result = ping(seconds, ("sleep %d; "):format(HEAD_START))
  result.call = read_result(calls)
  return result
end

--- "median (minimum … maximum)" of `select(round)` over all rounds.
local function format_spread(rounds, format, select)
  return tables.format_spread(tables.map(rounds, select), format)
end

--- Measures each of `calls` in each round.
local function run_rounds(calls, measure)
  local rounds = {}
  for i = 1, ROUNDS do
    rounds[i] = {}
    for _, call in ipairs(calls) do rounds[i][call] = measure(call) end
    tables.print_progress("round %d of %d", i, ROUNDS)
  end
  return rounds
end

local function measure_latency()
  local calls = { "idle", "cosocket" }
  ping(1) -- warms up what is loaded lazily
  for i = 2, #calls do read_result(start_wrk(CALL_COUNT, 1, "/" .. calls[i] .. "/fast")) end
  local rounds = run_rounds(calls, function(call) return ping_during(call, SECONDS) end)
  tables.print_header { "calls in flight", "/ping p50, ms", "/ping p99, ms", "p99 to the round's idle p99",
    "p50 of a call, ms" }
  for i, call in ipairs(calls) do
    tables.print_row { i == 1 and "none" or CALL_COUNT .. " by " .. call,
      format_spread(rounds, "%.3f", function(round) return round[call].p50 end),
      format_spread(rounds, "%.3f", function(round) return round[call].p99 end),
      i == 1 and "1" or format_spread(rounds, "%.2f", function(round) return round[call].p99 / round.idle.p99 end),
      i == 1 and "–" or format_spread(rounds, "%.0f", function(round) return round[call].call.p50 end) }
  end
end

--- Measures calls that block the worker, once and last, because the worker is busy for a while afterwards.
local function measure_blocking()
  local result = ping_during("blocking", BLOCKED_SECONDS)
  local p50 = result.requests > 0 and (", p50 %.0f ms"):format(result.p50) or ""
  print(("\n%d calls by libcurl in the handler, which blocks: %.1f calls/s; /ping in %d s: %d responses%s"):format(
    CALL_COUNT, result.call.rate, BLOCKED_SECONDS, result.requests, p50))
end

local function measure_throughput()
  local calls = { "bare", "cosocket" }
  local rounds = run_rounds(calls, function(call)
    return read_result(start_wrk(CALL_COUNT, SECONDS, "/" .. call .. "/fast"))
  end)
  tables.print_header { "call", "calls/s", "to bare of its round" }
  for _, call in ipairs(calls) do
    tables.print_row { call == "bare" and "bare cosocket, fixed bytes, nothing signed" or call,
      format_spread(rounds, "%.0f", function(round) return round[call].rate end),
      format_spread(rounds, "%.2f", function(round) return round[call].rate / round.bare.rate end) }
  end
end

--- Requests one measurement.
---@return { cpu: number, garbage: number, new_texts: number } cost CPU time in µs and bytes per call
local function request_cost(call, speed)
  local body, status = http.request(("%s/cost/%s/%s"):format(BASE, call, speed))
  assert(status == 200, body or status)
  local cpu, garbage, new_texts = body:match "^(%S+) (%S+) (%S+)$"
  return { cpu = tonumber(cpu), garbage = tonumber(garbage), new_texts = tonumber(new_texts) }
end

local function measure_cost()
  local calls = { "bare", "cosocket" }
  tables.print_header { "call", "CPU of the worker, µs per call", "to bare of its round", "garbage, KiB per call",
    "garbage of calls 1 ms apart, KiB" }
  for _, row in ipairs { { "HTTP", "plain" }, { "TLS", "fast" } } do
    local rounds = run_rounds(calls, function(call) return request_cost(call, row[2]) end)
    for _, call in ipairs(calls) do
      tables.print_row { ("%s, %s"):format(call == "bare" and "bare cosocket" or call, row[1]),
        format_spread(rounds, "%.1f", function(round) return round[call].cpu end),
        format_spread(rounds, "%.2f", function(round) return round[call].cpu / round.bare.cpu end),
        format_spread(rounds, "%.2f", function(round) return round[call].garbage / 1024 end),
        format_spread(rounds, "%.2f", function(round) return round[call].new_texts / 1024 end) }
    end
  end
end

print(("%s; %s; %s; %s cores; %d rounds of %d s; median (minimum … maximum)\n"):format(
  os.date "!%Y-%m-%d", tables.first_line "nginx -v 2>&1",
  tables.first_line "wrk -v 2>&1 | head -n 1 | cut -d' ' -f1-2", tables.first_line "nproc", ROUNDS, SECONDS))
print(("/ping on one connection, %d ms after the last response, during calls to an upstream that takes 500 ms:\n")
  :format(PING_PAUSE))
measure_latency()
print "\nOne call after another on one kept connection:\n"
measure_cost()
print(("\nCalls of %d clients to an upstream that responds at once:\n"):format(CALL_COUNT))
measure_throughput()
measure_blocking()
