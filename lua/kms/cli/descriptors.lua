--- Keeps the numbers of closed standard streams taken, so that no connection or file of this program gets one of them.
--- Otherwise a result would be written into it.

local descriptors = {}

-- For reading: a write to a closed standard output must fail.
for i = 1, 3 do descriptors[i] = io.open "/dev/null" end

return descriptors
