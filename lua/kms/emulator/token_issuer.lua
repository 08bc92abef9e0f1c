--- Issues tokens and temporary keys with the lengths and alphabets of real ones. They do not depend on chance: the same
--- requests at the same times receive the same values.

local ascii = require "kms.util.ascii"
local signature = require "kms.emulator.signature"

local token_issuer = {}
token_issuer.__index = token_issuer

---@param now fun(): number Unix time of the clouds
function token_issuer.new(now) return setmetatable({ now = now, count = 0 }, token_issuer) end

--- Generates hexadecimal digits. Every call returns other digits.
---@param length integer
---@return string
function token_issuer:generate_digits(length)
  self.count = self.count + 1
  local pieces = {}
  for i = 1, math.ceil(length / 64) do
    pieces[i] = signature.hash_sha256(("%d %d %.6f"):format(self.count, i, self.now()))
  end
  return table.concat(pieces):sub(1, length)
end

--- Derives an id from a name.
---@param kind string separates the ids of equal names
---@param name string
---@return string
function token_issuer.derive_id(kind, name) return signature.hash_sha256(kind .. " " .. name):sub(1, 32) end

--- Issues a token of Huawei Cloud's IAM: several kilobytes, as the base64 text of a signed message.
---@return string
function token_issuer:issue_token() return "MII" .. self:generate_digits(2045) end

local KEY_GENERATORS = {
  huawei = function(self)
    return { access_key = "HST" .. ascii.upper(self:generate_digits(17)), secret_key = self:generate_digits(40),
      security_token = "gQtjbi1ub3J0" .. self:generate_digits(1000) }
  end,
  ncloud = function(self)
    return { access_key = "ncp_iam_" .. ascii.upper(self:generate_digits(20)), secret_key = self:generate_digits(40) }
  end,
}

--- Issues a temporary key: an account with the rights of another account.
---@param account table
---@param lifetime number seconds
---@return table account
function token_issuer:issue_key(account, lifetime)
  local temporary = KEY_GENERATORS[account.provider](self)
  temporary.provider, temporary.owner, temporary.expires = account.provider, account.owner, self.now() + lifetime
  temporary.projects, temporary.more_projects = account.projects, account.more_projects
  return temporary
end

return token_issuer
