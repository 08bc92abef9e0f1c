--- The modules that `make lua-modules` built, for processes that do not inherit the module paths of the specs.

local files = require "spec.helpers.files"

local lua_modules = {}

--- Variables that put the modules after Lua's own paths; none if Debian packages all modules of this Lua.
---@param lua string
---@return table<string, string>
function lua_modules.variables(lua)
  local folder = ("%s/modules/%s"):format(os.getenv "BUILD" or "build", lua)
  if not files.exists(folder .. "/share/busted.lua") then return {} end
  local path = files.list_lines("realpath " .. folder)[1]
  return { LUA_PATH = (";;%s/?.lua;%s/share/?.lua;%s/share/?/init.lua"):format(path, path, path), LUA_CPATH = (";;%s/?.so"):format(path) }
end

--- LUA_PATH and LUA_CPATH with templates before those of the modules and Lua's own.
---@param lua string
---@param path string
---@param cpath string
---@return table<string, string>
function lua_modules.after(lua, path, cpath)
  local variables = lua_modules.variables(lua)
  return { LUA_PATH = path .. (variables.LUA_PATH or ";;"), LUA_CPATH = cpath .. (variables.LUA_CPATH or ";;") }
end

return lua_modules
