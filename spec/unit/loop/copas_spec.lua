--- kms.loop.copas in its host. Debian has Copas for Lua 5.1, with which LuaJIT is compatible, and not for Lua 5.4.

if rawget(_G, "jit") or pcall(require, "copas") then
  require("spec.helpers.loop_contract")("copas", { describe = describe, it = it, pending = pending, assert = assert })
end
