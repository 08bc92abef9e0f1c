--- Compares kms.sign with two implementations in Lua: all refuse a request, or all compute the same bytes.
-- Input, as fields of fuzz/support.lua: choices; method; host; path, byte 0x1f between its segments if it is a list;
-- body; security token; then query pairs ("q") and headers ("h"), byte 0x1f between name and value.

package.path = "fuzz/?.lua;" .. package.path
local canonical = require "canonical"
local emulator = require "kms.emulator.signature"
local sign = require "kms.sign"
local support = require "support"

local NOW, DATE = 1767323045.4995, "20260102T030405Z"
local ALGORITHM = "SDK-HMAC-SHA256"

local function split(text)
  local pieces = {}
  for piece in (text .. "\31"):gmatch "([^\31]*)\31" do pieces[#pieces + 1] = piece end
  return pieces
end

--- Builds the request and the security token of an input.
local function build_request(fields)
  local choices = fields[1]:byte() or 0
  local request = { method = fields[2], host = fields[3], path = fields[4], body = fields[5], query = {}, headers = {} }
  if choices % 2 == 1 then request.path = fields[4] == "" and {} or split(fields[4]) end
  for i = 7, #fields do
    local name, value = fields[i]:match "^.([^\31]*)\31?(.*)$"
    local list = fields[i]:sub(1, 1) == "h" and request.headers or request.query
    if name then list[#list + 1] = { name, value } end
  end
  return request, fields[6] ~= "" and fields[6] or nil
end

local function assert_same(name, actual, expected)
  if actual ~= expected then
    error(("%s differs\nactual:   %q\nexpected: %q"):format(name, tostring(actual), tostring(expected)), 0)
  end
end

local function assert_invalid(name, value, err)
  if value ~= nil then error(name .. " was not refused", 0) end
  support.assert_error(err, {})
  assert(err.kind == "invalid", "not a validation error: " .. err.kind)
end

local function check_ncloud(request, credentials, target)
  local stages, err = sign.ncloud_stages(request, credentials, NOW)
  if not target or not canonical.is_method(request.method) then
    return assert_invalid("NAVER's request", stages, err)
  end
  if not stages then error("refused: " .. tostring(err), 0) end
  local expected = emulator.sign_ncloud({ method = request.method, target = target }, "1767323045500",
    credentials.access_key, credentials.secret_key)
  assert_same("NAVER's signature", stages.signature, expected)
end

local function check_huawei(request, credentials, target)
  local headers = canonical.build_headers(request, credentials.security_token, DATE)
  local stages, err = sign.huawei_stages(request, credentials, NOW)
  if not target or not headers or not canonical.is_method(request.method) then
    return assert_invalid("Huawei's request", stages, err)
  end
  if not stages then error("refused: " .. tostring(err), 0) end
  local received, names = {}, {}
  for name, value in pairs(headers) do received[#received + 1], names[#names + 1] = { name, value }, name end
  -- The names in the order of the header, as the gateway reads them.
  local parts = { algorithm = ALGORITHM, signed_headers = {} }
  for name in stages.signed_headers:gmatch "[^;]+" do parts.signed_headers[#parts.signed_headers + 1] = name end
  assert_same("the number of signed headers", #parts.signed_headers, #names)
  local expected = emulator.build_canonical_request(
    { method = request.method, target = target, headers = received, body = request.body }, parts)
  -- The SDKs sign any value of this header, the emulator accepts only UNSIGNED-PAYLOAD.
  local payload = headers["x-sdk-content-sha256"]
  if payload then expected = expected:gsub("[^\n]*$", function() return payload end) end
  assert_same("the canonical request", stages.canonical_request, expected)
  local query = expected:match "^[^\n]*\n[^\n]*\n([^\n]*)"
  assert_same("the canonical query", query, canonical.build_query(request.query))
  assert_same("Huawei's signature", stages.signature,
    emulator.sign_huawei(ALGORITHM, expected, headers["x-sdk-date"], credentials.secret_key))
end

return function(input)
  local fields = support.fields(input)
  if #fields < 6 then return end
  local request, token = build_request(fields)
  local credentials = { access_key = "AKIDEXAMPLE", secret_key = "secret/+key", security_token = token }
  local target, err = sign.target(request.path, request.query)
  local expected = canonical.build_target(request.path, request.query)
  if expected then assert_same("the target", target, expected) else assert_invalid("the target", target, err) end
  check_ncloud(request, credentials, target)
  check_huawei(request, credentials, target)
end
