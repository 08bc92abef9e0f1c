--- The library's reader against libcurl's HTTP, which carries many at once: of the same bytes both make the same
--- answer, or both none. Where the two differ on purpose, ALLOWED says so. And the reader where it is used: in pieces
--- of one size as NGINX's transport uses it, and of another over a connection of libcurl, it comes to the very same.
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
-- cut before the end of its head or trailers, nor of the length or the codings of one that has no body.
local LENGTH = { ["Invalid Content-Length: value"] = true, ["Maximum file size exceeded"] = true }
local CODINGS = { ["Reject response due to more than 5 content encodings"] = true }
local TRAILERS = { ["Failed reading the chunked-encoded stream"] = true }

-- And of a chunk's size of more than 16 digits, which may begin with any number of zeros (RFC 9112, section 7.1).
local LONG_SIZE, LONG_ZEROS = "Too long hexadecimal number in chunked-encoding", "0" .. ("%x"):rep(16)

local SIZES = { 1 / 0, 1, 2, 3, 7, 16, 64, 1000 }
local LIMITS = { [0] = 2 ^ 20, 40 }

local PATIENCE = 5 -- seconds for what takes no time

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

-- Each input has transports of its own, so that a finding does not depend on the inputs before it.
local function new(limit) return curl.new { keepalive = 0, max_response = LIMITS[limit] } end

local function request(method)
  return { method = method, scheme = "http", host = "127.0.0.1", target = "/", headers = {} }
end

local function read_here(method, limit, size, bytes)
  local result = http1.read(receiver(bytes, SIZES[size]), method, LIMITS[limit])
  assert((result.response == nil) ~= (result.failure == nil), "neither an answer nor a failure, or both")
  assert(not (result.failure and result.reusable), "reusable after a failure")
  return result
end

local function read_socket(method, limit, size, bytes)
  local transport = new(limit)
  _G.feed(bytes, SIZES[size])
  local response, err = transport:send(request(method))
  transport:close()
  return response, err
end

--- By libcurl, perhaps after another answer.
local function read_there(method, limit, bytes, before)
  local transport, multi = new(limit), curl.multi()
  local function exchange(answer)
    _G.feed(answer)
    assert(multi:add(transport, request(method)))
    local key, response, err
    repeat key, response, err = multi:poll(PATIENCE) until key
    return response, err
  end
  if before then assert(exchange(BEFORE)) end
  local response, err = exchange(bytes)
  multi:close()
  transport:close()
  return response, err
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
  if failure.code == err.code then return true end
  if failure.code == "closed" and (LENGTH[theirs] or CODINGS[theirs] or TRAILERS[theirs]) then return true end
  -- libcurl judges a length as soon as it sees one, before the lines that follow.
  if failure.code == "other" and LENGTH[theirs] then return true end
  -- A chunk that says that it is too large is not waited for.
  return failure.code == "too_large" and err.code == "closed" and bytes:find "chunked"
end

--- What two uses of one reader must come to.
local function identical(result, response, err)
  local ours, failure = result.response, result.failure
  if not ours or not response then
    return not ours and not response and failure.code == err.code and failure.reason == err.cause.message
  end
  return ours.status == response.status and ours.body == response.body and same_headers(ours.headers, response.headers)
end

local function agree(bytes, result, theirs, err)
  local ours, failure = result.response, result.failure
  local fault = failure and failure.code == "other" and ALLOWED[failure.reason]
  if fault and bytes:find(fault) then return true end
  if ours and theirs then
    return ours.status == theirs.status and ours.body == theirs.body and same_headers(ours.headers, theirs.headers)
  elseif ours then
    local problem = err.cause.message
    return ours.body == "" and (LENGTH[problem] or CODINGS[problem]) or problem == LONG_SIZE and bytes:find(LONG_ZEROS)
  end
  -- libcurl does not wait for the last byte behind trailers.
  if theirs then return failure.code == "closed" and bytes:find "chunked" and bytes:find "\n\r$" end
  return same_failure(bytes, failure, err)
end

return function(input)
  local choices = input:byte() or 0
  local method = choices % 2 == 0 and "GET" or "HEAD"
  local limit, size = math.floor(choices / 2) % 2, math.floor(choices / 4) % #SIZES + 1
  local bytes = input:sub(2)
  local result = read_here(method, limit, size, bytes)
  local function must(agrees, who, response, err)
    if agrees then return end
    local failure = result.failure or {}
    error(("%s %q\nhere: %s\n%s: %s"):format(method, bytes,
      describe(result.response, failure.code, failure.reason), who,
      describe(response, err and err.code, err and err.cause and err.cause.message or err and err.message)), 0)
  end
  local socket, problem = read_socket(method, limit, #SIZES + 1 - size, bytes)
  must(identical(result, socket, problem), "over a socket", socket, problem)
  local theirs, err = read_there(method, limit, bytes, choices >= 128)
  must(agree(bytes:lower(), result, theirs, err), "libcurl", theirs, err)
end
