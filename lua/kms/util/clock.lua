--- Clocks for transports that offer none of their own.

local http1 = require "kms.http1"

local clock = {}

--- Monotonic time in seconds.
---@type (fun(): number)?
clock.read_monotonic = http1.monotonic

--- Unix time in seconds.
---@type fun(): number
clock.read_wall = http1.now or os.time

return clock
