--- Credentials in the profile file of a cloud's own tools, read for each call and never written.

local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local file = require "kms.credentials.file"
local ini = require "kms.credentials.ini"
local provider = require "kms.credentials.provider"
local validate = require "kms.util.validate"

local profile = {}

---@class kms.ProfileFormat where a cloud's tools keep their profiles, and how they name things
---@field path string below the home folder
---@field path_variables string[]
---@field default_name string of a profile
---@field name_variables string[]
---@field has_global_keys boolean? keys before the first section belong to the default profile
---@field keys table<string, string> keys in the file by the field of the credentials

--- Finds the file: the option, the cloud's variable, or the usual place.
---@return string? path, kms.Error? err
local function locate(format, option)
  local path = option or env.read(format.path_variables)
  if path then return path end
  local home = env.read { "HOME", "USERPROFILE" }
  if home then return home .. format.path end
  return Credentials.error("missing", ("no credentials file: HOME, the folder of ~%s, is not set"):format(format.path))
end

--- Selects the fields of one profile. A key that occurs twice is an error: tools differ in which one counts, and one of
--- the two is out of date.
---@param format kms.ProfileFormat
---@param entries kms.IniEntry[]
---@param name string the profile's
---@return table? values nil when the profile does not exist or is empty
---@return string? problem
local function select_values(format, entries, name)
  local field_names = {}
  for field_name, key in pairs(format.keys) do field_names[key] = field_name end
  local values, lines
  for _, entry in ipairs(entries) do
    local is_global = entry.section == "" and format.has_global_keys and name == format.default_name
    if entry.section == name or is_global then
      values, lines = values or {}, lines or {}
      local field_name = field_names[entry.name]
      if field_name and lines[field_name] then
        return nil, ("line %d repeats %s of line %d"):format(entry.line, entry.name, lines[field_name])
      end
      -- "key =" leaves a key unset.
      if field_name and entry.value ~= "" then values[field_name], lines[field_name] = entry.value, entry.line end
    end
  end
  return values
end

--- Lists the keys that a profile lacks, by their names in the file.
---@return string? keys
local function list_missing_keys(format, fields, values)
  local keys = {}
  for i, field in ipairs(Credentials.find_missing_fields(fields, values) or {}) do keys[i] = format.keys[field.name] end
  return keys[1] and table.concat(keys, " and ")
end

--- Finds the fields of the profile in the text of a file.
---@param format kms.ProfileFormat
---@param fields kms.CredentialsField[]
---@param text string
---@param option string? the profile's name
---@return kms.Credentials? credentials, kms.Error? err its message goes after the name of the file
local function parse(format, fields, text, option)
  local entries, problem = ini.parse(text)
  if not entries then return Credentials.error("invalid", ": " .. problem) end
  local configured_name = option or env.read(format.name_variables)
  local name = configured_name or format.default_name
  local values
  values, problem = select_values(format, entries, name)
  if problem then return Credentials.error("invalid", ": " .. problem) end

  local subject = (", profile %s: "):format(validate.quote(name))
  -- A profile that was configured by name must exist and be complete. The default profile may be absent or empty.
  local empty_code = configured_name and "invalid" or "missing"
  if not values then return Credentials.error(empty_code, subject .. "there is no such profile, or it is empty") end
  local missing = list_missing_keys(format, fields, values)
  if missing then
    return Credentials.error(next(values) == nil and empty_code or "invalid", subject .. "no " .. missing)
  end
  local credentials, err = Credentials.new(fields, values)
  if not credentials then return Credentials.error("invalid", subject .. err.message) end
  return credentials
end

--- Creates a provider of a profile of the cloud's file.
---@param options kms.FileOptions
---@return kms.credentials.Provider
function profile.new(options)
  local path_option, name_option = options.path, options.profile
  return provider.new("file", function(context)
    local format = context.cloud.profile
    local path, err = locate(format, path_option)
    if not path then return nil, err end
    local text, credentials
    text, err = file.read(path, "credentials file")
    if not text then return nil, err end
    credentials, err = parse(format, context.fields, text, name_option)
    if not credentials then
      return Credentials.error(err.code, ("credentials file %s%s"):format(validate.quote(path), err.message))
    end
    credentials.warning = file.check_permissions(path)
    return credentials
  end)
end

return profile
