--- Asks one source after the other, until one has credentials.

local Error = require "kms.error"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local chain = {}

--- A source of several. It goes on only past a source that has nothing at all ("missing"). One that is there but is
--- wrong or does not answer ends the search: going on would make the call as somebody else, without a word.
---@param members kms.CredentialProvider[]
---@return kms.CredentialProvider
function chain.new(members)
  local function get(context)
    local tried, reasons = {}, {}
    for _, member in ipairs(members) do
      local found, err = member:get(context)
      if found then return found end
      for _, row in ipairs(err.tried) do tried[#tried + 1] = row end
      if err.code ~= "missing" then
        return nil, Error.new { kind = "credentials", code = err.code, message = err.message, cause = err.cause,
          tried = tried }
      end
      reasons[#reasons + 1] = err.message
    end
    local _, err = Credentials.error("missing", table.concat(reasons, "; "))
    err.tried = tried
    return nil, err
  end

  local function forget(_, refused)
    for _, member in ipairs(members) do
      if member.forget then member:forget(refused) end
    end
  end

  local function check_fields(fields)
    for _, member in ipairs(members) do
      local problem = member.check_fields and member.check_fields(fields)
      if problem then return problem end
    end
  end

  return provider.new("chain", get, { forget = forget, check_fields = check_fields })
end

return chain
