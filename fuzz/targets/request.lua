--- kms.http1.request writes exactly one request, or returns a validation error: no field can add a line, a header or a
--- second request.
-- Input, as fields of fuzz/support.lua: choices; method; host; target; body; then headers, byte 0x1f between name and
-- value.

package.path = "fuzz/?.lua;" .. package.path
local http1 = require "kms.http1"
local support = require "support"

local TOKEN = "^[!#$%%&'*+%-.^_`|~0-9A-Za-z]+$"
local SCHEMES = { "https", "HTTP", "http", "ftp" }

local function trim(text) return text:match "^[ \t]*(.-)[ \t]*$" end

--- Splits written bytes into request line, headers and body.
local function parse(bytes)
  local head, body = bytes:match "^(.-)\r\n\r\n(.*)$"
  assert(head, "the headers do not end")
  assert(not head:gsub("\r\n", ""):find "[%z\1-\8\10-\31\127]", "a control character in the headers")
  local lines = {}
  for line in (head .. "\r\n"):gmatch "(.-)\r\n" do lines[#lines + 1] = line end
  local headers = {}
  for i = 2, #lines do
    local name, value = lines[i]:match "^([^:]+):%s?(.*)$"
    assert(name and name:find(TOKEN), "a malformed header line")
    headers[#headers + 1] = { name, value }
  end
  return lines[1], headers, body
end

--- Checks that the headers are those of the request, with Host first and Content-Length last.
local function assert_headers(request, headers, body)
  local host, rest = request.host, {}
  for _, header in ipairs(request.headers) do
    if header[1]:lower() == "host" then host = trim(header[2]) else rest[#rest + 1] = header end
  end
  local first = table.remove(headers, 1)
  assert(first[1]:lower() == "host" and first[2] == host, "Host is not first, or has another value")
  local last = headers[#headers]
  if last and last[1] == "Content-Length" then
    assert(last[2] == ("%d"):format(#body), "a wrong Content-Length")
    headers[#headers] = nil
  else
    assert(body == "", "no Content-Length")
  end
  assert(#headers == #rest, "headers were added or lost")
  for i, header in ipairs(rest) do
    assert(headers[i][1] == header[1] and headers[i][2] == trim(header[2]), "a header has changed")
  end
end

local function assert_host(host)
  local name, port = http1.parse_host(host)
  assert(name and not host:find "[^%w%-._:%[%]]", "a malformed host")
  assert(host == name or port and host:match ":%d+$" == host:sub(#name + 1), "text after the host")
  assert(not port or port >= 1 and port <= 65535, "a port out of range")
  return name
end

return function(input)
  local fields = support.fields(input)
  if #fields < 5 then return end
  local choices = fields[1]:byte() or 0
  local request = {
    method = fields[2], scheme = SCHEMES[choices % 4 + 1], host = fields[3], target = fields[4], headers = {},
    body = choices % 8 < 4 and fields[5] or nil, link_local = choices % 16 >= 8 or nil,
  }
  for i = 6, #fields do
    local name, value = fields[i]:match "^([^\31]*)\31?(.*)$"
    request.headers[#request.headers + 1] = { name, value }
  end
  local bytes, err, problem = http1.request(request)
  assert(problem == nil, "an argument error for well-typed fields")
  if not bytes then
    support.assert_error(err, {})
    assert(err.kind == "invalid" and request[err.code] ~= nil, "an error without its field")
    return
  end
  local line, headers, body = parse(bytes)
  assert(line == ("%s %s HTTP/1.1"):format(request.method, request.target), "another request line")
  assert(request.method:find(TOKEN) and request.target:find "^/[!-~]*$", "a malformed request line")
  assert(body == (request.body or ""), "another body")
  local name = assert_host(request.host)
  if request.scheme:lower() == "http" then
    assert(http1.is_loopback(name) or request.link_local and http1.is_link_local(name), "plain HTTP to another host")
  end
  assert_headers(request, headers, body)
end
