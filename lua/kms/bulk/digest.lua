--- Computes the digest of a plan line by line, because a plan may be too large to be hashed as one text.

local sign = require "kms.sign"

local BLOCK = 1000 -- lines that are hashed together

---@class kms.bulk.Digest
---@field lines string[] that are not hashed yet
---@field value string of the lines before them
local Digest = {}
Digest.__index = Digest

local digest = {}

---@return kms.bulk.Digest
function digest.new()
  return setmetatable({ lines = {}, value = "plan" }, Digest)
end

local function hash_lines(self)
  self.value = assert(sign.fingerprint { access_key = self.value, secret_key = table.concat(self.lines) })
  self.lines = {}
end

---@param line string
function Digest:add(line)
  self.lines[#self.lines + 1] = line
  if #self.lines == BLOCK then hash_lines(self) end
end

--- Returns the digest of all lines, in hexadecimal digits.
---@return string
function Digest:finish()
  if self.lines[1] then hash_lines(self) end
  return self.value
end

return digest
