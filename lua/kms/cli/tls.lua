--- Asks an endpoint for its TLS version and its certificate, with the program openssl: libcurl does not tell them.

local tls = {}

local TIMEOUT = 5 -- seconds

-- Prints what s_client says, and then when the server's certificate ends: s_client before OpenSSL 3.0 does not say it.
local COMMAND = [[text=$(timeout %d openssl s_client -connect %s:%s -servername %s%s%s < /dev/null 2> /dev/null)
printf '%%s\n' "$text"; printf '%%s\n' "$text" | openssl x509 -noout -enddate 2> /dev/null]]

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11,
  Dec = 12 }

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

--- Returns the option for a proxy, or nil if the program would not reach the endpoint as libcurl does.
---@param settings { proxy: string?, no_proxy: string? }
---@return string? option
local function write_proxy(settings)
  if not settings.proxy then return "" end
  local address = settings.proxy:match "^http://([%w.-]+:%d+)/?$"
  -- Which hosts no_proxy excludes is libcurl's rule.
  return address and not settings.no_proxy and " -proxy " .. address or nil
end

--- Writes the command line for a shell.
---@param host string "host" or "host:port"
---@param settings { ca_file: string?, proxy: string?, no_proxy: string? } of the transport
---@return string? command
function tls.write_command(host, settings)
  local name, port = host:match "^([%w.-]+):?(%d*)$"
  local proxy = write_proxy(settings)
  if not name or not proxy then return nil end
  local ca_file = settings.ca_file and " -CAfile " .. quote(settings.ca_file) or ""
  return COMMAND:format(TIMEOUT, name, port == "" and "443" or port, name, ca_file, proxy)
end

--- Reads what the program prints.
---@param text string
---@return string? version "TLS 1.3"
---@return string? expires "2027-03-01", in UTC
function tls.parse(text)
  local version = text:match "\nNew, TLSv([%d.]+)"
  local month, day, year = text:match "\nnotAfter=(%a+) +(%d+) [%d:]+ (%d+) GMT"
  return version and "TLS " .. version,
    MONTHS[month] and ("%s-%02d-%02d"):format(year, MONTHS[month], tonumber(day)) or nil
end

--- Asks an endpoint.
---@param host string "host" or "host:port"
---@param settings { ca_file: string?, proxy: string?, no_proxy: string? } of the transport
---@return string? version
---@return string? expires
function tls.ask(host, settings)
  local command = tls.write_command(host, settings)
  local is_opened, pipe = pcall(io.popen, command or "true", "r")
  if not is_opened or not pipe then return nil end
  local text = pipe:read "*a"
  pipe:close()
  return tls.parse(text or "")
end

return tls
