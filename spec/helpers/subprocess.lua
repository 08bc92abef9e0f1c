--- Runs a program in a process of its own, on the same paths: for specs about the environment.

local child = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- The command of the Lua that runs the specs.
child.lua = rawget(_G, "jit") and "luajit" or "lua5.4"

--- Runs a shell command with `variables` added to an otherwise empty environment.
---@return string output what it printed, errors included
---@return boolean ok
function child.execute(command, variables)
  local words = { "env", "-i", "PATH=" .. quoted(os.getenv "PATH"), "LUA_PATH=" .. quoted(package.path),
    "LUA_CPATH=" .. quoted(package.cpath) }
  for name, value in pairs(variables or {}) do words[#words + 1] = name .. "=" .. quoted(value) end
  words[#words + 1] = command .. " 2>&1; echo \" $?\""
  local pipe = assert(io.popen(table.concat(words, " ")))
  local output, status = pipe:read("*a"):match "^(.*) (%d+)\n$"
  pipe:close()
  return output, status == "0"
end

--- Runs `program` (Lua source) on this Lua, behind the words of `prefix`; else as `child.execute`.
function child.run(program, variables, prefix)
  return child.execute(("%s %s -e %s"):format(prefix or "", child.lua, quoted(program)), variables)
end

return child
