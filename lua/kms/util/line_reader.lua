--- Reads the lines of a file as they are. Under LuaJIT, file:lines() cuts a line at a NUL, and takes the beginning of a
--- key in UTF-16 for the key.

local CHUNK = 65536 -- bytes

--- Creates a function that returns the next line of a file, without its line feed; nil at the end.
---@param file file* or anything with the method `read`
---@return fun(): string?
return function(file)
  local buffer, position = "", 1
  return function()
    local stop = buffer:find("\n", position, true)
    while not stop do
      local more, problem = file:read(CHUNK)
      if problem then error(problem, 0) end
      if not more then break end
      local searched = #buffer - position + 1
      buffer, position = buffer:sub(position) .. more, 1
      stop = buffer:find("\n", searched + 1, true)
    end
    if not stop and position > #buffer then return nil end
    local line = buffer:sub(position, (stop or #buffer + 1) - 1)
    position = (stop or #buffer) + 1
    return line
  end
end
