--- Reads one answer of HTTP/1.1 (RFC 9112) from a stream of bytes, without any I/O of its own.

local syntax = require "kms.http_syntax"

local http1 = {}

local HEAD_LIMIT = 256 * 1024
local SIZE_DIGITS = 13 -- of a chunk's size: below 2^53, so that a double holds it exactly

local PROTOCOL = "HTTP/"
local NO_HTTP = "its first line is not one of HTTP/1.1"

-- Answers that end with their head (RFC 9112, section 6.3, rule 1).
local BODILESS_STATUS = { [204] = true, [304] = true }

---@class kms.http1.Failure
---@field code string `"closed"`, `"too_large"`, `"other"`; or what `receive` says
---@field reason string

local Reader = {}
Reader.__index = Reader

--- Notes why there is no answer; every function of the reader returns nil from then on.
function Reader:fail(code, reason)
  self.failure = self.failure or { code = code, reason = reason }
end

--- Gets more bytes once the ones at hand are used up.
---@return boolean? more nil at the end of the stream, and after any other failure
function Reader:fill()
  local bytes, code, reason = self.receive()
  if not bytes then
    if code ~= "end" then return self:fail(code, reason) end
    self.ended = true
    return nil
  end
  self.started = self.started or bytes ~= ""
  self.buffer, self.at = bytes, 1
  return true
end

--- Up to `count` bytes, at least one.
---@return string? bytes nil at the end of the stream
function Reader:some(count)
  while self.at > #self.buffer do
    if not self:fill() then return nil end
  end
  local bytes = self.buffer:sub(self.at, self.at + count - 1)
  self.at = self.at + #bytes
  return bytes
end

