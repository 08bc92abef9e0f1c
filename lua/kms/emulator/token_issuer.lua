--- Makes up what the clouds hand out: tokens and temporary keys, in the lengths and alphabets of the real ones. Without
--- chance: the same requests at the same times are given the same.

local signature = require "kms.emulator.signature"

local issuer = {}
issuer.__index = issuer

---@param now fun(): number
function issuer.new(now) return setmetatable({ now = now, count = 0 }, issuer) end

--- Hexadecimal digits, others each time.
---@param length integer
---@return string
function issuer:digits(length)
  self.count = self.count + 1
  local pieces = {}
  for i = 1, math.ceil(length / 64) do
    pieces[i] = signature.sha256(("%d %d %.6f"):format(self.count, i, self.now()))
  end
  return table.concat(pieces):sub(1, length)
end

--- An id that stays the same for a name.
function issuer.id(kind, name) return signature.sha256(kind .. " " .. name):sub(1, 32) end

--- A token of Huawei's IAM: base64 of a signed message, kilobytes of it.
function issuer:token() return "MII" .. self:digits(2045) end

local KEYS = {
  huawei = function(self)
    return { access_key = "HST" .. self:digits(17):upper(), secret_key = self:digits(40),
      security_token = "gQtjbi1ub3J0" .. self:digits(1000) }
  end,
  ncloud = function(self)
    return { access_key = "ncp_iam_" .. self:digits(20):upper(), secret_key = self:digits(40) }
  end,
}

--- A temporary account that sees and may do what another one does.
---@param account table
---@param lifetime number seconds
---@return table account
function issuer:temporary(account, lifetime)
  local made = KEYS[account.provider](self)
  made.provider, made.owner, made.expires = account.provider, account.owner, self.now() + lifetime
  made.projects, made.more_projects = account.projects, account.more_projects
  return made
end

return issuer
