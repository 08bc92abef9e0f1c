---@meta kms.transport.curl

--- The transport outside NGINX: HTTP/1.1 over libcurl's connections. See docs/transports.md.
---@class kms.transport.curl
---@field libcurl_version string of the loaded libcurl, for example "7.88.1"
local curl = {}

--- Times are in seconds; fractions count.
---@class kms.transport.curl.Options
---@field ca_file string? PEM file of the CAs to trust, in place of the system's
---@field ca_path string? folder of such files, as `openssl rehash` makes it
---@field client_cert string? PEM file of a client certificate
---@field client_key string? PEM file of its key
---@field client_key_password string? password of the key
---@field connect_timeout number? for name lookup, connection, proxy and TLS handshake; default 10
---@field timeout number? for one request with its response; default: the time that the call has left
---@field max_response integer? bytes of a response body; default 1048576
---@field keepalive number? how long an idle connection is kept; 0: never; default 60
---@field proxy string? proxy for https, for example "http://user:password@proxy.example:3128"
---@field no_proxy string? hosts that are reached without the proxy, separated by commas

---@class kms.transport.curl.Transport : kms.Transport
local Transport = {}

--- Sends a request and waits for the response, whatever its status. Raises an argument error if `request` is not a
--- request, or if the transport is closed.
---@param request kms.transport.Request
---@param is_brief boolean? only the headers Date, Retry-After, X-Request-Id and Content-Encoding are needed
---@return kms.transport.Response? response
---@return kms.Error? err
function Transport:send(request, is_brief) end

--- Waits.
---@param seconds number 0 to 1e9
function Transport:sleep(seconds) end

--- Unix time in seconds.
---@return number
function Transport:now() end

--- Monotonic time in seconds.
---@return number
function Transport:clock() end

--- What the transport did so far.
---@return kms.transport.Stats
function Transport:stats() end

--- Returns whether requests can be sent.
---@return boolean
function Transport:is_open() end

--- Closes the connections. The transport cannot be used afterwards. Collection does the same, and so does the end of a
--- `<close>` variable's block.
function Transport:close() end

--- Many requests at once. All multis and transports of a Lua state share one event loop.
---@class kms.transport.curl.Multi
local Multi = {}

--- Starts a request over the connections of a transport.
---@param transport kms.transport.curl.Transport
---@param request kms.transport.Request
---@param is_brief boolean? as for `send`
---@return integer? id of the request, unique until `step` returns it
---@return kms.Error? err the request was not started
function Multi:add(transport, request, is_brief) end

--- Makes progress with the requests. Returns one that has ended; nothing if none has ended within `seconds`.
---@param seconds number? how long to wait at most; default 0
---@return integer? id
---@return kms.transport.Response? response
---@return kms.Error? err
function Multi:step(seconds) end

--- Number of requests that `step` has not returned yet.
---@return integer
function Multi:pending() end

--- A file descriptor that is readable when `step` has something to do. It stays the same, and belongs to the multi.
---@return integer? descriptor nil on systems without epoll
function Multi:descriptor() end

--- Seconds until `step` must be called even if the descriptor is not readable; nil if there is no such time.
---@return number?
function Multi:timeout() end

--- Monotonic time in seconds.
---@return number
function Multi:clock() end

--- What the multi did so far.
---@return kms.transport.Stats
function Multi:stats() end

--- Aborts the requests that run. Whether the server handles them is not known. Collection does the same, and so does
--- the end of a `<close>` variable's block.
function Multi:close() end

--- Makes a multi.
---@return kms.transport.curl.Multi
function curl.multi() return Multi end

--- Makes a transport. It connects at its first request. Raises on an unknown option or a value that is not valid.
---@param options kms.transport.curl.Options?
---@return kms.transport.curl.Transport
function curl.new(options) return Transport end

return curl
