--- What the Lua that runs the specs offers. A spec that needs more is skipped, and says why.

local lua_features = {}

--- Lua 5.1 itself, not LuaJIT: its coroutines cannot yield across pcall, metamethods and iterators.
lua_features.is_lua51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

--- Whether the end of a block closes a variable: `local file <close> = …`.
lua_features.has_close = (rawget(_G, "loadstring") or load) "local x <close> = nil" ~= nil

return lua_features
