--- The reader of NGINX's transport against libcurl's: of the same bytes both make the same answer, or both none. Where
--- the two differ on purpose, ALLOWED says so.
-- Input: one byte of choices, then the answer.

local curl = require "kms.transport.curl"
local http1 = require "kms.http1"

-- What the reader refuses and libcurl may take, by the reason that it gives, and what must stand in the answer then.
-- Each is a way to make two readers of one connection disagree on where an answer ends.
local ALLOWED = {
  ["its first line is not one of HTTP/1.1"] = "",
  ["a line of its head is not text"] = "[%z\r]",
  ["its Content-Length is no length"] = "content%-length:",
  ["the way its body is sent cannot be trusted"] = "transfer%-encoding:",
  ["it changed to another protocol"] = " 101",
  ["a line of its head is no header"] = "chunked", -- of the trailers, which are not looked at there
  ["a chunk has no size"] = "chunked",
  ["a chunk does not end where it should"] = "chunked",
}

-- What libcurl says of a line at once, and the reader only once it has the line or needs it: not of an answer that is
-- cut before the end of its head or trailers, nor of the length of one that has no body.
local LENGTH = { ["Invalid Content-Length: value"] = true, ["Maximum file size exceeded"] = true }
local TRAILERS = { ["Failed reading the chunked-encoded stream"] = true }

local SIZES = { 1 / 0, 1, 2, 3, 7, 16, 64, 1000 }
local LIMITS = { [0] = 2 ^ 20, 40 }

local function receiver(bytes, size)
  local at = 1
  return function()
    if at > #bytes then return nil, "end" end
    local piece = bytes:sub(at, size < #bytes and at + size - 1 or nil)
    at = at + #piece
    return piece
  end
end

local BEFORE = "HTTP/1.1 200 OK\r\nX-Before: 1\r\nContent-Length: 0\r\n\r\n"

--- Both readers' answers, or the codes and reasons of their failures.
local function read(method, limit, size, bytes, before)
  local result = http1.read(receiver(bytes, SIZES[size]), method, LIMITS[limit])
  assert((result.response == nil) ~= (result.failure == nil), "neither an answer nor a failure, or both")
  assert(not (result.failure and result.reusable), "reusable after a failure")
  -- One of its own for each input, so that a finding does not depend on the inputs before it.
  local transport = curl.new { keepalive = 0, max_response = LIMITS[limit] }
  local request = { method = method, scheme = "http", host = "127.0.0.1", target = "/", headers = {} }
  if before then
    _G.feed(BEFORE)
    assert(transport:send(request))
  end
  _G.feed(bytes)
  local response, err = transport:send(request)
  transport:close()
  return result, response, err
end

local function same_headers(left, right)
  for name, value in pairs(left) do
    if right[name] ~= value then return false end
  end
  for name in pairs(right) do
    if left[name] == nil then return false end
  end
  return true
end

local function describe(response, code, reason)
  if not response then return ("%s: %s"):format(code, reason) end
  local lines = { ("HTTP %d"):format(response.status) }
  for name, value in pairs(response.headers) do lines[#lines + 1] = ("%s = %q"):format(name, value) end
  lines[#lines + 1] = ("%q"):format(response.body)
  return table.concat(lines, "\n  ")
end

--- Whether two failures are the same, or as different as they may be.
local function same_failure(bytes, failure, err)
  local theirs = err.cause.message
  if failure.code == err.code or failure.code == "closed" and (LENGTH[theirs] or TRAILERS[theirs]) then return true end
  -- libcurl judges a length as soon as it sees one, before the lines that follow.
  if failure.code == "other" and LENGTH[theirs] then return true end
  -- A chunk that says that it is too large is not waited for.
  return failure.code == "too_large" and err.code == "closed" and bytes:find "chunked"
end

local function agree(bytes, result, theirs, err)
  local ours, failure = result.response, result.failure
  local fault = failure and failure.code == "other" and ALLOWED[failure.reason]
  if fault and bytes:find(fault) then return true end
  if ours and theirs then
    return ours.status == theirs.status and ours.body == theirs.body and same_headers(ours.headers, theirs.headers)
  elseif ours then
    return ours.body == "" and LENGTH[err.cause.message]
  end
  return not theirs and same_failure(bytes, failure, err)
end

return function(input)
  local choices = input:byte() or 0
  local method = choices % 2 == 0 and "GET" or "HEAD"
  local limit, size = math.floor(choices / 2) % 2, math.floor(choices / 4) % #SIZES + 1
  local bytes = input:sub(2)
  local result, theirs, err = read(method, limit, size, bytes, choices >= 128)
  if agree(bytes:lower(), result, theirs, err) then return end
  local ours, failure = result.response, result.failure or {}
  error(("%s %q\nhere: %s\nlibcurl: %s"):format(method, bytes, describe(ours, failure.code, failure.reason),
    describe(theirs, err and err.code, err and err.cause and err.cause.message or err and err.message)), 0)
end
