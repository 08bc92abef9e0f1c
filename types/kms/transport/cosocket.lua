---@meta kms.transport.cosocket

--- The transport inside NGINX. See docs/openresty.md.
---@class kms.transport.cosocket
local cosocket = {}

---@class kms.transport.cosocket.Options
---@field connect_timeout number? seconds for name lookup, connection, proxy and TLS handshake; default 10
---@field timeout number? seconds for one request with its response; default: the time that the call has left
---@field max_response integer? bytes of a response body; default 1048576
---@field keepalive number? seconds that an idle connection is kept; 0: never; default 60
---@field pool_size integer? idle connections that a worker keeps per host; default 64
---@field proxy string? "http://host:port" or "http://user:password@host:port", for https
---@field client_cert string? PEM file of a client certificate
---@field client_key string? PEM file of its key; default: `client_cert`
---@field client_key_password string? password of the key

---@class kms.transport.cosocket.Transport : kms.Transport
local Transport = {}

--- Sends a request and waits for the response without blocking the worker.
---@param request kms.transport.Request
---@return kms.transport.Response? response
---@return kms.Error? err
function Transport:send(request) end

--- Waits without blocking the worker.
---@param seconds number 0 to 1e9
function Transport:sleep(seconds) end

--- Unix time in seconds.
---@return number
function Transport:now() end

--- Monotonic time in seconds.
---@return number
function Transport:clock() end

--- What the transport did so far in this worker.
---@return kms.transport.Stats
function Transport:stats() end

--- Does nothing: idle connections belong to the worker and close after `keepalive` seconds.
function Transport:close() end

--- Returns the error that a call has in the present phase; nil if calls work.
---@return kms.Error? err kind "invalid", code "phase"
function cosocket.check_phase() end

--- Makes a transport. It may be made in any phase and shared by all requests of all workers.
---@param options kms.transport.cosocket.Options?
---@return kms.transport.cosocket.Transport
function cosocket.new(options) return Transport end

return cosocket
