--- Computes the signatures of both clouds from a request as received. It shares no code with the signer in C, so that
--- one mistake cannot be in both.

local ascii = require "kms.util.ascii"
local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local encoding = require "kms.emulator.encoding"
local http = require "kms.emulator.http"

local signature = {}

local function hash(name, data) return encoding.encode_hex(digest.new(name):final(data)) end

--- Returns the SHA-256 digest of data in hexadecimal.
---@param data string
---@return string
function signature.hash_sha256(data) return hash("sha256", data) end

local function compute_mac(name, key, data) return hmac.new(key, name):final(data) end

-- Huawei Cloud's algorithms: the digest, and the header that may replace the digest of the body. An OpenSSL build may
-- lack SM3.
local ALGORITHMS = {
  ["SDK-HMAC-SHA256"] = { digest = "sha256", content_header = "x-sdk-content-sha256" },
  ["SDK-HMAC-SM3"] = pcall(digest.new, "sm3") and { digest = "sm3", content_header = "x-sdk-content-sm3" } or nil,
}

--- Compares two strings in constant time, so that the duration does not reveal a valid signature.
---@param left string
---@param right string
---@return boolean
function signature.is_equal(left, right)
  if #left ~= #right then return false end
  local difference = 0
  for i = 1, #left do difference = difference + math.abs(left:byte(i) - right:byte(i)) end
  return difference == 0
end

-- Documented: API Request Signing Guide, "AK/SK signing". The canonical URI is normalized (RFC 3986), so dot segments
-- are removed. No official SDK does that.
local function build_canonical_path(segments)
  local kept = {}
  for _, segment in ipairs(segments) do
    if segment == ".." then
      kept[#kept] = nil
    elseif segment ~= "." then
      kept[#kept + 1] = http.percent_encode(segment)
    end
  end
  local path = "/" .. table.concat(kept, "/")
  return path:sub(-1) == "/" and path or path .. "/"
end

local function build_canonical_query(query)
  local parameters = http.parse_query(query)
  table.sort(parameters, function(left, right)
    if left[1] ~= right[1] then return ascii.is_before(left[1], right[1]) end
    return ascii.is_before(left[2], right[2])
  end)
  local pieces = {}
  for i, parameter in ipairs(parameters) do
    pieces[i] = http.percent_encode(parameter[1]) .. "=" .. http.percent_encode(parameter[2])
  end
  return table.concat(pieces, "&")
end

--- Parses Huawei Cloud's Authorization header.
---@param value string
---@return table? parts `algorithm`, `access_key`, `signed_headers` (lower-case names in order), `signature`; nil when
---  the value is malformed
function signature.parse_authorization(value)
  local algorithm, access_key, names, digits =
    value:match "^(%S+) Access=([^,%s]+),%s*SignedHeaders=([^,%s]+),%s*Signature=(%x+)$"
  if not ALGORITHMS[algorithm] then return nil end
  local signed_headers = http.split(ascii.lower(names), ";")
  table.sort(signed_headers, ascii.is_before)
  return { algorithm = algorithm, access_key = access_key, signed_headers = signed_headers, signature = digits }
end

--- Builds the canonical request of SDK-HMAC-SHA256 and SDK-HMAC-SM3. Documented: API Request Signing Guide, "AK/SK
--- signing".
---@param request table as received
---@param parts table of its Authorization header
---@return string
function signature.build_canonical_request(request, parts)
  local algorithm, signed_headers = ALGORITHMS[parts.algorithm], parts.signed_headers
  local segments, query = http.parse_target(request.target)
  local lines = {}
  local payload
  for i, name in ipairs(signed_headers) do
    local value = http.get_header(request, name) or ""
    lines[i] = name .. ":" .. value .. "\n"
    -- Seen in the official SDKs: this value replaces the digest of a body that is not JSON.
    if name == algorithm.content_header and value == "UNSIGNED-PAYLOAD" then payload = value end
  end
  return table.concat({
    request.method, build_canonical_path(segments), build_canonical_query(query), table.concat(lines),
    table.concat(signed_headers, ";"), payload or hash(algorithm.digest, request.body or ""),
  }, "\n")
end

--- Computes the signature of a Huawei Cloud request.
---@param algorithm string
---@param canonical_request string
---@param timestamp string value of X-Sdk-Date
---@param secret_key string
---@return string hexadecimal
function signature.sign_huawei(algorithm, canonical_request, timestamp, secret_key)
  local name = ALGORITHMS[algorithm].digest
  local text = algorithm .. "\n" .. timestamp .. "\n" .. hash(name, canonical_request)
  return encoding.encode_hex(compute_mac(name, secret_key, text))
end

--- Computes the signature of a NAVER Cloud request: version 2, over the target as received. Documented: Ncloud API,
--- "Call API".
---@param request table as received
---@param timestamp string
---@param access_key string
---@param secret_key string
---@return string base64
function signature.sign_ncloud(request, timestamp, access_key, secret_key)
  local text = request.method .. " " .. request.target .. "\n" .. timestamp .. "\n" .. access_key
  return encoding.encode_base64(compute_mac("sha256", secret_key, text))
end

return signature
