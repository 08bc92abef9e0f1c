--- The headers of requests. A header that every JSON request carries is added here; what HTTP itself needs (Host,
--- Content-Length) is set by the transport.

local request_headers = {}

--- Creates a list of the headers that every JSON request carries, followed by others.
---@param others { [1]: string, [2]: string }[]? name and value of each
---@param media_type string? default "application/json"
---@return { [1]: string, [2]: string }[]
function request_headers.for_json(others, media_type)
  local list = { { "Content-Type", media_type or "application/json" } }
  for _, pair in ipairs(others or {}) do list[#list + 1] = pair end
  return list
end

local ACCEPT_ENCODING = { "Accept-Encoding", "identity" }

--- Adds the headers that every request carries. No signature covers them, because an intermediary may change them.
---@param list { [1]: string, [2]: string }[] of one request; it is changed
---@return { [1]: string, [2]: string }[]
function request_headers.add_unsigned(list)
  local count = #list
  if list[count] ~= ACCEPT_ENCODING then list[count + 1] = ACCEPT_ENCODING end
  return list
end

--- Describes the encoding of a response's body, if it is not the one that was asked for.
---@param response table
---@return string? problem
function request_headers.describe_encoding(response)
  local encoding = response.headers["content-encoding"]
  if encoding and encoding ~= "" and encoding ~= "identity" then
    return ("the response has Content-Encoding %s, although the request accepts identity only"):format(encoding)
  end
end

return request_headers
