--- Loads a module at its first use. In NGINX it is loaded at once, because loading in a handler would block the worker.
--- Modules that report failures are not loaded lazily: a process that has no file descriptor left could not load them.

local ngx = rawget(_G, "ngx")

local lazy = {}

local names = {}

--- Loads every module that was declared lazy, and those that they declare.
function lazy.load_all()
  local i = 1
  while names[i] do
    require(names[i])
    i = i + 1
  end
end

--- Declares a lazy module.
---@param name string
---@return table module
local function declare(_, name)
  if ngx then return require(name) end
  names[#names + 1] = name
  return setmetatable({}, { __index = function(self, field)
    local value = require(name)[field]
    self[field] = value
    return value
  end })
end

return setmetatable(lazy, { __call = declare })
