---@meta

--- The contract of a transport. `kms.transport.curl`, `kms.transport.cosocket` and `kms.emulator` implement it. Objects
--- that you write can implement it too. See docs/transports.md.
---@class kms.Transport
local Transport = {}

---@class kms.transport.Request
---@field method string
---@field scheme "https"|"http"
---@field host string name, IPv4 address or "[IPv6 address]", with ":port" unless it is the default port
---@field target string request target, percent-encoded; sent unchanged
---@field headers { [1]: string, [2]: string }[]? list of { name, value }; requests share the items
---@field body string?
---@field timeout number? seconds for this request, from its start to the end of its response
---@field idempotent boolean? may be sent again if a kept connection was closed; by default, the method decides
---@field link_local boolean? plain HTTP may go to a link-local address: a metadata service

---@class kms.transport.Response
---@field status integer
---@field headers table<string, string> names in lower case; values of a repeated header are joined with ", "
---@field body string

--- Sends a request and returns the response, whatever its status. Required.
---@param request kms.transport.Request
---@return kms.transport.Response? response
---@return kms.Error? err kind "transport", or "invalid" for a request that cannot be sent
function Transport:send(request) end

--- Waits. Required, unless the client has `retry = false`.
---@param seconds number
function Transport:sleep(seconds) end

--- Monotonic time in seconds. Optional.
---@return number
function Transport:clock() end

--- Unix time in seconds. Optional.
---@return number
function Transport:now() end

---@class kms.transport.Stats
---@field requests integer requests so far
---@field connections integer connections made so far

--- What the transport did so far. Optional.
---@return kms.transport.Stats
function Transport:stats() end

--- Closes the connections. Optional.
function Transport:close() end

return Transport
