--- What the Lua that runs the specs offers. A spec that needs more is skipped, and says why.

local lua_features = {}

local jit = rawget(_G, "jit")

--- Lua 5.1 itself, not LuaJIT: its coroutines cannot yield across pcall, metamethods and iterators.
lua_features.is_lua51 = _VERSION == "Lua 5.1" and not jit

--- Whether a host may give Lua its own allocator: on 64-bit machines LuaJIT permits it only if it was built for pointers
--- of 64 bits, which Debian 11's was not.
lua_features.has_allocator = not jit or jit.arch ~= "x64" or require("ffi").abi "gc64"

--- Whether the end of a block closes a variable: `local file <close> = …`.
lua_features.has_close = (rawget(_G, "loadstring") or load) "local x <close> = nil" ~= nil

return lua_features
