--- Runs a Lua program in a process of its own, on the same Lua and the same paths: for specs about the environment.

local child = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- The command of the Lua that runs the specs.
child.lua = rawget(_G, "jit") and "luajit" or "lua5.4"

--- Runs `program` (Lua source) with `variables` added to an otherwise empty environment.
---@return string output what it printed, errors included
---@return boolean ok
function child.run(program, variables, prefix)
  local words = { "env", "-i", "PATH=" .. quoted(os.getenv "PATH"), "LUA_PATH=" .. quoted(package.path),
    "LUA_CPATH=" .. quoted(package.cpath) }
  for name, value in pairs(variables or {}) do words[#words + 1] = name .. "=" .. quoted(value) end
  words[#words + 1] = prefix or ""
  words[#words + 1] = child.lua .. " -e " .. quoted(program) .. " 2>&1; echo \" $?\""
  local pipe = assert(io.popen(table.concat(words, " ")))
  local output, status = pipe:read("*a"):match "^(.*) (%d+)\n$"
  pipe:close()
  return output, status == "0"
end

return child
