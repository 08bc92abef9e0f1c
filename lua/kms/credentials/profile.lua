--- Credentials in the profile file of a cloud's own tools. The file is never written.

local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local file = require "kms.credentials.file"
local ini = require "kms.credentials.ini"
local provider = require "kms.credentials.provider"
local validate = require "kms.util.validate"

local profile = {}

-- In NGINX, where reading blocks the worker, a file is read again after this time. Elsewhere each call reads it.
local READ_INTERVAL = rawget(_G, "ngx") and 10 -- seconds

local INHERITED = "DEFAULT"

---@class kms.ProfileFormat where a cloud's tools keep their profiles, and how they name things
---@field path string below the home folder
---@field path_variables string[]
---@field default_name string of a profile
---@field name_variables string[]
---@field has_global_keys boolean? keys before the first section belong to the default profile
---@field keys table<string, string> keys in the file by the field of the credentials
---@field other_token_keys table<string, boolean>? keys that contain "token" and belong to other uses of the file

--- Finds the file: the option, the cloud's variable, or the usual place.
---@return string? path, kms.Error? err
local function locate(format, option)
  local path = option or env.read(format.path_variables)
  if path then return path end
  local home = env.read { "HOME", "USERPROFILE" }
  if home then return home .. format.path end
  return Credentials.error("missing", ("no credentials file: HOME, the folder of ~%s, is not set"):format(format.path))
end

--- Describes why an entry of the profile cannot be used. A key that occurs twice is an error: tools differ in which one
--- counts, and one of the two is out of date. A misspelt token is an error, because the keys are refused without it.
---@param format kms.ProfileFormat
---@param entry kms.IniEntry
---@param field_name string? the field of the entry's key
---@param earlier_line integer? the line that set the field
---@return string? problem
local function find_problem(format, entry, field_name, earlier_line)
  if earlier_line then return ("line %d repeats %s of line %d"):format(entry.line, entry.name, earlier_line) end
  if not field_name then
    local is_other = format.other_token_keys and format.other_token_keys[entry.name]
    if is_other or not (entry.name:find("token", 1, true) or entry.name:find "^secur") then return nil end
    local expected = format.keys.security_token
    return ("line %d has an unknown key of a token; %s"):format(entry.line,
      expected and "the key is " .. expected or "profiles of this cloud have none")
  end
  -- Python's configparser replaces both.
  if entry.value:find "%%[%%(]" then
    return ("line %d: %s must not contain %%%% or %%(, because some tools replace them"):format(
      entry.line, entry.name)
  end
end

--- Describes a key of the section DEFAULT that the profile lacks. For Python's configparser every section has it.
---@return string? problem
local function find_inherited(entries, field_names, name, values)
  for _, entry in ipairs(entries) do
    local field_name = field_names[entry.name]
    local is_inherited = entry.section == INHERITED and name ~= INHERITED and entry.value ~= ""
    if is_inherited and field_name and values[field_name] == nil then
      return ("line %d: for some tools, %s in the section %s belongs to every section; write it into the section %s"
        ):format(entry.line, entry.name, INHERITED, validate.quote(name))
    end
  end
end

--- Selects the fields of one profile.
---@param format kms.ProfileFormat
---@param entries kms.IniEntry[]
---@param name string the profile's
---@return table? values nil when the profile does not exist or is empty
---@return table<string, string>? labels line and key of each value
---@return string? problem
local function select_values(format, entries, name)
  local field_names = {}
  for field_name, key in pairs(format.keys) do field_names[key] = field_name end
  local values, labels, lines = nil, {}, {}
  for _, entry in ipairs(entries) do
    local is_global = entry.section == "" and format.has_global_keys and name == format.default_name
    if entry.section == name or is_global then
      values = values or {}
      -- "key =" leaves a key unset.
      local field_name = field_names[entry.name]
      local problem = entry.value ~= "" and find_problem(format, entry, field_name, lines[field_name or ""])
      if problem then return nil, nil, problem end
      if field_name and entry.value ~= "" then
        values[field_name], lines[field_name] = entry.value, entry.line
        labels[field_name] = ("line %d: %s"):format(entry.line, entry.name)
      end
    end
  end
  return values, labels, values and find_inherited(entries, field_names, name, values)
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
  local values, labels
  values, labels, problem = select_values(format, entries, name)
  if problem then return Credentials.error("invalid", ": " .. problem) end

  local subject = (", profile %s: "):format(validate.quote(name))
  -- A profile that was configured by name must exist and be complete. The default profile may be absent or empty.
  local empty_code = configured_name and "invalid" or "missing"
  if not values then return Credentials.error(empty_code, subject .. "there is no such profile, or it is empty") end
  local missing = list_missing_keys(format, fields, values)
  if missing then
    return Credentials.error(next(values) == nil and empty_code or "invalid", subject .. "no " .. missing)
  end
  local credentials, err = Credentials.new(fields, values, labels)
  if not credentials then return Credentials.error("invalid", subject .. err.message) end
  return credentials
end

--- Reads the profile.
---@return kms.Credentials? credentials, kms.Error? err
local function read_profile(context, path, name)
  local text, err, mode = file.read(path, "credentials file")
  if not text then return nil, err end
  local credentials
  credentials, err = parse(context.cloud.profile, context.fields, text, name)
  if not credentials then
    return Credentials.error(err.code, ("credentials file %s%s"):format(validate.quote(path), err.message))
  end
  credentials.warning = file.check_permissions(path, mode)
  return credentials
end

--- Creates a provider of a profile of the cloud's file.
---@param options kms.FileOptions
---@return kms.credentials.Provider
function profile.new(options)
  local path_option, name_option = options.path, options.profile
  local entries = {} -- by cloud and path: what the file contained, and when it was read

  local function get(context)
    local path, err = locate(context.cloud.profile, path_option)
    if not path then return nil, err end
    local key, clock = context.provider .. " " .. path, context:clock()
    local entry = entries[key]
    if not entry or not READ_INTERVAL or math.abs(clock - entry.read_at) >= READ_INTERVAL then
      local credentials, problem = read_profile(context, path, name_option)
      entry = { read_at = clock, credentials = credentials, problem = problem }
      entries[key] = entry
    end
    if entry.credentials then return entry.credentials end
    -- A new error each time, because the caller may change it.
    return Credentials.error(entry.problem.code, entry.problem.message)
  end

  return provider.new("file", get, { forget = function() entries = {} end })
end

return profile
