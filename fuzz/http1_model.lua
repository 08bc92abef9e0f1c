--- A second parser of HTTP/1.1 responses, independent of csrc/http. It gets all bytes up to the end of the connection
--- at once. Plain rather than fast. Section numbers are those of RFC 9112.

local model = {}

--- Parses the lines of one response.
local Reader = {}
Reader.__index = Reader

--- Ends the parse.
local function fail(code, other_code)
  error({ code = code, other_code = other_code })
end

--- Takes the next line, without its line end.
---@return string line
---@return boolean has_cr whether it ended in CRLF
function Reader:line()
  local last = self.bytes:find("\n", self.position, true)
  if not last then fail "closed" end
  local text = self.bytes:sub(self.position, last - 1)
  self.position = last + 1
  local has_cr = text:sub(-1) == "\r"
  if has_cr then text = text:sub(1, -2) end
  if text:find "[\r%z]" then fail "other" end
  return text, has_cr
end

--- Takes a number of bytes.
function Reader:take(count)
  local bytes = self.bytes:sub(self.position, self.position + count - 1)
  if #bytes < count then fail "closed" end
  self.position = self.position + count
  return bytes
end

local function trim(text) return text:match "^[ \t]*(.-)[ \t]*$" end

--- Splits a header line (section 5).
local function split_header(line)
  local name, value = line:match "^([!#$%%&'*+%-.^_`|~0-9A-Za-z]+):(.*)$"
  if not name then fail "other" end
  return name:lower(), trim(value)
end

--- Takes the status line (section 4).
---@return integer status, boolean is_http_1_0
function Reader:status_line()
  local rest = self.bytes:sub(self.position)
  local prefix = ("HTTP/"):sub(1, #rest)
  if rest:sub(1, #prefix) ~= prefix then fail "other" end
  local line = self:line()
  local minor, status, after = line:match "^HTTP/1%.([01]) ([1-9]%d%d)(.*)$"
  if not minor or after ~= "" and after:sub(1, 1) ~= " " then fail "other" end
  return tonumber(status), minor == "0"
end

--- Takes headers up to the empty line. Continuation lines are allowed if `may_continue`.
---@return string[][] headers pairs in order
function Reader:headers(may_continue)
  local headers = {}
  while true do
    local line = self:line()
    if line == "" then return headers end
    local last = headers[#headers]
    if may_continue and last and line:find "^[ \t]" then -- section 5.2
      last[2] = trim(last[2] .. " " .. trim(line))
    else
      headers[#headers + 1] = { split_header(line) }
    end
  end
end

--- Members of all headers of a name, each a comma-separated list.
local function members_of(headers, name)
  local members = {}
  for _, header in ipairs(headers) do
    if header[1] == name then
      for member in (header[2] .. ","):gmatch "([^,]*)," do members[#members + 1] = trim(member) end
    end
  end
  return members
end

--- The body length that Content-Length states, as digits without leading zeros (section 6.3, rule 5).
local function parse_length(headers)
  local length
  for _, member in ipairs(members_of(headers, "content-length")) do
    local digits = member:match "^0*(%d+)$"
    if not digits then fail "other" end
    if length and length ~= digits then
      -- The parser does not tell lengths apart that exceed any limit.
      fail("other", #length > 18 and #digits > 18 and "too_large" or nil)
    end
    length = digits
  end
  return length
end

--- Takes a chunked body (section 7.1).
function Reader:chunked_body(max_body)
  local chunks, size = {}, 0
  while true do
    local line, has_cr = self:line()
    local digits, rest = line:match "^0*(%x+)[ \t]*(.*)$"
    if not has_cr or not digits or rest ~= "" and rest:sub(1, 1) ~= ";" then fail "other" end
    if #digits > 13 or tonumber(digits, 16) > max_body - size then fail "too_large" end
    local count = tonumber(digits, 16)
    if count == 0 then break end
    chunks[#chunks + 1] = self:take(count)
    size = size + count
    local line_end = self.bytes:sub(self.position, self.position + 1)
    if line_end ~= ("\r\n"):sub(1, #line_end) then fail "other" end
    self:take(2)
  end
  self:headers() -- trailers
  return table.concat(chunks)
end

--- Takes the body (section 6.3).
---@return string body, boolean must_close
function Reader:body(headers, is_http_1_0, max_body)
  local codings = 0
  local coding
  for _, header in ipairs(headers) do
    if header[1] == "transfer-encoding" then codings, coding = codings + 1, header[2]:lower() end
  end
  local length = parse_length(headers)
  if codings > 0 then
    if codings > 1 or coding ~= "chunked" or length or is_http_1_0 then fail "other" end
    return self:chunked_body(max_body), false
  end
  if length then
    if #length > 18 or tonumber(length) > max_body then fail "too_large" end
    return self:take(tonumber(length)), false
  end
  local rest = self.bytes:sub(self.position)
  if #rest > max_body then fail "too_large" end
  self.position = #self.bytes + 1
  return rest, true
end

function Reader:response(method, max_body)
  local status, is_http_1_0, headers
  repeat
    status, is_http_1_0 = self:status_line()
    headers = self:headers(true)
    if status == 101 then fail "other" end
  until status >= 200
  local must_close = is_http_1_0
  for _, member in ipairs(members_of(headers, "connection")) do must_close = must_close or member:lower() == "close" end
  local body = ""
  if method ~= "HEAD" and method ~= "CONNECT" and status ~= 204 and status ~= 304 then
    local is_until_close
    body, is_until_close = self:body(headers, is_http_1_0, max_body)
    must_close = must_close or is_until_close
  end
  local by_name = {}
  for _, header in ipairs(headers) do
    local name, value = header[1], header[2]
    by_name[name] = by_name[name] and by_name[name] .. ", " .. value or value
  end
  local is_drained = self.position > #self.bytes
  return {
    response = { status = status, headers = by_name, body = body },
    is_drained = is_drained, is_reusable = is_drained and not must_close,
  }
end

--- Parses a response.
---@param bytes string all bytes up to the end of the connection; at most 128 KiB
---@param method string of the request
---@param max_body integer
---@return table result `response`, `is_drained` and `is_reusable`, or `code` and perhaps `other_code`
function model.parse(bytes, method, max_body)
  local ok, result = pcall(function()
    return setmetatable({ bytes = bytes, position = 1 }, Reader):response(method, max_body)
  end)
  if not ok and type(result) ~= "table" then error(result, 0) end
  return result
end

return model
