-- The library keeps to what Lua 5.1 to 5.5 and LuaJIT have in common.
std = "min"
max_line_length = 120
include_files = { "**/*.lua", "bin/kms", "*.rockspec", ".luacheckrc", ".busted" }
exclude_files = { "build" }

-- Rows of test data may be long: one case, one line.
files["spec"] = { std = "min+busted", max_line_length = 160 }
-- Signatures without bodies, for editors.
files["types"] = { unused_args = false }
-- Generated: one line per field.
files["types/kms/operations"] = { unused_args = false, max_line_length = false }
files["tools/emulator/handler.lua"] = { std = "ngx_lua" }
files["*.rockspec"] = { std = "+rockspec" }
