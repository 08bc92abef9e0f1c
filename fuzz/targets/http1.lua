--- The response parser of kms.http1 agrees with fuzz/http1_model.lua, and with itself however the bytes are split: in
--- pieces of any size, and over a connection of kms.transport.curl.
-- Input: one byte of choices, then the response.

package.path = "fuzz/?.lua;" .. package.path
local curl = require "kms.transport.curl"
local http1 = require "kms.http1"
local model = require "http1_model"

local METHODS = { "GET", "HEAD", "CONNECT", "GET" }
local LIMITS = { 2 ^ 20, 40 }
local SIZES = { 1, 2, 3, 7, 16, 64, 1000 }
local HOST = "127.0.0.1"

--- Parses the bytes in pieces of `size`.
---@return table result as model.parse returns it, with `reason` beside `code`
local function parse(bytes, size, method, max_body)
  local parser = http1.parser(method, max_body)
  local is_complete, first, second, third
  for position = 1, #bytes, size do
    is_complete, first, second, third = parser:feed(bytes:sub(position, position + size - 1))
    if is_complete ~= nil then break end
  end
  if is_complete == nil then is_complete, first, second, third = parser:finish() end
  assert(not pcall(parser.feed, parser, "x"), "the parser takes bytes after its result")
  assert(parser:has_started() == (bytes ~= ""), "has_started is wrong")
  if not is_complete then return { code = first, reason = second } end
  return { response = first, is_reusable = second, is_drained = third }
end

--- Sends a request over a connection whose other end has sent the bytes.
local function send(bytes, size, method, max_body)
  local transport = curl.new { keepalive = 0, max_response = max_body }
  _G.feed(bytes, size)
  local response, err = transport:send { method = method, scheme = "http", host = HOST, target = "/", headers = {} }
  transport:close()
  if response then return { response = response } end
  return { code = err.code, message = err.message }
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

local function same_response(left, right)
  if not left or not right then return left == right end
  return left.status == right.status and left.body == right.body and same_headers(left.headers, right.headers)
end

local function describe(result)
  local response = result.response
  if not response then return ("%s: %s"):format(result.code, result.reason or result.message or "") end
  local flags = (result.is_reusable and ", reusable" or "") .. (result.is_drained and ", drained" or "")
  local lines = { ("HTTP %d%s"):format(response.status, flags) }
  for name, value in pairs(response.headers) do lines[#lines + 1] = ("%s = %q"):format(name, value) end
  lines[#lines + 1] = ("%q"):format(response.body)
  return table.concat(lines, "\n  ")
end

return function(input)
  local choices = input:byte() or 0
  local method = METHODS[choices % 4 + 1]
  local max_body = LIMITS[math.floor(choices / 4) % 2 + 1]
  local size = SIZES[math.floor(choices / 8) % #SIZES + 1]
  local bytes = input:sub(2)
  local expected = parse(bytes, math.max(#bytes, 1), method, max_body)

  local function check(agrees, name, actual)
    if agrees then return end
    error(("%s %q\nin one piece: %s\n%s: %s"):format(method, bytes, describe(expected), name, describe(actual)), 0)
  end

  local modelled = model.parse(bytes, method, max_body)
  check(same_response(expected.response, modelled.response) and expected.is_reusable == modelled.is_reusable and
    expected.is_drained == modelled.is_drained and
    (expected.code == modelled.code or expected.code == modelled.other_code), "model", modelled)

  local pieces = parse(bytes, size, method, max_body)
  check(same_response(expected.response, pieces.response) and expected.code == pieces.code and
    expected.reason == pieces.reason, "in pieces of " .. size, pieces)

  if method == "CONNECT" then return end
  local sent = send(bytes, SIZES[#SIZES + 1 - math.floor(choices / 8) % #SIZES], method, max_body)
  check(same_response(expected.response, sent.response) and expected.code == sent.code and
    (not sent.code or sent.message == http1.error_message(expected.code, HOST, expected.reason)),
    "over a connection", sent)
end
