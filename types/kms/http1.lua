---@meta kms.http1

--- HTTP/1.1 as bytes: writes requests and parses responses by RFC 9112. No function does I/O.
---@class kms.http1
---@field error_codes string[] the transport error codes, which `error_message` takes
local http1 = {}

--- Parses one response.
---@class kms.http1.Parser
local Parser = {}

--- Parses the next bytes, in pieces of any size. Returns nothing until the response is complete or not valid. After a
--- result the parser can only be used for another response, see `http1.parser`.
---@param bytes string
---@return boolean? ok
---@return kms.transport.Response|string|nil response_or_code the response; or the error code, if `ok` is false
---@return boolean|string|nil reusable_or_reason whether the connection may be reused; or the reason, if `ok` is false
---@return boolean? is_drained whether no bytes follow the response
function Parser:feed(bytes) end

--- The server has closed the connection. Returns as `feed`, but always a result.
---@return boolean ok
---@return kms.transport.Response|string response_or_code
---@return boolean|string reusable_or_reason
---@return boolean? is_drained
function Parser:finish() end

--- Whether any byte was parsed.
---@return boolean
function Parser:has_started() end

--- The status of a response that failed before it was complete, if it is 400 or above.
---@return integer?
function Parser:error_status() end

--- Makes a parser.
---@param method string of the request; a response to HEAD or CONNECT has no body
---@param max_body integer bytes of the body, 0 to 2147483647
---@param is_brief boolean? only the headers Date, Retry-After, X-Request-Id and Content-Encoding are needed; they are
---  beside `status` and `body`, and `headers` is the response itself
---@param reused kms.http1.Parser? one that has returned its result; it becomes the parser of the next response
---@return kms.http1.Parser
function http1.parser(method, max_body, is_brief, reused) return Parser end

--- Validates a request and writes it.
---@param request kms.transport.Request
---@param parser kms.http1.Parser? one that has returned its result: its memory is used, which makes less garbage
---@return string? bytes
---@return kms.Error? err kind "invalid"; `code` is the field
---@return string? problem an argument error; `err` is nil then
function http1.request(request, parser) end

--- Splits the host of a request. Returns nothing if it is not valid.
---@param host string
---@return string? name as in `host`
---@return integer? port nil if there is none
function http1.parse_host(host) end

--- Whether a name is an IPv4 address or an IPv6 address in brackets.
---@param name string
---@return boolean
function http1.is_ip(name) end

--- Whether a name is "localhost" or a loopback address.
---@param name string
---@return boolean
function http1.is_loopback(name) end

--- Whether a name is an address in 169.254.0.0/16.
---@param name string
---@return boolean
function http1.is_link_local(name) end

--- Whether a method is idempotent (RFC 9110, section 9.2.2).
---@param method string
---@return boolean
function http1.is_idempotent(method) end

--- The message of a transport error.
---@param code string one of `error_codes`
---@param host string
---@param reason string
---@return string
function http1.error_message(code, host, reason) end

--- Reads a regular file. It does not wait, so a FIFO or a device is unreadable.
---@param path string
---@param max_size integer in bytes
---@return string? content
---@return integer|"absent"|"too_large"|"unreadable" mode_or_problem permission bits, or why there is no content
---@return string? reason
function http1.read_file(path, max_size) end

--- Monotonic time in seconds.
---@return number
function http1.monotonic() end

--- Unix time in seconds.
---@return number
function http1.now() end

return http1
