--- What a handler returns for something that this emulator does not do, and for problems of the cryptography.

local outcome = {}

--- Refuses what only dedicated hardware has, or what no published page describes.
---@param what string
---@return nil, string code, string details
function outcome.refuse_not_emulated(what) return nil, "EMULATOR.0501", "Not emulated: " .. what .. "." end

--- Refuses what OpenSSL or luaossl cannot do.
---@param problem string of kms.emulator.crypto; one that is not about support must have a code of the cloud in `codes`
---@param what string an algorithm or kind of key
---@param codes table<string, string>? code of the cloud by problem
---@return nil, string code, string? details
function outcome.refuse_problem(problem, what, codes)
  local code = codes and codes[problem]
  if code then return nil, code end
  return nil, "EMULATOR.0501", what .. " is not supported by this emulator."
end

return outcome
