--- A name server for the test NGINX, run as a process: name_server.lua PORT
-- A name of ADDRESSES has these addresses, a query for silent.test gets no response, and no other name exists. Prints "ready" when it
-- listens. Ends at a datagram "stop", or after two minutes without a query.

local socket = require "socket"

local ADDRESSES = {
  ["kms.test"] = { "127.0.0.1" },
  ["refusing.kms.test"] = { "127.0.0.1", "127.0.0.99" },
  ["silent.kms.test"] = { "127.0.0.1", "127.0.0.98" }, -- a spec listens at the second one and accepts no connection
  ["unreachable.kms.test"] = { "127.0.0.1", "255.255.255.255" }, -- no route, as for IPv6 on a machine without it
  ["nowhere.kms.test"] = { "127.0.0.99", "255.255.255.255" },
}

local NAME_ERROR = 3 -- RFC 1035, section 4.1.1

local server = assert(socket.udp())
assert(server:setsockname("127.0.0.1", tonumber(arg[1])))
server:settimeout(120)
io.stdout:setvbuf "no"
print "ready"

--- The name of a query, and the position of the question's last byte.
local function parse_question(query)
  local labels, at = {}, 13
  while query:byte(at) > 0 do
    labels[#labels + 1] = query:sub(at + 1, at + query:byte(at))
    at = at + query:byte(at) + 1
  end
  return table.concat(labels, "."):lower(), at + 4
end

local function respond_to(query)
  local name, last = parse_question(query)
  if name == "silent.test" then return nil end
  local addresses, records = ADDRESSES[name], {}
  for i, address in ipairs(addresses or {}) do
    -- A pointer to the name, A, IN, 60 seconds, four bytes.
    records[i] = "\192\12\0\1\0\1\0\0\0\60\0\4" .. address:gsub("(%d+)%.?", function(n) return string.char(n) end)
  end
  local header = query:sub(1, 2) .. string.char(0x81, addresses and 0x80 or 0x80 + NAME_ERROR) .. "\0\1\0" ..
    string.char(#records) .. "\0\0\0\0"
  return header .. query:sub(13, last) .. table.concat(records)
end

repeat
  local query, address, port = server:receivefrom()
  if query and query ~= "stop" then
    local bytes = respond_to(query)
    if bytes then server:sendto(bytes, address, port) end
  end
until not query or query == "stop"
