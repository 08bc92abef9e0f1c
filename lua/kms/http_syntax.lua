--- What may stand where in a request of HTTP/1.1, and the bytes it becomes. The rules are those of csrc/http/syntax.h.
-- Character classes are spelled out: Lua's own, such as %a, follow the locale.

local host_name = require "kms.host_name"

local syntax = {}

local TOKEN = "^[!#$%%&'*+%-.^_`|~0-9A-Za-z]+$" -- RFC 9110, section 5.6.2
local NOT_IN_TARGET = '[^!"$-~]' -- RFC 3986, section 2: visible ASCII, and "#" would begin a fragment
local CONTROL = "[\1-\8\10-\31\127]" -- NUL is looked for apart: LuaJIT's patterns cannot hold it

local MOST_HEADERS = 2 ^ 20 -- bytes in all

local SCHEMES = { http = true, https = true }

-- Methods whose requests say how long their body is, even when there is none (RFC 9110, section 8.6).
local BODIED = { PUT = true, POST = true, PATCH = true }

---@param text string
---@return boolean
function syntax.is_token(text)
  return text:find(TOKEN) ~= nil
end

--- The first byte of a header's value that may not stand there (RFC 9110, section 5.5).
---@param value string
---@return integer?
function syntax.bad_byte(value)
  local at = value:find("\0", 1, true) or value:find(CONTROL)
  return at and value:byte(at)
end

--- Whether plain http may go to a name.
local function may_be_plain(name, link_local)
  return host_name.is_loopback(name) or link_local and host_name.is_link_local(name)
end

--- The request target: `target`, or a path that nobody needs to encode.
---@return string? target
local function target_of(request)
  if request.target ~= nil then return request.target end
  local path = request.path
  local plain = request.query == nil and type(path) == "string" and path:find "^/"
  return plain and not path:find(NOT_IN_TARGET) and not path:find "[%%?]" and path or nil
end

local TYPES = {
  { "method", "string", "a string" }, { "scheme", "string", "a string" }, { "host", "string", "a string" },
  { "target", "string", "a string", true }, { "body", "string", "a string", true },
  { "deadline", "number", "a number", true }, { "headers", "table", "a list of {name, value}", true },
}

--- What a programmer got wrong in a request: a field of the wrong type, or none where one must be.
---@param request any
---@return string? problem
function syntax.misuse(request)
  if type(request) ~= "table" then
    return ("table expected, got %s"):format(request == nil and "no value" or type(request))
  end
  for _, row in ipairs(TYPES) do
    local name, wanted, text, optional = row[1], row[2], row[3], row[4]
    local got = type(request[name])
    if got ~= wanted and not (optional and got == "nil") then
      return ("request.%s must be %s, got %s"):format(name, text, got)
    end
  end
  if not target_of(request) then return "request.target is missing" end
  local headers = request.headers or {}
  if #headers == 0 and next(headers) ~= nil then return "request.headers must be a list of {name, value}" end
  for i, pair in ipairs(headers) do
    if type(pair) ~= "table" or type(pair[1]) ~= "string" or type(pair[2]) ~= "string" then
      return ("request.headers[%d] must be {name, value}, two strings"):format(i)
    end
  end
end

local function refuse_header(name, value)
  local lower = name:lower()
  if not syntax.is_token(name) then return "a header's name is not a token of HTTP" end
  local bad = syntax.bad_byte(value)
  if bad then return ("byte 0x%02x in the value of header %s"):format(bad, name) end
  if lower == "content-length" or lower == "transfer-encoding" then return name .. " is the transport's to send" end
end

local function refuse_headers(headers)
  local hosts, bytes = 0, 0
  for _, pair in ipairs(headers) do
    bytes = bytes + #pair[1] + #pair[2]
    if bytes > MOST_HEADERS then return "the headers are too long" end
    local problem = refuse_header(pair[1], pair[2])
    if problem then return problem end
    if pair[1]:lower() == "host" then
      hosts = hosts + 1
      if hosts > 1 or not pair[2]:find "[^ \t]" then return "Host has no value or is there twice" end
    end
  end
end

local function refuse_target(target)
  if target:sub(1, 1) ~= "/" then return 'the request target does not start with "/"' end
  local at = target:find(NOT_IN_TARGET)
  if at then return ("byte 0x%02x in the request target is not encoded"):format(target:byte(at)) end
end

--- What no server could or should read in a request that has no misuse. No value of a header is shown.
---@param request table
---@return string? field, string? problem
function syntax.refusal(request)
  local scheme, name = request.scheme:lower(), host_name.split(request.host)
  if not syntax.is_token(request.method) then return "method", "the method is not a token of HTTP" end
  if not SCHEMES[scheme] then return "scheme", 'the scheme is neither "https" nor "http"' end
  if not name then return "host", "the host is not a name or an address with an optional port" end
  if scheme == "http" and not may_be_plain(name, request.link_local) then
    return "scheme", ("plain http is allowed to loopback only (localhost, 127.0.0.0/8, [::1]), not to %s"):format(
      request.host)
  end
  if request.method == "HEAD" and (request.body or "") ~= "" then return "body", "a HEAD request has no body" end
  local problem = refuse_target(target_of(request))
  if problem then return "target", problem end
  problem = refuse_headers(request.headers or {})
  if problem then return "headers", problem end
end

--- The bytes of a request without misuse and refusal: Host first where the caller gives none, then the headers as they
--- are, then the length of the body.
---@param request table
---@return string
function syntax.write(request)
  local body = request.body or ""
  local lines = { request.method .. " " .. target_of(request) .. " HTTP/1.1" }
  local hosted = false
  for _, pair in ipairs(request.headers or {}) do hosted = hosted or pair[1]:lower() == "host" end
  if not hosted then lines[2] = "Host: " .. request.host end
  for _, pair in ipairs(request.headers or {}) do lines[#lines + 1] = pair[1] .. ": " .. pair[2] end
  if body ~= "" or BODIED[request.method] then lines[#lines + 1] = "Content-Length: " .. #body end
  lines[#lines + 1] = "\r\n"
  return table.concat(lines, "\r\n") .. body
end

return syntax
