--- Loads the shared libraries of the modules in C, without a look inside; then, as its work, the library.
-- luacheck: std max

local batches = require "bench.programs.batches"

for _, name in ipairs { "cjson", "kms.sign" } do
  assert(package.loadlib(assert(package.searchpath(name, package.cpath)), "*"))
end

batches.each(function() require "kms" end)
