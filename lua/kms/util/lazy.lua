--- Modules that a program may never need: loaded when something of them is first asked for. In NGINX at once, for
--- loading in a handler would hold up the worker. Nothing that tells of a failure is late: where files cannot be opened
--- any more, it could not be loaded.

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
