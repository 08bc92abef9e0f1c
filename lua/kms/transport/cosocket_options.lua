--- Options of kms.transport.cosocket: validates them, parses the proxy, and reads the client certificate.

local cosocket_tls = require "kms.transport.cosocket_tls"
local http1 = require "kms.http1"
local options = require "kms.transport.options"
local validate = require "kms.util.validate"

local ngx = rawget(_G, "ngx")

local cosocket_options = {}

---@class kms.transport.cosocket.Settings the options with their defaults
---@field proxy { host: string, name: string, port: integer, authorization: string? }?
---@field client_certificate { chain: ffi.cdata*, key: ffi.cdata* }?
---@field identity { number: integer } for the name of a connection pool: the number is another one if the proxy's user
---  or password, or the client certificate, is another one

local MAX_FILE = 2 ^ 20 -- bytes

local function decode_percent(text)
  return (text:gsub("%%([0-9A-Fa-f][0-9A-Fa-f])", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- The value of Proxy-Authorization for the part of a URL before the "@" (RFC 7617, section 2).
---@return string? authorization nil if the user or the password cannot be sent
local function parse_userinfo(userinfo)
  local user, password = userinfo:match "^([^:]*):?(.*)$"
  user, password = decode_percent(user), decode_percent(password)
  if user:find("[:%c]") or password:find "%c" then return nil end
  return "Basic " .. ngx.encode_base64(user .. ":" .. password)
end

local function parse_proxy(url)
  local authority = type(url) == "string" and url:match "^http://([^/?#]*)/?$" or ""
  local userinfo, host = authority:match "^([^@]*)@(.*)$"
  host = host or authority
  local name, port = http1.parse_host(host)
  local authorization = userinfo and parse_userinfo(userinfo)
  if not (name and port) or userinfo and not authorization then return nil end
  return { host = host, name = name:lower(), port = port, authorization = authorization }
end

-- Options of kms.transport.curl that ngx_lua cannot honour, and what to do instead.
local function unavailable(remedy)
  return { test = function() return false end, rule = "is not available in NGINX: " .. remedy }
end

local TRUST = unavailable "name the CA certificates in lua_ssl_trusted_certificate"
local OPTIONS = options.extend {
  pool_size = { default = 64, test = options.is_count, rule = "must be a whole number, 1 to 2147483647" },
  proxy = { test = parse_proxy, rule = 'must be "http://host:port" or "http://user:password@host:port"' },
  ca_file = TRUST, ca_path = TRUST, no_proxy = unavailable "make a client without a proxy for those hosts",
}

---@return string? pem, string? problem
local function read_file(option, path)
  local pem, problem, reason = http1.read_file(path, MAX_FILE)
  if pem and pem ~= "" then return pem end
  reason = pem and "the file is empty" or problem == "too_large" and ("it exceeds %d bytes"):format(MAX_FILE) or reason
  return nil, ("option '%s' must be the path of a PEM file; cannot read %s: %s"):format(
    option, validate.quote(path), reason)
end

---@return { chain: ffi.cdata*, key: ffi.cdata* }? certificate
---@return string pem_or_problem
local function read_certificate(settings)
  local key_option = settings.client_key and "client_key" or "client_cert"
  local certificate_pem, key_pem, chain, key, problem
  certificate_pem, problem = read_file("client_cert", settings.client_cert)
  if certificate_pem then key_pem, problem = read_file(key_option, settings[key_option]) end
  if problem then return nil, problem end
  chain, problem = require("ngx.ssl").parse_pem_cert(certificate_pem)
  if not chain then
    return nil, ("option 'client_cert' must be the path of a PEM file with a certificate; %s has none (%s)"):format(
      validate.quote(settings.client_cert), problem)
  end
  key, problem = cosocket_tls.parse_key(certificate_pem, key_pem, settings.client_key_password)
  if not key then
    return nil, ("option '%s' must be the path of a PEM file with the certificate's private key; %s: %s"):format(
      key_option, validate.quote(settings[key_option]), problem)
  end
  return { chain = chain, key = key }, certificate_pem
end

-- By a secret text, as long as a transport holds the value: the number that stands for the text in the name of a pool.
-- The text does not include the private key, because a certificate has one key only.
local identities = setmetatable({}, { __mode = "v" })
local identity_count = 0

local function identify(authorization, certificate_pem)
  if not (authorization or certificate_pem) then return { number = 0 } end
  local text = (authorization or "") .. "\n" .. (certificate_pem or "")
  local identity = identities[text]
  if not identity then
    identity_count = identity_count + 1
    identity = { number = identity_count }
    identities[text] = identity
  end
  return identity
end

--- Validates options and adds the defaults.
---@param values kms.transport.cosocket.Options
---@return kms.transport.cosocket.Settings? settings
---@return string? problem
function cosocket_options.parse(values)
  local settings, problem = options.parse(OPTIONS, values)
  if not settings then return nil, problem end
  for _, name in ipairs { "client_key", "client_key_password" } do
    if settings[name] and not settings.client_cert then
      return nil, ("option '%s' needs option 'client_cert'"):format(name)
    end
  end
  local certificate_pem
  if settings.client_cert then
    settings.client_certificate, certificate_pem = read_certificate(settings)
    if not settings.client_certificate then return nil, certificate_pem end
  end
  settings.proxy = settings.proxy and parse_proxy(settings.proxy)
  settings.identity = identify(settings.proxy and settings.proxy.authorization, certificate_pem)
  settings.client_key_password = nil
  return settings
end

return cosocket_options
