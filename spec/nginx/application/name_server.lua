--- A name server for the test NGINX, run as a process: name_server.lua PORT
-- kms.test is 127.0.0.1, a query for silent.test gets no response, and no other name exists. Prints "ready" when it
-- listens. Ends at a datagram "stop", or after two minutes without a query.

local socket = require "socket"

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
  local exists = name == "kms.test"
  local header = query:sub(1, 2) .. string.char(0x81, exists and 0x80 or 0x80 + NAME_ERROR) .. "\0\1" ..
    (exists and "\0\1" or "\0\0") .. "\0\0\0\0"
  -- A pointer to the name, A, IN, 60 seconds, four bytes.
  return header .. query:sub(13, last) .. (exists and "\192\12\0\1\0\1\0\0\0\60\0\4\127\0\0\1" or "")
end

repeat
  local query, address, port = server:receivefrom()
  if query and query ~= "stop" then
    local bytes = respond_to(query)
    if bytes then server:sendto(bytes, address, port) end
  end
until not query or query == "stop"
