--- Runs programs in processes of their own, with the module paths of the specs and an otherwise empty environment.

local subprocess = {}

--- The command of the Lua that runs the specs; `make test` sets the variable.
subprocess.lua = os.getenv "KMS_LUA" or rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+"

--- A text as one word of a shell command.
---@param text string
---@return string
function subprocess.quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Runs a shell command.
---@param command string
---@param variables table<string, string>? added to the environment
---@return string output of stdout and stderr
---@return boolean ok whether the exit status is 0
function subprocess.execute(command, variables)
  local environment = { PATH = os.getenv "PATH", LUA_PATH = package.path, LUA_CPATH = package.cpath }
  for name, value in pairs(variables or {}) do environment[name] = value end
  local words = { "env", "-i" }
  for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. subprocess.quote(value) end
  words[#words + 1] = command .. " 2>&1; echo \" $?\""
  local pipe = assert(io.popen(table.concat(words, " ")))
  local output, status = pipe:read("*a"):match "^(.*) (%d+)\n$"
  pipe:close()
  return output, status == "0"
end

--- Runs a Lua program on the Lua of the specs.
---@param program string source text
---@param variables table<string, string>? added to the environment
---@param prefix string? words before the command, for example of strace
---@return string output of stdout and stderr
---@return boolean ok whether the exit status is 0
function subprocess.run(program, variables, prefix)
  local command = ("%s %s -e %s"):format(prefix or "", subprocess.lua, subprocess.quote(program))
  return subprocess.execute(command, variables)
end

return subprocess
