--- Loads a module at its first use. In NGINX it is loaded at once, because loading in a handler would block the worker.
--- Modules that report failures are not loaded lazily: a process that has no file descriptor left could not load them.

local ngx = rawget(_G, "ngx")

---@param name string
---@return table module
return function(name)
  if ngx then return require(name) end
  return setmetatable({}, { __index = function(self, field)
    local value = require(name)[field]
    self[field] = value
    return value
  end })
end