--- A line without its end. A bare LF ends one too (RFC 9112, section 2.2); a CR elsewhere, and NUL, belong nowhere.
---@return string?
function Reader:line()
  local pieces, length = {}, 0
  while true do
    local stop = self.buffer:find("\n", self.at, true)
    local piece = self.buffer:sub(self.at, stop and stop - 1)
    pieces[#pieces + 1], length = piece, length + #piece
    if length > self.head_left then return self:fail("too_large", "its head is above 256 KiB") end
    self.at = stop and stop + 1 or #self.buffer + 1
    if stop then break end
    if not self:fill() then return self:fail("closed", "it ended within the answer's head") end
  end
  local text = table.concat(pieces):gsub("\r$", "")
  if text:find "\r" or text:find("\0", 1, true) then return self:fail("other", "a line of its head is not text") end
  return text
end

--- A line that counts as head.
function Reader:head_line()
  local text = self:line()
  if not text then return nil end
  self.head_left = self.head_left - #text - 2
  return text
end

--- Reads past what every answer begins with. A stream that begins otherwise is none of HTTP, however it goes on.
---@return boolean? past
function Reader:protocol()
  for i = 1, #PROTOCOL do
    local byte = self:some(1)
    if not byte then return self:fail("closed", "it ended within the answer's head") end
    if byte ~= PROTOCOL:sub(i, i) then return self:fail("other", NO_HTTP) end
  end
  return true
end

---@return integer? status, string? version
function Reader:status_line()
  local text = self:protocol() and self:head_line()
  if not text then return nil end
  local minor, status, rest = text:match "^1%.([01]) ([1-9][0-9][0-9])(.*)$"
  if not status or not rest:find "^ " and rest ~= "" then return self:fail("other", NO_HTTP) end
  return tonumber(status), minor
end

--- Header lines up to the empty one. A line that begins with white space continues the one before it in obsolete
--- syntax (section 5.2), and white space before the colon hides a header from some readers (section 5.1): refused.
---@return table<string, string>? headers
function Reader:headers()
  local headers, repeated = {}, {}
  while true do
    local text = self:head_line()
    if not text then return nil end
    if text == "" then break end
    local name, value = text:match "^([^:]*):[ \t]*(.*)$"
    if not name or not syntax.is_token(name) then return self:fail("other", "a line of its head is no header") end
    -- Up to the last byte that is none, from the end: "^(.-)[ \t]*$" would look at long white space again and again.
    name, value = name:lower(), value:match "^(.*[^ \t])" or ""
    local values = repeated[name] or headers[name] and { headers[name] }
    if values then
      -- Joined at the end, once: joined one by one, a head of many short lines would take seconds.
      repeated[name], values[#values + 1] = values, value
    else
      headers[name] = value
    end
  end
  for name, values in pairs(repeated) do headers[name] = table.concat(values, ", ") end
  return headers
end

--- The final answer's head: what a server says in between (1xx) is left out. Nobody asked for another protocol (101).
function Reader:head()
  repeat
    local status, minor = self:status_line()
    local headers = status and self:headers()
    if not headers then return nil end
    if status == 101 then return self:fail("other", "it changed to another protocol") end
    if status >= 200 then return status, headers, minor end
  until false
end

--- Adds exactly `count` bytes to the list.
function Reader:take(list, count)
  while count > 0 do
    local bytes = self:some(count)
    if not bytes then return self:fail("closed", "it ended within the answer's body") end
    list[#list + 1], count = bytes, count - #bytes
  end
  return true
end

function Reader:too_large()
  return self:fail("too_large", "its body is above max_response")
end

--- The body's length as the headers have it: one number, perhaps several times (RFC 9112, section 6.3, rule 5).
---@return number?
function Reader:content_length(text)
  local length
  for part in (text .. ","):gmatch "([^,]*)," do
    local digits = part:match "^[ \t]*([0-9]+)[ \t]*$"
    local number = digits and tonumber(digits)
    if not number or length and number ~= length then return self:fail("other", "its Content-Length is no length") end
    length = number
  end
  if length > self.max_body then return self:too_large() end
  return length
end

--- A body in chunks (RFC 9112, section 7.1). Extensions and trailers are read, counted as head, and left out.
function Reader:chunks(list)
  local left = self.max_body
  while true do
    local text = self:line()
    if not text then return nil end
    local digits, rest = text:match "^([0-9A-Fa-f]+)[ \t]*(.*)$"
    if not digits or rest ~= "" and rest:sub(1, 1) ~= ";" then return self:fail("other", "a chunk has no size") end
    digits = digits:match "^0*(.*)$"
    if #digits > SIZE_DIGITS then return self:too_large() end
    local size = tonumber(digits, 16) or 0
    if size > left then return self:too_large() end
    self.head_left, left = self.head_left - (#text - #digits), left - size
    if size == 0 then return self:headers() end
    if not self:take(list, size) then return nil end
    local ending = {}
    if not self:take(ending, 2) then return nil end
    if table.concat(ending) ~= "\r\n" then return self:fail("other", "a chunk does not end where it should") end
  end
end

--- All that comes until the server closes.
function Reader:rest(list)
  local left = self.max_body
  repeat
    local bytes = self:some(left + 1)
    if bytes then
      list[#list + 1], left = bytes, left - #bytes
      if left < 0 then return self:too_large() end
    end
  until not bytes
  return not self.failure or nil
end

--- Reads the body in the way that the head tells (RFC 9112, section 6.3).
---@return boolean? complete nil after a failure
function Reader:body(list, headers, minor)
  local coding, length = headers["transfer-encoding"], headers["content-length"]
  if coding then
    -- With a length too, or in HTTP/1.0: somebody between us and the server may read it otherwise (section 6.1).
    if length or minor == "0" or coding:lower() ~= "chunked" then
      return self:fail("other", "the way its body is sent cannot be trusted")
    end
    return self:chunks(list) and true
  end
  if not length then return self:rest(list) end
  local count = self:content_length(length)
  return count and self:take(list, count)
end

local function says_close(headers)
  local options = (headers.connection or ""):lower():gsub("[ \t]", "")
  return ("," .. options .. ","):find(",close,", 1, true) ~= nil
end

---@class kms.http1.Result
---@field response table? status, headers by lower-case name, body
---@field failure kms.http1.Failure? why there is no response
---@field started boolean whether any byte came
---@field drained boolean whether no bytes came beyond the answer
---@field reusable boolean whether the connection may carry another exchange

--- Reads an answer.
---@param receive fun(): string?, string?, string? bytes; or nil and `"end"`; or nil, a failure's code and reason
---@param method string of the request; of an answer to CONNECT the head is read and no more
---@param max_body number
---@return kms.http1.Result
function http1.read(receive, method, max_body)
  local reader = setmetatable({ receive = receive, buffer = "", at = 1, head_left = HEAD_LIMIT, max_body = max_body },
    Reader)
  local list, complete = {}, false
  local status, headers, minor = reader:head()
  if status then
    local bodiless = method == "HEAD" or method == "CONNECT" or BODILESS_STATUS[status]
    complete = bodiless or reader:body(list, headers, minor)
  end
  local result = { failure = reader.failure, started = reader.started or false, reusable = false }
  result.drained = reader.at > #reader.buffer
  if complete then
    result.response = { status = status, headers = headers, body = table.concat(list) }
    result.reusable = result.drained and not reader.ended and minor ~= "0" and not says_close(headers)
  end
  return result
end

return http1
