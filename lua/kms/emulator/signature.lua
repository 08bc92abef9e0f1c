--- Both clouds' signatures, from the receiving end: worked out anew from the request as it came in. Written apart from
--- the signer in C, on luaossl, so that the two cannot share a mistake.

local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local http = require "kms.emulator.router"

local signature = {}

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- RFC 4648, section 4, for the 32 bytes of a MAC: the last group has two bytes and so one "=".
local function base64(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a * 65536 + b * 256 + (c or 0)
    for shift = 3, 0, -1 do
      local at = math.floor(n / 64 ^ shift) % 64 + 1
      out[#out + 1] = ALPHABET:sub(at, at)
    end
  end
  out[#out] = "="
  return table.concat(out)
end

local function hash(name, data) return hex(digest.new(name):final(data)) end

--- SHA-256 in hex.
function signature.sha256(data) return hash("sha256", data) end

local function mac(name, key, data) return hmac.new(key, name):final(data) end

-- Huawei's algorithms: the digest, and the header that may say what goes for the body's. OpenSSL may be without SM3.
local ALGORITHMS = {
  ["SDK-HMAC-SHA256"] = { digest = "sha256", content = "x-sdk-content-sha256" },
  ["SDK-HMAC-SM3"] = pcall(digest.new, "sm3") and { digest = "sm3", content = "x-sdk-content-sm3" } or nil,
}

--- Compares without stopping at the first difference, so that the time taken tells nothing about a good signature.
function signature.is_equal(left, right)
  if #left ~= #right then return false end
  local difference = 0
  for i = 1, #left do difference = difference + math.abs(left:byte(i) - right:byte(i)) end
  return difference == 0
end

-- Order by bytes. Lua 5.4's own "<" on strings follows the locale of the process.
local function before(left, right)
  for i = 1, math.min(#left, #right) do
    local l, r = left:byte(i), right:byte(i)
    if l ~= r then return l < r end
  end
  return #left < #right
end

-- Dot segments are taken away, as the API Request Signing Guide asks for ("AK/SK signing", canonical URI: RFC 3986).
local function canonical_path(segments)
  local kept = {}
  for _, segment in ipairs(segments) do
    if segment == ".." then
      kept[#kept] = nil
    elseif segment ~= "." then
      kept[#kept + 1] = http.encode(segment)
    end
  end
  local path = "/" .. table.concat(kept, "/")
  return path:sub(-1) == "/" and path or path .. "/"
end

local function canonical_query(query)
  local pairs_of = {}
  for _, piece in ipairs(http.split(query, "&")) do
    local name, value = piece:match "^([^=]*)=?(.*)$"
    if piece ~= "" then pairs_of[#pairs_of + 1] = { http.decode(name), http.decode(value) } end
  end
  table.sort(pairs_of, function(left, right)
    if left[1] ~= right[1] then return before(left[1], right[1]) end
    return before(left[2], right[2])
  end)
  for i, pair in ipairs(pairs_of) do pairs_of[i] = http.encode(pair[1]) .. "=" .. http.encode(pair[2]) end
  return table.concat(pairs_of, "&")
end

--- Takes a Huawei Authorization header apart.
---@return table? parts `algorithm`, `access_key`, `signed_headers` (sorted lower-case names) and `signature`; nil when
---  malformed
function signature.parse_authorization(value)
  local algorithm, access_key, names, given =
    value:match "^(%S+) Access=([^,%s]+),%s*SignedHeaders=([^,%s]+),%s*Signature=(%x+)$"
  if not ALGORITHMS[algorithm] then return nil end
  local signed_headers = http.split(names:lower(), ";")
  table.sort(signed_headers, before)
  return { algorithm = algorithm, access_key = access_key, signed_headers = signed_headers, signature = given }
end

--- The canonical request of SDK-HMAC-SHA256 and -SM3 (API Request Signing Guide, "AK/SK signing").
---@param request table as received
---@param parts table of its Authorization header
---@return string
function signature.build_canonical_request(request, parts)
  local algorithm, signed_headers = ALGORITHMS[parts.algorithm], parts.signed_headers
  local segments, query = http.target(request.target)
  local lines = {}
  local payload
  for i, name in ipairs(signed_headers) do
    local value = http.header(request, name) or ""
    lines[i] = name .. ":" .. value .. "\n"
    -- The SDKs' way to leave a body that is no JSON out of the signature.
    if name == algorithm.content and value == "UNSIGNED-PAYLOAD" then payload = value end
  end
  return table.concat({
    request.method, canonical_path(segments), canonical_query(query), table.concat(lines),
    table.concat(signed_headers, ";"), payload or hash(algorithm.digest, request.body or ""),
  }, "\n")
end

--- The signature that a Huawei request should carry.
---@return string hex
function signature.sign_huawei(algorithm, canonical_request, timestamp, secret_key)
  local name = ALGORITHMS[algorithm].digest
  return hex(mac(name, secret_key, algorithm .. "\n" .. timestamp .. "\n" .. hash(name, canonical_request)))
end

--- The signature that a NAVER request should carry: version 2, over the target as it came in (Ncloud API, "Call API").
---@return string base64
function signature.sign_ncloud(request, timestamp, access_key, secret_key)
  local text = request.method .. " " .. request.target .. "\n" .. timestamp .. "\n" .. access_key
  return base64(mac("sha256", secret_key, text))
end

-- Days from 1970-01-01 to a day of the Gregorian calendar, counted in years that begin in March. os.time would read
-- the fields as local time.
local function days_since_epoch(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Reads the value of X-Sdk-Date, "YYYYMMDDThhmmssZ".
---@return number? Unix time
function signature.parse_time(value)
  local fields = { value:match "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$" }
  for i = 1, 6 do fields[i] = tonumber(fields[i]) end
  local year, month, day, hour, minute, second = fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]
  if not second or month < 1 or month > 12 or day < 1 or day > 31 then return nil end
  return ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
end

--- Unix time in the form of X-Sdk-Date.
function signature.format_time(time)
  return os.date("!%Y%m%dT%H%M%SZ", math.floor(time))
end

return signature
