--- How a URL or a request names a host, and whether that is this machine. The rules are those of csrc/http/syntax.h.
-- Character classes are spelled out: Lua's own, such as %a, follow the locale.

local host_name = {}

--- Whether text is a plain IPv4 address: four numbers, none with a leading zero.
---@param text string
---@return boolean
function host_name.is_ipv4(text)
  local parts = { text:match "^([0-9]+)%.([0-9]+)%.([0-9]+)%.([0-9]+)$" }
  for _, part in ipairs(parts) do
    if #part > 3 or tonumber(part) > 255 or part:find "^0[0-9]" then return false end
  end
  return #parts == 4
end

--- The groups of 16 bits in a part of an IPv6 address; nil where it is malformed.
local function groups_of(text)
  local count = 0
  if text == "" then return 0 end
  local head, quad = text:match "^(.-)([0-9]+%.[0-9.]+)$"
  if quad then
    if not host_name.is_ipv4(quad) or head ~= "" and head:sub(-1) ~= ":" then return nil end
    if head == "" then return 2 end
    text, count = head:sub(1, -2), 2
  end
  for group in (text .. ":"):gmatch "([^:]*):" do
    if #group > 4 or not group:find "^[0-9A-Fa-f]+$" then return nil end
    count = count + 1
  end
  return count
end

--- Whether text is an IPv6 address (RFC 4291, section 2.2).
---@param text string
---@return boolean
function host_name.is_ipv6(text)
  local head, tail = text:match "^(.-)::(.*)$"
  if not head then return groups_of(text) == 8 end
  if head:find(".", 1, true) then return false end
  local before, after = groups_of(head), groups_of(tail)
  return before ~= nil and after ~= nil and before + after < 8
end

--- Takes "name", "name:port", "[IPv6]" or "[IPv6]:port" apart.
---@param text string
---@return string? name lower case, an IPv6 address in its brackets; nil: it is none of these
---@return integer? port
function host_name.split(text)
  -- A name of dots alone would stand for the root, and a handshake cannot carry it.
  local name, rest = text:match "^([0-9A-Za-z_][0-9A-Za-z._-]*)(.*)$"
  if not name then name, rest = text:match "^(%[[0-9A-Fa-f.:]+%])(.*)$" end
  if not name or #name > 255 then return nil end
  if name:sub(1, 1) == "[" and not host_name.is_ipv6(name:sub(2, -2)) then return nil end
  if rest == "" then return name:lower() end
  local port = tonumber(rest:match "^:([0-9]+)$")
  if not port or #rest > 6 or port < 1 or port > 65535 then return nil end
  return name:lower(), port
end

--- Whether a name of `split` is this machine, in a spelling that everybody reads alike.
---@param name string
---@return boolean
function host_name.is_loopback(name)
  return name == "localhost" or name == "[::1]" or (host_name.is_ipv4(name) and name:find "^127%." ~= nil)
end

--- Whether a name of `split` is a link-local address. No router carries it further (RFC 3927, section 2.7); clouds
--- have their metadata services there, over plain http.
---@param name string
---@return boolean
function host_name.is_link_local(name)
  return host_name.is_ipv4(name) and name:find "^169%.254%." ~= nil
end

return host_name
