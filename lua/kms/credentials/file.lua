--- Reads the small files in which tools and services store credentials.

local Credentials = require "kms.credentials.value"
local trim = require "kms.util.trim"
local validate = require "kms.util.validate"

local file = {}

local MAX_SIZE = 64 * 1024 -- bytes

-- Error numbers of POSIX: no such file; a part of the path is not a folder.
local ABSENT = { [2] = true, [20] = true }

--- Removes the path that io.open puts before a message of the system.
local function strip_path(message, path)
  message = tostring(message)
  local prefix = path .. ": "
  return message:sub(1, #prefix) == prefix and message:sub(#prefix + 1) or message
end

--- Reads a whole file.
---@param path string
---@param description string what the file is, for errors
---@return string? text, kms.Error? err "missing" when the file does not exist, "invalid" when it cannot be read
function file.read(path, description)
  local subject = ("%s %s"):format(description, validate.quote(path))
  local handle, message, code = io.open(path, "rb")
  if not handle and ABSENT[code] then return Credentials.error("missing", subject .. " does not exist") end
  local text
  if handle then
    text, message = handle:read(MAX_SIZE + 1)
    handle:close()
  end
  if not text and message then
    return Credentials.error("invalid", ("%s cannot be read: %s"):format(subject, strip_path(message, path)))
  end
  if text and #text > MAX_SIZE then
    return Credentials.error("invalid", ("%s exceeds %d bytes"):format(subject, MAX_SIZE))
  end
  return text or ""
end

--- Reads a file that contains one token. The caller configured its path, so an absent file is an error, too.
---@param path string
---@param description string as for `read`
---@return string? token, kms.Error? err
function file.read_token(path, description)
  local text, err = file.read(path, description)
  if not text then return Credentials.error("invalid", err.message) end
  local token, rule = trim(text), Credentials.VISIBLE_ASCII
  if rule.test(token) then return token end
  return Credentials.error("invalid", ("%s %s must contain one token: %s"):format(description, validate.quote(path),
    rule.text))
end

-- LuaFileSystem, or false where it is not installed. Lua itself cannot read the mode of a file.
local lfs

--- Returns a warning when users other than its owner may read a file.
---@param path string
---@return string? warning
function file.check_permissions(path)
  if lfs == nil then
    local is_loaded, module = pcall(require, "lfs")
    lfs = is_loaded and module
  end
  local mode = lfs and lfs.attributes(path, "permissions")
  if mode and mode:sub(4, 4) .. mode:sub(7, 7) ~= "--" then
    return ("users other than its owner can read %s (%s): chmod 600"):format(validate.quote(path), mode)
  end
end

return file
