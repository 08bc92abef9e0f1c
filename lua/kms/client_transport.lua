--- Opens the transport of a client at its first call, and releases it.

local env = require "kms.util.env"
local iterate = require "kms.util.iterate"

-- Loaded with this module, because loading in a handler would block the NGINX worker. In plain Lua the default is
-- kms.transport.curl, loaded at the first call: a program with a transport of its own does not need libcurl.
local ngx = rawget(_G, "ngx")
local cosocket = ngx and ngx.get_phase and require "kms.transport.cosocket"

local client_transport = {}

-- In plain Lua, clients without transport options share one transport, with its connections and the system's CA
-- certificates, which take longer to read than a call takes. It lives as long as one of these clients.
local shared = setmetatable({}, { __mode = "v" }) -- `transport`
local sharing_clients = setmetatable({}, { __mode = "k" })

--- Adds the CA certificates of the environment to the options of kms.transport.curl. In NGINX, the configuration names
--- them.
local function add_ca_file(options)
  local path = not cosocket and options.ca_file == nil and options.ca_path == nil and env.read { "KMS_CA_FILE" }
  if not path then return options end
  local copy = iterate.copy(options)
  copy.ca_file = path
  return copy
end

--- Creates the default transport of this host.
---@return table|userdata|nil transport, string? problem argument error in the options
local function create(options)
  options = add_ca_file(options)
  local ok, transport = pcall((cosocket or require "kms.transport.curl").new, options)
  if ok then return transport end
  return nil, "option 'transport': " .. tostring(transport)
end

--- Finds the transport of a client: the caller's, or the default one, which the first call creates. It never blocks an
--- NGINX worker unless the caller chose one that does.
---@param self table a client
---@return table|userdata|nil transport, kms.Error? err
---@return string? problem argument error in the option
function client_transport.open(self)
  local transport = self.transport
  if transport and not self.owns_transport then
    if self.is_transport_open and not self.is_transport_open(transport) then return nil, nil, "transport is closed" end
    return transport
  end
  local refusal = cosocket and cosocket.check_phase()
  if refusal then return nil, refusal end
  if transport then return transport end
  local options = self.transport_options()
  local is_shared = not cosocket and next(options) == nil
  local problem
  transport = is_shared and shared.transport
  if not transport then transport, problem = create(options) end
  if not transport then return nil, nil, problem end
  if is_shared then shared.transport, sharing_clients[self] = transport, true end
  self.transport, self.owns_transport = transport, true
  return transport
end

--- Closes the transport that the client created, or the shared one if no other client uses it.
---@param self table a client
function client_transport.release(self)
  local transport = self.transport
  self.transport, self.owns_transport, sharing_clients[self] = false, false, nil
  if transport == shared.transport then
    if next(sharing_clients) ~= nil then return end
    shared.transport = nil
  end
  if transport and transport.close then transport:close() end
end

return client_transport
