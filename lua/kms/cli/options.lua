--- Options that several commands share, as data.

local options = {}

--- Converts the text of a number above 0.
---@param text string
---@return number? number, string? problem
function options.to_positive(text)
  local number = tonumber(text)
  if number and number > 0 and number < math.huge then return number end
  return nil, ("a number above 0 expected; got \"%s\""):format(text)
end

--- Converts the text of a whole number above 0.
---@param text string
---@return integer? number, string? problem
function options.to_count(text)
  local number = text:find "^%d+$" and tonumber(text)
  if number and number > 0 then return number end
  return nil, ("a whole number above 0 expected; got \"%s\""):format(text)
end

-- Functions of kms.credentials that need no option.
options.SOURCES = { "environment", "file", "metadata", "container", "oidc" }

local PLACE = {
  huawei = {
    { name = "--region", value = "REGION", about = "region to call; default: HUAWEICLOUD_SDK_REGION" },
    { name = "--project-id", value = "ID",
      about = 'project in the region that is called, or "auto" to look it up; default: HUAWEICLOUD_SDK_PROJECT_ID, or '
        .. "auto if the region is not HUAWEICLOUD_SDK_REGION" },
  },
  ncloud = {
    { name = "--zone", value = "ZONE", choices = { "global", "kr", "jp", "gov" },
      about = "where the keys are; default: global" },
  },
}

local CONNECTION = {
  { name = "--endpoint", value = "URL", about = "https://host[:port] in place of the cloud's own endpoint" },
  { name = "--credentials", value = "SOURCE", choices = options.SOURCES,
    about = "where credentials come from; default: environment, then file" },
  { name = "--profile", value = "NAME", about = "profile in the cloud's own credentials file" },
  { name = "--ca-file", value = "FILE", about = "certificates to trust (PEM); default: KMS_CA_FILE, or the system's" },
  { name = "--proxy", value = "URL", about = "proxy to use; default: https_proxy, except for the hosts in no_proxy" },
  { name = "--timeout", value = "SECONDS", about = "longest time of a call, with all its attempts; default: 30",
    convert = options.to_positive },
}

--- Returns the options that say where requests go.
---@param cloud "huawei"|"ncloud"
---@return kms.cli.OptionGroup
function options.connection(cloud)
  local group = { title = "Connection" }
  for _, list in ipairs { PLACE[cloud], CONNECTION } do
    for _, option in ipairs(list) do group[#group + 1] = option end
  end
  return group
end

-- How results are printed.
options.OUTPUT = {
  title = "Output",
  { name = "--json", about = "print one JSON document" },
  { name = "--jsonl", about = "print one line of JSON per item or key" },
}

-- What else is printed, and where.
options.MESSAGES = {
  title = "Messages",
  { name = "--quiet", short = "-q", about = "print errors only, beside the result" },
  { name = "--verbose", short = "-v", about = "print each attempt, with its key, time and request id" },
  { name = "--log", value = "FILE", about = "append each attempt to a file, as JSON lines" },
}

return options
