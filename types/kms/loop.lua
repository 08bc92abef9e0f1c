---@meta

--- A transport whose `send` and `sleep` suspend the calling coroutine while the event loop of the host runs. Outside a
--- coroutine of the host they block. See docs/embedding.md.
---@class kms.loop.Transport : kms.Transport
local Transport = {}

--- Returns whether requests can be sent.
---@return boolean
function Transport:is_open() end

---@class kms.loop.PollingOptions
---@field sleep fun(seconds: number) suspends the calling coroutine; transports with the same function share a loop
---@field interval number? seconds between two looks at the connections; default 0.002

--- `kms.loop.luv`, `kms.loop.cqueues` and `kms.loop.copas`.
---@class kms.loop.Adapter
local adapter = {}

--- Makes a transport.
---@param options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function adapter.new(options) return Transport end

---@class kms.loop.polling
local polling = {}

--- Makes a transport for a host that offers only a sleep.
---@param options kms.loop.PollingOptions
---@param transport_options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function polling.new(options, transport_options) return Transport end

return { adapter = adapter, polling = polling }
