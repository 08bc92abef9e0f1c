--- Runs `openssl pkeyutl`, to compare the emulator's cryptography with another program's.

local function write(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

--- Runs the program and returns what it prints.
---@param options string
---@param key string PEM
---@param input string
---@param signature string?
---@return string
return function(options, key, input, signature)
  local paths = { write(key), write(input), signature and write(signature) }
  local command = ("openssl pkeyutl %s -inkey %s -in %s %s 2>&1"):format(
    options, paths[1], paths[2], signature and "-sigfile " .. paths[3] or "")
  local pipe = assert(io.popen(command))
  local output = pipe:read "*a"
  pipe:close()
  for _, path in ipairs(paths) do os.remove(path) end
  return output
end
