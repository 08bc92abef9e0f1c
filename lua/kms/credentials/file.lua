--- Reads the small files in which tools and services store credentials.

local ascii = require "kms.util.ascii"
local Credentials = require "kms.credentials.value"
local http1 = require "kms.http1"
local validate = require "kms.util.validate"

local file = {}

local MAX_SIZE = 64 * 1024 -- bytes

--- Reads a whole file. It does not wait for a FIFO or a device.
---@param path string
---@param description string what the file is, for errors
---@return string? text
---@return kms.Error? err "missing" when the file does not exist, "invalid" when it cannot be read
---@return integer? mode permission bits
function file.read(path, description)
  local text, mode, reason = http1.read_file(path, MAX_SIZE)
  if text then return text, nil, mode end
  local problem = mode
  local subject = ("%s %s"):format(description, validate.quote(path))
  if problem == "absent" then return Credentials.error("missing", subject .. " does not exist") end
  if problem == "too_large" then
    return Credentials.error("invalid", ("%s exceeds %d bytes"):format(subject, MAX_SIZE))
  end
  return Credentials.error("invalid", ("%s cannot be read: %s"):format(subject, reason))
end

--- Reads a file that contains one token. The caller configured its path, so an absent file is an error, too.
---@param path string
---@param description string as for `read`
---@return string? token, kms.Error? err
function file.read_token(path, description)
  local text, err = file.read(path, description)
  if not text then return Credentials.error("invalid", err.message) end
  local token, rule = ascii.trim(text), Credentials.VISIBLE_ASCII
  if rule.test(token) then return token end
  return Credentials.error("invalid", ("%s %s must contain one token: %s"):format(description, validate.quote(path),
    rule.text))
end

--- Returns a warning when users other than its owner may read a file.
---@param path string
---@param mode integer permission bits
---@return string? warning
function file.check_permissions(path, mode)
  local is_readable_by_group, is_readable_by_others = math.floor(mode / 32) % 2 == 1, mode % 8 >= 4
  if is_readable_by_group or is_readable_by_others then
    return ("users other than its owner can read %s (mode %03o): chmod 600"):format(validate.quote(path), mode)
  end
end

return file
