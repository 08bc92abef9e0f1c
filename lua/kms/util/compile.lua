--- Compiles Lua code from a text.

local load_text = _VERSION == "Lua 5.1" and _G.loadstring or load

--- Compiles a text to a function. Raises if it is not Lua.
---@param text string
---@param name string? of the chunk, in messages
---@return function
return function(text, name) return assert(load_text(text, name)) end
