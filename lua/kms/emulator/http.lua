--- Reads the requests and writes the responses of the emulated services.

local ascii = require "kms.util.ascii"
local json = require "kms.emulator.json"

local http = {}

local function byte_from_hex(hex) return string.char(tonumber(hex, 16)) end

--- Decodes percent-encoding. "+" stays as it is, because both clouds sign %20 for a space.
---@param text string
---@return string
function http.percent_decode(text)
  return (text:gsub("%%(%x%x)", byte_from_hex))
end

--- Percent-encodes all characters except the unreserved ones (RFC 3986, section 2.3).
---@param text string
---@return string
function http.percent_encode(text)
  return (text:gsub("[^A-Za-z0-9%-_.~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Splits a text at every separator. Empty pieces are kept.
---@param text string
---@param separator string one character
---@return string[]
function http.split(text, separator)
  local pieces = {}
  for piece in (text .. separator):gmatch("(.-)%" .. separator) do pieces[#pieces + 1] = piece end
  return pieces
end

--- Splits a request target.
---@param target string
---@return string[] segments of the path, decoded, without the empty one before the first slash
---@return string query as received
function http.parse_target(target)
  local path, query = target:match "^/?([^?]*)%??(.*)$"
  local segments = http.split(path, "/")
  for i, segment in ipairs(segments) do segments[i] = http.percent_decode(segment) end
  return segments, query
end

--- Splits a query.
---@param query string
---@return string[][] parameters { name, value } pairs, decoded, in the order of the query
function http.parse_query(query)
  local parameters = {}
  for _, piece in ipairs(http.split(query, "&")) do
    local name, value = piece:match "^([^=]*)=?(.*)$"
    if piece ~= "" then parameters[#parameters + 1] = { http.percent_decode(name), http.percent_decode(value) } end
  end
  return parameters
end

--- Returns the first value of a query parameter.
---@param request table
---@param name string
---@return string? value decoded
function http.get_query_parameter(request, name)
  local _, query = http.parse_target(request.target)
  for _, parameter in ipairs(http.parse_query(query)) do
    if parameter[1] == name then return parameter[2] end
  end
end

--- Returns the value of a header without leading and trailing white space. Repeated headers are joined with a comma
--- (RFC 9110, section 5.3).
---@param request table
---@param name string in lower case
---@return string?
function http.get_header(request, name)
  local value
  for _, pair in ipairs(request.headers or {}) do
    if ascii.lower(pair[1]) == name then
      local text = pair[2]:match "^%s*(.-)%s*$"
      value = value and value .. "," .. text or text
    end
  end
  return value
end

--- Creates a response with a JSON body.
---@param status integer
---@param value any as `kms.emulator.json` encodes it
---@return table response
function http.json_response(status, value)
  return { status = status, headers = { ["content-type"] = "application/json" }, body = json.encode(value) }
end

--- Creates a response with a plain text body.
---@param status integer
---@param text string
---@return table response
function http.text_response(status, text)
  return { status = status, headers = { ["content-type"] = "text/plain" }, body = text }
end

return http
