--- Signs requests with luaossl, independently of kms.sign and of the emulator's verifier. Only for requests whose path,
--- query and headers need no encoding.

local digest = require "openssl.digest"
local hmac = require "openssl.hmac"

local signer = {}

local function encode_hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function compute_mac(key, text) return hmac.new(key, "sha256"):final(text) end

local BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Encodes 32 bytes: 256 bits and two zero bits are 43 digits, then one "=".
local function encode_base64(bytes)
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

--- Signs a request to Huawei Cloud, PUT by default, with the headers Content-Type, Host, X-Sdk-Date and, if set,
--- X-Project-Id and X-Security-Token.
---@param options table `access_key`, `secret_key`, `security_token`, `host`, `path`, `project_id`, `body`, `time`, `method`
---@return table request for a transport
function signer.huawei(options)
  local date = os.date("!%Y%m%dT%H%M%SZ", math.floor(options.time))
  local headers = { { "Content-Type", "application/json" }, { "Host", options.host } }
  if options.project_id then headers[#headers + 1] = { "X-Project-Id", options.project_id } end
  headers[#headers + 1] = { "X-Sdk-Date", date }
  if options.security_token then table.insert(headers, #headers, { "X-Security-Token", options.security_token }) end
  table.sort(headers, function(left, right) return left[1]:lower() < right[1]:lower() end)
  local names, lines = {}, {}
  for i, pair in ipairs(headers) do
    names[i] = pair[1]:lower()
    lines[i] = names[i] .. ":" .. pair[2] .. "\n"
  end
  local signed = table.concat(names, ";")
  local canonical = options.method or "PUT"
  canonical = canonical .. "\n" .. options.path .. "/\n\n" .. table.concat(lines) .. "\n" .. signed .. "\n"
    .. encode_hex(digest.new("sha256"):final(options.body))
  local signature = encode_hex(compute_mac(options.secret_key, "SDK-HMAC-SHA256\n" .. date .. "\n"
    .. encode_hex(digest.new("sha256"):final(canonical))))
  headers[#headers + 1] = { "Authorization", ("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%s"):format(
    options.access_key, signed, signature) }
  return { method = options.method or "PUT", scheme = "https", host = options.host, target = options.path, headers = headers,
    body = options.body }
end

--- Signs a request to NAVER Cloud.
---@param options table `access_key`, `secret_key`, `host`, `method`, `path`, `body`, `time`
---@return table request for a transport
function signer.ncloud(options)
  local timestamp = ("%.0f"):format(options.time * 1000)
  local signature = encode_base64(compute_mac(options.secret_key,
    options.method .. " " .. options.path .. "\n" .. timestamp .. "\n" .. options.access_key))
  return { method = options.method, scheme = "https", host = options.host, target = options.path, body = options.body or "",
    headers = { { "Host", options.host }, { "x-ncp-apigw-timestamp", timestamp },
      { "x-ncp-iam-access-key", options.access_key }, { "x-ncp-apigw-signature-v2", signature } } }
end

return signer
