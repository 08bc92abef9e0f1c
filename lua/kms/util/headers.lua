--- The headers of a request. A header that every JSON request carries is added here; the transport sets what
--- HTTP itself needs, Host and Content-Length.

local headers = {}

local JSON = { { "Content-Type", "application/json" } }

--- Creates a list of the headers that every JSON request carries, followed by others.
---@param others { [1]: string, [2]: string }[]? name and value of each
---@return { [1]: string, [2]: string }[]
function headers.for_json(others)
  local list = {}
  for i, pair in ipairs(JSON) do list[i] = { pair[1], pair[2] } end
  for _, pair in ipairs(others or {}) do list[#list + 1] = pair end
  return list
end

return headers
