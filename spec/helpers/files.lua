--- Reads and writes whole files, for specs about files.

local files = {}

---@param path string
---@return string
function files.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

---@param path string
---@param text string
function files.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

---@param path string
---@return boolean
function files.exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

--- Returns a path that does not exist.
---@return string
function files.new_path()
  local path = os.tmpname()
  os.remove(path)
  return path
end

--- Returns the lines that a shell command prints.
---@param command string
---@return string[]
function files.list_lines(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

return files
