--- Runs a function while a server of its own process listens.

--- Calls `call` while the server runs, and then waits for the server to end.
---@param command string prints "ready" when the server listens
---@param call function
---@return string output of the server after "ready"
return function(command, call)
  local pipe = assert(io.popen("echo $$; exec " .. command))
  local process = pipe:read "*l"
  assert(pipe:read "*l" == "ready")
  local ok, problem = pcall(call)
  -- A server that waits for more requests would not end by itself.
  if not ok then os.execute("kill " .. process) end
  local output = pipe:read "*a"
  pipe:close()
  if not ok then error(problem, 0) end
  return output
end
