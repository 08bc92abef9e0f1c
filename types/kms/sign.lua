---@meta kms.sign

--- Computes the request signatures of both clouds, in C on OpenSSL's libcrypto.
---
--- No function reads a clock, does I/O or changes its arguments. Access to arguments is raw: metatables are ignored and
--- numbers do not count as strings. A wrong type or a missing field raises. A value that cannot be signed or sent gives
--- nil and an error of kind `"invalid"`, whose `code` is the name of the field: `method`, `host`, `path`, `query`,
--- `target`, `headers`, `body`, `timestamp`, `algorithm`, `access_key`, `secret_key` or `security_token`. The code is
--- `algorithm` too if OpenSSL cannot compute the digest, for example because its configuration activates no provider.
---
--- Nothing computed from a secret key is kept after a call.
local sign = {}

---@alias kms.sign.Path string|string[] raw text that starts with "/", or raw segments, each encoded ("/" as %2F)
---@alias kms.sign.Pair { [1]: string, [2]: string } name and value

---@class kms.sign.Request
---@field method string a token, signed as it is; HTTP methods are upper case
---@field host string as in the Host header: with the port unless it is the default one (Huawei Cloud)
---@field path kms.sign.Path? not percent-encoded
---@field query kms.sign.Pair[]? not percent-encoded; at most 32 KiB together with the path once encoded
---@field headers kms.sign.Pair[]? all are signed; no name twice, no Authorization (Huawei Cloud)
---@field body string? at most 12 MiB (Huawei Cloud)
---@field target string? the encoded request target, signed as it is in place of path and query; not read if there is a
---  query that Huawei Cloud signs, because it is signed in another order

---@class kms.sign.Credentials
---@field access_key string visible ASCII without comma
---@field secret_key string not empty; any bytes, because it is only hashed
---@field security_token string? visible ASCII, of temporary credentials (Huawei Cloud)

---@class kms.sign.HuaweiStages
---@field canonical_request string
---@field string_to_sign string
---@field signed_headers string
---@field signature string lower-case hex

---@class kms.sign.NcloudStages
---@field string_to_sign string
---@field signature string base64

--- Encodes the request target: the path, percent-encoded once and without dot segments (RFC 3986 section 5.2.4), then
--- the query in its given order, always with "=". Only unreserved characters stay as they are. Refuses text that is not
--- UTF-8 or contains NUL, and the segments "", "." and ".." of a path given as a list.
---@param path kms.sign.Path
---@param query kms.sign.Pair[]?
---@return string? target
---@return kms.Error?
function sign.target(path, query) end

---@alias kms.sign.Algorithm
---| '"SDK-HMAC-SHA256"' the default
---| '"SDK-HMAC-SM3"'    for clouds that require Chinese algorithms; refused if OpenSSL has no SM3

--- Signs for Huawei Cloud: all of `request.headers`, Host, X-Sdk-Date and the security token. A header X-Sdk-Date,
--- X-Security-Token or Host of the request is signed as it is and not returned. X-Sdk-Content-Sha256
--- (X-Sdk-Content-Sm3) replaces the hash of the body.
---
--- V11-HMAC-SHA256 is not available: its derived keys are for IoTDA, KMS does not use them.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number Unix time in seconds; the signature contains whole seconds
---@param algorithm kms.sign.Algorithm?
---@return table<string, string>? headers to add: `Authorization`, `X-Sdk-Date`, `X-Security-Token`
---@return kms.Error?
function sign.huawei(request, credentials, timestamp, algorithm) end

--- Returns the stages of `sign.huawei`, to compare them with the gateway's. The canonical request contains the security
--- token.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number
---@param algorithm kms.sign.Algorithm?
---@return kms.sign.HuaweiStages?
---@return kms.Error?
function sign.huawei_stages(request, credentials, timestamp, algorithm) end

--- Signs for NAVER Cloud with signature v2: the method, `request.target` (or the target built from path and query), the
--- time and the access key. Host, headers and body are not signed.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number Unix time in seconds, rounded to the nearest millisecond
---@return table<string, string>? headers to add: `x-ncp-apigw-timestamp`, `x-ncp-iam-access-key`,
---  `x-ncp-apigw-signature-v2`
---@return kms.Error?
function sign.ncloud(request, credentials, timestamp) end

--- Returns the stages of `sign.ncloud`.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number
---@return kms.sign.NcloudStages?
---@return kms.Error?
function sign.ncloud_stages(request, credentials, timestamp) end

--- Returns an opaque id of an access key and its secret key: the same for the same pair, in every process. It does not
--- reveal the keys, and no cloud accepts it as a signature.
---@param credentials kms.sign.Credentials `security_token` is ignored
---@return string? fingerprint 64 lower-case hex digits
---@return kms.Error?
function sign.fingerprint(credentials) end

return sign
