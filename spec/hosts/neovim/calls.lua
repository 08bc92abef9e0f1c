--- Run by Neovim: one call, whose response takes a second, and then 50 at once. Prints the key's name, whether the call took
--- a second, the largest gap between ticks of a timer, and how many calls succeeded; the gap in milliseconds.

local kms = require "kms"
local luv = require "kms.loop.luv"

local vim = rawget(_G, "vim")
local uv = vim.loop

local TICK_MS, WAIT_LIMIT_MS, CALL_COUNT = 2, 20000, 50

local key_tag = os.getenv "KMS_EMULATOR_KEY_TAG"
local ncloud = kms.ncloud { transport = luv.new { ca_file = os.getenv "KMS_CA_FILE" } }
kms.preload()

local last_tick, largest_gap = uv.hrtime(), 0
local timer = uv.new_timer()
timer:start(0, TICK_MS, function()
  local now = uv.hrtime()
  largest_gap, last_tick = math.max(largest_gap, now - last_tick), now
end)

--- Serves the editor's events until a condition is true. vim.wait came with Neovim 0.5.
local function wait(is_over)
  local deadline = uv.hrtime() + WAIT_LIMIT_MS * 1e6
  while not is_over() and uv.hrtime() < deadline do vim.api.nvim_command(("sleep %dm"):format(TICK_MS)) end
end

local function print_line(...)
  io.stdout:write(table.concat({ ... }, "\t"), "\n")
end

local started_at, key, err, duration = uv.hrtime(), nil, nil, nil
largest_gap, last_tick = 0, started_at
coroutine.wrap(function()
  key, err = ncloud:get_key { key_tag = key_tag }
  duration = uv.hrtime() - started_at
  vim.api.nvim_set_var("kms_key", key and key.key_name or "") -- raises in a callback of libuv
end)()
wait(function() return duration ~= nil end)
print_line(key and key.key_name or tostring(err), tostring(duration and duration >= 1e9), math.ceil(largest_gap / 1e6))

local ended, succeeded, first_end, started = 0, 0, nil, 0
for _ = 1, CALL_COUNT do
  coroutine.wrap(function()
    started = started + 1
    local ok = ncloud:get_key { key_tag = key_tag }
    first_end = first_end or started
    ended, succeeded = ended + 1, succeeded + (ok and 1 or 0)
  end)()
end
wait(function() return ended == CALL_COUNT end)
print_line(succeeded, first_end)

local results
coroutine.wrap(function()
  local count = 0
  for _, result in kms.parallel { concurrency = 4 }:map({ key_tag, key_tag, key_tag, key_tag, key_tag }, function(tag)
    return ncloud:get_key { key_tag = tag }
  end) do
    count = count + (result and 1 or 0)
  end
  results = count
end)()
wait(function() return results ~= nil end)
print_line(tostring(results))
timer:close()
vim.api.nvim_command "qa!"
