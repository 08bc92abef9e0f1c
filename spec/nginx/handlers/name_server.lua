--- A name server for the test NGINX, in a process of its own: name_server.lua PORT
-- Knows kms.test as 127.0.0.1, says nothing about silent.test, and that no other name exists. Prints "ready" once it
-- listens; ends at a datagram "stop", or when nobody asks for two minutes.

local socket = require "socket"

local NO_SUCH_NAME = 3 -- RFC 1035, section 4.1.1

local server = assert(socket.udp())
assert(server:setsockname("127.0.0.1", tonumber(arg[1])))
server:settimeout(120)
io.stdout:setvbuf "no"
print "ready"

local function name_of(query)
  local labels, at = {}, 13
  while query:byte(at) > 0 do
    labels[#labels + 1] = query:sub(at + 1, at + query:byte(at))
    at = at + query:byte(at) + 1
  end
  return table.concat(labels, "."):lower(), at + 4
end

local function answer(query)
  local name, last = name_of(query)
  if name == "silent.test" then return nil end
  local known = name == "kms.test"
  local head = query:sub(1, 2) .. string.char(0x81, known and 0x80 or 0x80 + NO_SUCH_NAME) .. "\0\1" ..
    (known and "\0\1" or "\0\0") .. "\0\0\0\0"
  -- A pointer to the name, A, IN, 60 seconds, four bytes.
  return head .. query:sub(13, last) .. (known and "\192\12\0\1\0\1\0\0\0\60\0\4\127\0\0\1" or "")
end

repeat
  local query, address, port = server:receivefrom()
  if query and query ~= "stop" then
    local bytes = answer(query)
    if bytes then server:sendto(bytes, address, port) end
  end
until not query or query == "stop"
