--- What csrc signs against two implementations in Lua: both refuse, or all make the same bytes.
-- Input, fields of fuzz/support.lua: choices; method; host; path, its segments between bytes 0x1f where they are a
-- list; body; security token; then query pairs ("q") and headers ("h"), name and value with byte 0x1f between them.

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

--- The request that an input stands for.
local function read(fields)
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

local function same(what, ours, theirs)
  if ours ~= theirs then error(("%s\nhere:  %q\nthere: %q"):format(what, tostring(ours), tostring(theirs)), 0) end
end

local function refused(what, value, err)
  if value ~= nil then error(what .. " was not refused", 0) end
  support.assert_error(err, {})
  assert(err.kind == "invalid", "not a refusal: " .. err.kind)
end

local function check_ncloud(request, credentials, target)
  local stages, err = sign.ncloud_stages(request, credentials, NOW)
  if not target or not canonical.is_method(request.method) then return refused("NAVER's request", stages, err) end
  if not stages then error("refused: " .. tostring(err), 0) end
  local wanted = emulator.sign_ncloud({ method = request.method, target = target }, "1767323045500",
    credentials.access_key, credentials.secret_key)
  same("NAVER's signature", stages.signature, wanted)
end

local function check_huawei(request, credentials, target)
  local headers = canonical.headers(request, credentials.security_token, DATE)
  local stages, err = sign.huawei_stages(request, credentials, NOW)
  if not target or not headers or not canonical.is_method(request.method) then
    return refused("Huawei's request", stages, err)
  end
  if not stages then error("refused: " .. tostring(err), 0) end
  local received, names = {}, {}
  for name, value in pairs(headers) do received[#received + 1], names[#names + 1] = { name, value }, name end
  -- As the gateway reads it: the names in the order of the header.
  local parts = { algorithm = ALGORITHM, signed_headers = {} }
  for name in stages.signed_headers:gmatch "[^;]+" do parts.signed_headers[#parts.signed_headers + 1] = name end
  same("the number of signed headers", #parts.signed_headers, #names)
  local wanted = emulator.build_canonical_request(
    { method = request.method, target = target, headers = received, body = request.body }, parts)
  -- The SDKs let this header say anything, the emulator only that the payload is not signed.
  local payload = headers["x-sdk-content-sha256"]
  if payload then wanted = wanted:gsub("[^\n]*$", function() return payload end) end
  same("the canonical request", stages.canonical_request, wanted)
  local query = wanted:match "^[^\n]*\n[^\n]*\n([^\n]*)"
  same("the canonical query", query, canonical.query(request.query))
  same("Huawei's signature", stages.signature,
    emulator.sign_huawei(ALGORITHM, wanted, headers["x-sdk-date"], credentials.secret_key))
end

return function(input)
  local fields = support.fields(input)
  if #fields < 6 then return end
  local request, token = read(fields)
  local credentials = { access_key = "AKIDEXAMPLE", secret_key = "secret/+key", security_token = token }
  local target, err = sign.target(request.path, request.query)
  local wanted = canonical.target(request.path, request.query)
  if wanted then same("the target", target, wanted) else refused("the target", target, err) end
  check_ncloud(request, credentials, target)
  check_huawei(request, credentials, target)
end
