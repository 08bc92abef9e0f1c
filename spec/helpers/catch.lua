--- Catches the argument error of a call.

--- Returns the message that a function of one line raises. It must name that line.
---@param call function
---@return string message without the position
return function(call)
  local ok, message = pcall(call)
  if ok then error("the function does not raise", 2) end
  local source = debug.getinfo(call, "S")
  local prefix = ("%s:%d: "):format(source.short_src:match "[^/]+$", source.linedefined)
  local at = message:find(prefix, 1, true)
  if not at then error(("does not name line %d: %s"):format(source.linedefined, message), 2) end
  return message:sub(at + #prefix)
end
