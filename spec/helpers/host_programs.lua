--- Host programs that have a Lua of their own: whether they are installed, and the variables that they are run with.

local lua_modules = require "spec.helpers.lua_modules"

local host_programs = {}

local BUILD = os.getenv "BUILD" or "build"

--- Returns why a host cannot be used; nil if it can. In CI a missing host is an error.
---@param program string
---@return string? reason
function host_programs.missing(program)
  local found = os.execute(("command -v %s > /dev/null"):format(program))
  if found == true or found == 0 then return nil end
  assert(not os.getenv "CI", program .. " is not installed")
  return program .. " is not installed"
end

local function root_folder()
  local pipe = assert(io.popen "pwd")
  local path = pipe:read "*l"
  pipe:close()
  return path
end

--- The absolute path of the build tree of a Lua.
---@param lua string
function host_programs.build_tree(lua)
  return ("%s/%s"):format(BUILD:find "^/" and BUILD or root_folder() .. "/" .. BUILD, lua)
end

--- Variables that let a host find the library, and the emulator with its accounts.
---@param lua string the Lua of the host
---@return table<string, string>
function host_programs.variables(lua)
  local root = root_folder()
  local variables = lua_modules.after(lua, ("%s/lua/?.lua;%s/lua/?/init.lua"):format(root, root),
    host_programs.build_tree(lua) .. "/?.so")
  variables.HOME = host_programs.build_tree(lua)
  for line in io.lines(os.getenv "KMS_EMULATOR_DIR" .. "/env") do
    local name, value = line:match "^export ([%w_]+)='(.*)'$"
    if name then variables[name] = value end
  end
  return variables
end

return host_programs
