--- Signs requests by hand, on luaossl: a way to a signature that neither kms.sign nor the emulator's verifier takes part in.
--- For plain requests only: nothing in path, query or headers needs encoding or sorting.

local digest = require "openssl.digest"
local hmac = require "openssl.hmac"

local signer = {}

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function mac(key, text) return hmac.new(key, "sha256"):final(text) end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64 of 32 bytes: 256 bits and two zero bits make 43 digits, and one "=" fills up.
local function base64_of_32(bytes)
  local bits = bytes:gsub(".", function(c)
    local n, text = c:byte(), ""
    for _ = 1, 8 do n, text = math.floor(n / 2), (n % 2 >= 1 and "1" or "0") .. text end
    return text
  end) .. "00"
  return bits:gsub("......", function(six)
    local at = tonumber(six, 2) + 1
    return BASE64:sub(at, at)
  end) .. "="
end

--- A Huawei PUT with content-type, host, x-project-id (and x-security-token) and x-sdk-date signed.
---@param given table `access_key`, `secret_key`, `security_token`, `host`, `path`, `project_id`, `body`, `time`
function signer.huawei(given)
  local date = os.date("!%Y%m%dT%H%M%SZ", math.floor(given.time))
  local headers = { { "Content-Type", "application/json" }, { "Host", given.host } }
  if given.project_id then headers[#headers + 1] = { "X-Project-Id", given.project_id } end
  headers[#headers + 1] = { "X-Sdk-Date", date }
  if given.security_token then table.insert(headers, #headers, { "X-Security-Token", given.security_token }) end
  table.sort(headers, function(left, right) return left[1]:lower() < right[1]:lower() end)
  local names, lines = {}, {}
  for i, pair in ipairs(headers) do
    names[i] = pair[1]:lower()
    lines[i] = names[i] .. ":" .. pair[2] .. "\n"
  end
  local signed = table.concat(names, ";")
  local canonical = given.method or "PUT"
  canonical = canonical .. "\n" .. given.path .. "/\n\n" .. table.concat(lines) .. "\n" .. signed .. "\n"
    .. hex(digest.new("sha256"):final(given.body))
  local signature = hex(mac(given.secret_key, "SDK-HMAC-SHA256\n" .. date .. "\n"
    .. hex(digest.new("sha256"):final(canonical))))
  headers[#headers + 1] = { "Authorization", ("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s"):format(
    given.access_key, signed, signature) }
  return { method = given.method or "PUT", scheme = "https", host = given.host, target = given.path, headers = headers,
    body = given.body }
end

--- A NAVER request.
---@param given table `access_key`, `secret_key`, `host`, `method`, `path`, `body`, `time`
function signer.ncloud(given)
  local timestamp = ("%.0f"):format(given.time * 1000)
  local signature = base64_of_32(mac(given.secret_key,
    given.method .. " " .. given.path .. "\n" .. timestamp .. "\n" .. given.access_key))
  return { method = given.method, scheme = "https", host = given.host, target = given.path, body = given.body or "",
    headers = { { "Host", given.host }, { "x-ncp-apigw-timestamp", timestamp },
      { "x-ncp-iam-access-key", given.access_key }, { "x-ncp-apigw-signature-v2", signature } } }
end

return signer
