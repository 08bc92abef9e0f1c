--- Parses and validates the endpoints that users set.

local ascii = require "kms.util.ascii"
local http1 = require "kms.http1"
local validate = require "kms.util.validate"

local endpoint = {}

--- Parses an endpoint, `https://host[:port]`. Plain http is accepted for loopback only.
---@param url string
---@return string? scheme nil when the URL is not a valid endpoint
---@return string? host as in a Host header, without the default port
function endpoint.parse(url)
  local scheme, host = url:match "^(https?)://([^/]+)/?$"
  local name = host and http1.parse_host(host)
  if not name or scheme == "http" and not http1.is_loopback(name) then return nil end
  local default_port = scheme == "https" and ":443$" or ":80$"
  return scheme, (ascii.lower(host):gsub(default_port, ""))
end

--- Completes the endpoint of an environment variable: without a scheme it means https, as in the vendor's SDK for Go.
--- White space around it does not count, because files and shells may add a line end.
---@param url string
---@return string
function endpoint.add_scheme(url)
  url = ascii.trim(url)
  return url:find("://", 1, true) and url or "https://" .. url
end

--- The rule for an endpoint. Errors do not show a user name and password in it.
endpoint.RULE = {
  text = "https://host[:port] without a path (http:// for loopback only)",
  test = endpoint.parse,
  show = function(value) return validate.quote((value:gsub("//[^/]*@", "//[secret]@"))) end,
}

return endpoint
