--- The script for wrk -s: prints the line that bench/nginx/run.lua reads. A connection waits PAUSE milliseconds, from
--- the environment, before its next request.
-- luacheck: globals done delay

local pause = tonumber(os.getenv "PAUSE")
if pause then
  function delay() return pause end
end

function done(summary, latency)
  local errors = summary.errors
  print(("RESULT %d %d %d %d %d"):format(latency:percentile(50), latency:percentile(99), summary.requests,
    summary.duration, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
