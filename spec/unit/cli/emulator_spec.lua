--- kms.cli.emulator: what it needs. spec/e2e/package_spec.lua starts an installed one.

local emulator = require "kms.cli.emulator"

describe("kms.cli.emulator", function()
  it("says which program is missing, and where it comes from", function()
    local function without(name) return function(program) return program ~= name end end
    assert.equal("nginx is missing; the emulator's server needs it (Debian: apt-get install nginx libnginx-mod-http-lua)",
      emulator.find_problem(without "nginx"))
    assert.matches("^openssl is missing", emulator.find_problem(without "openssl"))
    assert.is_nil(emulator.find_problem(function() return true end))
  end)
end)
