--- What many calls at once cost, against a server that answers after 50 ms: wall time as a multiple of the ideal, CPU
--- time of this process a call, connections, memory.
---   lua5.4 bench/parallel/run.lua [CALLS]   beside bench/parallel/nginx.conf (make bench-parallel)
--- "client": whole calls by kms.parallel. "multi": the same requests, signed beforehand, by curl.multi alone.

local curl = require "kms.transport.curl"
local kms = require "kms"

local DELAY = 0.05
local CALLS = tonumber(arg[1]) or 1000
local ROUNDS = 5
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PROJECT = ("a"):rep(32)

local dir, port = os.getenv "KMS_BENCH_DIR", tonumber(os.getenv "KMS_BENCH_PORT")
local clock = curl.multi()

local VERSIONS = { ["1.1"] = port, ["2"] = port + 1 }

local function transport(version)
  return curl.new { ca_file = dir .. "/ca.pem", http_version = version }
end

local rows = {}

--- A client's calls, over one kms.parallel, so that later rounds find its connections.
function rows.client(version, at_once)
  local client = kms.huawei { endpoint = ("https://localhost:%d"):format(VERSIONS[version]), project_id = PROJECT,
    credentials = { access_key = "access", secret_key = "secret" }, transport = transport(version), lock_guard = false }
  local parallel = kms.parallel { concurrency = at_once }
  local function call()
    return client:update_primary_region { key_id = KEY, primary_region = "cn-east-3" }
  end
  local function round(calls)
    local left = calls
    local function next_item()
      left = left - 1
      return left >= 0 or nil
    end
    for _, result, err in parallel:map(next_item, call) do assert(result, tostring(err)) end
  end
  return round, function() return parallel:stats() end
end

function rows.multi(version, at_once)
  local multi, on = curl.multi(), transport(version)
  local request = { method = "PUT", scheme = "https", host = ("localhost:%d"):format(VERSIONS[version]),
    target = ("/v2/%s/kms/keys/%s/update-primary-region"):format(PROJECT, KEY), body = ("x"):rep(79),
    headers = { { "Content-Type", "application/json" }, { "X-Sdk-Date", "20260102T030405Z" },
      { "Authorization", ("a"):rep(180) } } }
  local function round(calls)
    local begun, ended = 0, 0
    while ended < calls do
      while begun < calls and begun - ended < at_once do
        assert(multi:add(on, request))
        begun = begun + 1
      end
      local key, response, err = multi:poll(60)
      if key then
        assert(response, tostring(err))
        ended = ended + 1
      end
    end
  end
  return round, function() return multi:stats() end
end

local function measured(round, calls)
  local wall, cpu = clock:clock(), os.clock()
  round(calls)
  return clock:clock() - wall, (os.clock() - cpu) / calls
end

local function report(kind, version, at_once, name, wall, cpu, calls, connections)
  local ideal = math.ceil(calls / at_once) * DELAY
  local row = "%-7s %-4s %8d  %-5s %9.0f %9.3f %12.1f %12d %11.0f"
  print(row:format(kind, version, at_once, name, wall * 1000, wall / ideal, cpu * 1e6, connections,
    collectgarbage "count"))
end

local function run(kind, version, at_once, calls)
  local round, stats = rows[kind](version, at_once)
  local wall, cpu = measured(round, calls)
  report(kind, version, at_once, "cold", wall, cpu, calls, stats().connections)
  local walls, cpus = {}, {}
  for i = 1, ROUNDS do walls[i], cpus[i] = measured(round, calls) end
  table.sort(walls)
  table.sort(cpus)
  local middle = math.ceil(ROUNDS / 2)
  report(kind, version, at_once, "warm", walls[middle], cpus[middle], calls, stats().connections)
  collectgarbage()
  collectgarbage()
end

print(rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION, CALLS .. " calls; warm: median of " .. ROUNDS)
print "what    HTTP  at once        wall/ms   x ideal  CPU us/call  connections  Lua KiB"
for _, version in ipairs { "1.1", "2" } do
  for _, kind in ipairs { "client", "multi" } do run(kind, version, 64, CALLS) end
end
for _, at_once in ipairs { 1, 4, 16, 256, 1000 } do
  for _, version in ipairs { "1.1", "2" } do run("client", version, at_once, math.min(CALLS, 50 * at_once)) end
end
