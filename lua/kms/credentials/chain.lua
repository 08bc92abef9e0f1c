--- A credential provider that asks several others in turn.

local Credentials = require "kms.credentials.value"
local Error = require "kms.error"
local provider = require "kms.credentials.provider"

local chain = {}

--- Creates a provider of the first credentials that the members return. Only a member that has none ("missing") passes
--- the call on. A member that is configured but wrong or unreachable ends the search, because the next member could
--- make the call under another identity unnoticed.
---@param members kms.credentials.Provider[]
---@return kms.credentials.Provider
function chain.new(members)
  local function get(context)
    local tried, reasons = {}, {}
    for _, member in ipairs(members) do
      local credentials, err = member:get(context)
      if credentials then return credentials end
      for _, entry in ipairs(err.tried) do tried[#tried + 1] = entry end
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
