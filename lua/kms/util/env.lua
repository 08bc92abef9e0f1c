--- Environment variables. An empty variable counts as not set.

local env = {}

--- Reads the first variable that is set.
---@param names string[]
---@return string? value, string? name
function env.read(names)
  for _, name in ipairs(names) do
    local value = os.getenv(name)
    if value and value ~= "" then return value, name end
  end
end

return env
