---@meta kms.sign

--- Request signatures of both clouds, in C on OpenSSL's libcrypto.
---
--- No function reads a clock, does I/O or changes what it is given. Access to arguments is raw: metatables are
--- ignored, numbers do not pass for strings. A wrong type or a missing field raises; a value that cannot be signed
--- or sent gives nil and an error of kind `"invalid"`, whose `code` is the name of the field: `method`, `host`,
--- `path`, `query`, `target`, `headers`, `body`, `timestamp`, `algorithm`, `access_key`, `secret_key` or
--- `security_token`.
---
--- What HMAC makes of a secret key alone is kept as long as a table of credentials that has signed with it is in use,
--- then wiped: the next signature takes less time. Each call signs with the key that its table has.
local sign = {}

---@alias kms.sign.Path string|string[] raw text that starts with "/", or raw segments, encoded one by one ("/" as %2F)
---@alias kms.sign.Pair { [1]: string, [2]: string } name and value

---@class kms.sign.Request
---@field method string a token, signed as given; on the wire it is upper case
---@field host string as on the wire, with the port unless it is the default one (Huawei)
---@field path kms.sign.Path raw, not percent-encoded
---@field query kms.sign.Pair[]? raw, at most 32 KiB with the path once encoded
---@field headers kms.sign.Pair[]? every one is signed (Huawei); no name twice, no Authorization
---@field body string? at most 12 MiB (Huawei)
---@field target string? the encoded request target: signed as it stands, in place of path and query (NAVER)

---@class kms.sign.Credentials
---@field access_key string
---@field secret_key string
---@field security_token string? with temporary keys (Huawei)

---@class kms.sign.HuaweiStages
---@field canonical_request string
---@field string_to_sign string
---@field signed_headers string
---@field signature string lower-case hex

---@class kms.sign.NcloudStages
---@field string_to_sign string
---@field signature string base64

--- The request target to put on the wire: the path percent-encoded once, its dot segments removed (RFC 3986, 5.2.4),
--- and the query in the order given, always with "=". Only unreserved characters stand for themselves. Text that is
--- not UTF-8 or holds a NUL is refused, and so is a segment "", "." or ".." in a path given as a list.
---@param path kms.sign.Path
---@param query kms.sign.Pair[]?
---@return string? target
---@return kms.Error?
function sign.target(path, query) end

---@alias kms.sign.Algorithm
---| '"SDK-HMAC-SHA256"' when none is given
---| '"SDK-HMAC-SM3"'    for clouds that ask for Chinese algorithms; refused where OpenSSL has no SM3

--- Signs with SDK-HMAC-SHA256 or SDK-HMAC-SM3. Signed are all of `request.headers`, Host, X-Sdk-Date and the security
--- token. A header X-Sdk-Date, X-Security-Token or Host in the request is signed as it stands and not returned;
--- X-Sdk-Content-Sha256 (X-Sdk-Content-Sm3) stands for the hash of the body.
---
--- There is no V11-HMAC-SHA256 here: its derived keys are for IoTDA, KMS never asks for them.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number Unix time in seconds; the signature has whole seconds
---@param algorithm kms.sign.Algorithm?
---@return table<string, string>? headers to add: `Authorization`, `X-Sdk-Date`, `X-Security-Token`
---@return kms.Error?
function sign.huawei(request, credentials, timestamp, algorithm) end

--- What `sign.huawei` computes on its way, to compare with a gateway's.
--- The canonical request holds the security token.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number
---@param algorithm kms.sign.Algorithm?
---@return kms.sign.HuaweiStages?
---@return kms.Error?
function sign.huawei_stages(request, credentials, timestamp, algorithm) end

--- Signs with signature v2: method, `request.target` (else the target made of path and query), time and access key.
--- Host, headers and body are no part of it.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number Unix time in seconds, rounded to the nearest millisecond
---@return table<string, string>? headers to add: `x-ncp-apigw-timestamp`, `x-ncp-iam-access-key`,
---  `x-ncp-apigw-signature-v2`
---@return kms.Error?
function sign.ncloud(request, credentials, timestamp) end

--- What `sign.ncloud` computes on its way.
---@param request kms.sign.Request
---@param credentials kms.sign.Credentials
---@param timestamp number
---@return kms.sign.NcloudStages?
---@return kms.Error?
function sign.ncloud_stages(request, credentials, timestamp) end

--- Opaque id of an access key and its secret key: the same for the same pair, in every process. It does not reveal the
--- keys and is not a signature that a cloud accepts.
---@param credentials kms.sign.Credentials `security_token` is ignored
---@return string? fingerprint 64 lower-case hex digits
---@return kms.Error?
function sign.fingerprint(credentials) end

return sign
