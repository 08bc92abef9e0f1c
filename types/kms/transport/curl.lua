---@meta kms.transport.curl

--- The blocking transport, on libcurl. A transport is one cache of connections: keep it, and calls share them. It
--- follows no redirect, and nothing switches the checks of TLS off; `ca_file` or `ca_path` trust one's own CA. Plain
--- http goes to loopback only, and never through a proxy. The environment's proxies are ignored.
---@class kms.transport.curl
local curl = {}

--- Times are in seconds, and fractions count.
---@class kms.transport.curl.Options
---@field ca_file string? file of CA certificates (PEM), instead of libcurl's own
---@field ca_path string? folder of CA certificates (made by openssl rehash), instead of libcurl's own
---@field proxy string? proxy for https, for example "http://user:password@proxy.example:3128"; none by default
---@field no_proxy string? hosts to reach without the proxy, separated by commas
---@field connect_timeout number? for name, connection and handshake; 10
---@field timeout number? for a whole exchange; 30 where the request has no deadline
---@field max_response integer? bytes that the body of an answer may have; 1 MiB. Its head may have 256 KiB.
---@field keepalive number? how long an idle connection may be used again; 60. 0: never.
---@field http_version '"1.1"'|'"2"'|nil "1.1" by default; "2" is agreed on in the TLS handshake, or else 1.1 is spoken
---@field client_cert string? file of the client's certificate (PEM)
---@field client_key string? file of its key (PEM)
---@field client_key_password string? what opens that file

---@class kms.transport.curl.Transport
local Transport = {}

--- What a transport sends. Only raw fields count.
---@class kms.transport.Request
---@field method string
---@field scheme "https"|"http"
---@field host string name, IPv4 address or "[IPv6]", with ":port" where it is not the default
---@field target string? sent as it stands; may be missing where `path` is a string that needs no encoding
---@field path string|string[]|nil
---@field query string[][]?
---@field headers string[][]? list of {name, value}; Host is `host` unless given; the transport sends Content-Length
---@field body string?
---@field link_local boolean? plain http may go to 169.254.0.0/16 as well: to a cloud's metadata service
---@field deadline number? on the scale of `now`; the earlier of it and `timeout` ends the exchange

---@class kms.transport.Response
---@field status integer
---@field headers table<string, string> names in lower case; a repeated header's values joined with ", "
---@field body string

--- Sends a request and waits for the answer, whatever its status. After a failure its connection is closed.
--- err.kind is "transport" (code: timeout, dns, connect, tls, closed, too_large or other), or "invalid" for
--- a request that was not sent (code: the field). Raises on what is no request, and on a closed transport. A
--- finalizer that calls it while the transport is at work has a connection of its own.
---@param request kms.transport.Request
---@return kms.transport.Response? response
---@return kms.Error? err
function Transport:send(request) end

--- Waits.
---@param seconds number 0 to 1e9
function Transport:sleep(seconds) end

--- Unix time, with its fraction.
---@return number seconds
function Transport:now() end

---@class kms.transport.curl.Stats
---@field requests integer exchanges so far
---@field connections integer connections made for them

---@return kms.transport.curl.Stats
function Transport:stats() end

--- Closes the connections; the transport is then of no use. May be called again. Collection does it too, as does
--- the end of a `<close>` variable's block.
function Transport:close() end

--- Many exchanges at once over connections of their own, which they share: each with the settings of a transport.
--- Nothing goes on but within `add` and `poll`. Where a transport speaks HTTP/2, all exchanges with a host share one
--- connection, until one of them fails: later ones get a new connection.
---@class kms.transport.curl.Multi
local Multi = {}

--- Begins an exchange. Errors and raises are those of `send`; an error that comes at once is returned at once. The
--- transport may be closed or used meanwhile.
---@param transport kms.transport.curl.Transport
---@param request kms.transport.Request
---@return integer? key of the exchange, small, until `poll` has given its end
---@return kms.Error? err
function Multi:add(transport, request) end

--- Goes on with what is in flight until an exchange has ended, and gives it; nothing when the time is over, or a signal
--- came. Waits too when nothing is in flight.
---@param seconds number 0 to 1e9
---@return integer? key
---@return kms.transport.Response? response
---@return kms.Error? err
function Multi:poll(seconds) end

--- How many were begun whose end `poll` has not given yet.
---@return integer
function Multi:pending() end

--- Seconds since some moment, on a clock that nobody puts right.
---@return number
function Multi:clock() end

--- Exchanges begun so far, and connections made for those that have ended.
---@return kms.transport.curl.Stats
function Multi:stats() end

--- Breaks off what is in flight: what becomes of it on the server is not known. Collection does it too, as does the end
--- of a `<close>` variable's block.
function Multi:close() end

---@return kms.transport.curl.Multi
function curl.multi() return Multi end

--- A new transport; it does nothing before its first request. Raises on an unknown option and on a value that is
--- against the option's rule.
---@param options kms.transport.curl.Options?
---@return kms.transport.curl.Transport
function curl.new(options) return Transport end

return curl
