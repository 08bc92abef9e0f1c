--- Loads the shared libraries of the C modules first. Its work is to load the library, so only that is measured.
-- luacheck: std max

local batches = require "bench.programs.batches"

for _, name in ipairs { "cjson", "kms.sign" } do
  assert(package.loadlib(assert(package.searchpath(name, package.cpath)), "*"))
end

batches.run_each(function() require "kms" end)
