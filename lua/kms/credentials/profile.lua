--- Credentials from the profile files of the two clouds' own tools, read anew at each call, never written.

local validate = require "kms.util.validate"
local env = require "kms.util.env"
local ini = require "kms.credentials.ini"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local file = {}

local LARGEST = 64 * 1024 -- bytes

-- Where each cloud's file is, below the home folder, and what it calls things. Huawei Cloud: the profile file of the
-- official SDKs. NAVER Cloud: the file of its SDKs and CLI; the variable for a profile is ncp-iam-authenticator's.
local KINDS = {
  huawei = {
    path = "/.huaweicloud/credentials", path_variables = { "HUAWEICLOUD_SDK_CREDENTIALS_FILE" },
    profile = "basic", profile_variables = {},
    names = { access_key = "ak", secret_key = "sk", security_token = "security_token" },
  },
  ncloud = {
    path = "/.ncloud/configure", path_variables = {},
    profile = "DEFAULT", profile_variables = { "NCLOUD_PROFILE" }, headless = true, -- keys before any section count
    names = { access_key = "ncloud_access_key_id", secret_key = "ncloud_secret_access_key" },
  },
}

-- POSIX: there is no such file, or what should be a folder on the way to it is none.
local ABSENT = { [2] = true, [20] = true }

--- The path: the option, the cloud's variable, or the file's usual place.
---@return string? path, kms.Error? err
local function locate(kind, option)
  local path = option or env.read(kind.path_variables)
  if path then return path end
  local home = env.read { "HOME", "USERPROFILE" }
  if home then return home .. kind.path end
  return Credentials.error("missing", ("no credentials file: HOME, the folder of ~%s, is not set"):format(kind.path))
end

--- A system's reason, without the path that io.open puts before it.
local function reason_of(message, path)
  message = tostring(message)
  local prefix = path .. ": "
  return message:sub(1, #prefix) == prefix and message:sub(#prefix + 1) or message
end

--- A whole small file.
---@param path string
---@param what string what the file is, for errors
---@return string? text, kms.Error? err "missing" when there is none, "invalid" when it cannot be read
function file.read(path, what)
  local shown = ("%s %s"):format(what, validate.quote(path))
  local handle, message, code = io.open(path, "rb")
  if not handle then
    if ABSENT[code] then return Credentials.error("missing", "no " .. shown) end
    return Credentials.error("invalid", ("%s cannot be read: %s"):format(shown, reason_of(message, path)))
  end
  local text
  text, message = handle:read(LARGEST + 1)
  handle:close()
  if not text and message then
    return Credentials.error("invalid", ("%s cannot be read: %s"):format(shown, reason_of(message, path)))
  end
  if text and #text > LARGEST then
    return Credentials.error("invalid", ("%s is larger than %d bytes"):format(shown, LARGEST))
  end
  return text or ""
end

--- The one word of a file that holds a token, which services put there for their programs. It must be there, for
--- somebody named it.
---@return string? word, kms.Error? err
function file.read_word(path, what)
  local text, err = file.read(path, what)
  if not text then return Credentials.error("invalid", err.message) end
  local word = Credentials.trim(text)
  if Credentials.rules.header_safe.test(word) then return word end
  return Credentials.error("invalid", ("%s %s holds no token: it must be %s"):format(what, validate.quote(path),
    Credentials.rules.header_safe.text))
end

-- LuaFileSystem where it is installed: Lua itself cannot ask for a file's mode. false once it was not found.
local lfs

--- A warning when others than its owner may read a file.
---@return string? warning
local function exposure(path)
  if lfs == nil then
    local loaded, module = pcall(require, "lfs")
    lfs = loaded and module
  end
  local mode = lfs and lfs.attributes(path, "permissions")
  if mode and mode:sub(4, 4) .. mode:sub(7, 7) ~= "--" then
    return ("%s can be read by others than its owner (%s): chmod 600"):format(validate.quote(path), mode)
  end
end

--- The fields of a profile. A key that stands there twice is refused: readers differ in which one counts, and one of
--- the two is out of date.
---@return table? fields nil when there is no such profile, or it is empty
---@return string? problem
local function select_fields(kind, entries, profile)
  local wanted = {}
  for field, name in pairs(kind.names) do wanted[name] = field end
  local found, lines
  for _, entry in ipairs(entries) do
    local here = entry.section == profile or kind.headless and profile == kind.profile and entry.section == ""
    if here then
      found, lines = found or {}, lines or {}
      local field = wanted[entry.name]
      if field and lines[field] then
        return nil, ("line %d gives %s again, after line %d"):format(entry.line, entry.name, lines[field])
      end
      -- "key =" is how a key is left open
      if field and entry.value ~= "" then found[field], lines[field] = entry.value, entry.line end
    end
  end
  return found
end

--- The keys that a profile lacks, by their names in the file; all of them, or some.
local function lacking(kind, fields, found)
  local names = {}
  for i, field in ipairs(Credentials.missing_fields(fields, found) or {}) do names[i] = kind.names[field.name] end
  return names[1] and table.concat(names, " and "), next(found) == nil
end

--- Reads one profile.
---@return kms.Credentials? found, kms.Error? err
local function read_profile(kind, fields, path, option)
  local text, err = file.read(path, "credentials file")
  if not text then return nil, err end
  local where = "credentials file " .. validate.quote(path)
  local entries, problem = ini.read(text)
  if not entries then return Credentials.error("invalid", where .. ": " .. problem) end

  local named = option or env.read(kind.profile_variables)
  local profile = named or kind.profile
  local given
  given, problem = select_fields(kind, entries, profile)
  if problem then return Credentials.error("invalid", where .. ": " .. problem) end
  where = ("%s, profile %s"):format(where, validate.quote(profile))
  -- A profile that was asked for by name is expected to be there, and complete; the usual one may be absent or empty.
  local empty = named and "invalid" or "missing"
  if not given then return Credentials.error(empty, where .. ": there is no such profile, or it is empty") end
  local names, none = lacking(kind, fields, given)
  if names then return Credentials.error(none and empty or "invalid", ("%s: no %s"):format(where, names)) end

  local found
  found, err = Credentials.new(fields, given)
  if not found then return Credentials.error("invalid", ("%s: %s"):format(where, err.message)) end
  found.warning = exposure(path)
  return found
end

--- A source of the cloud's profile file.
---@param options { path: string?, profile: string? }
---@return kms.CredentialProvider
function file.new(options)
  local path_option, profile = options.path, options.profile
  return provider.new("file", function(context)
    local kind = KINDS[context.provider]
    local path, err = locate(kind, path_option)
    if not path then return nil, err end
    return read_profile(kind, context.fields, path, profile)
  end)
end

return file
