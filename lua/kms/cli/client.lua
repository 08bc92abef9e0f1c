--- Creates the client of a command from its options and the environment.

local kms = require "kms"
local parser = require "kms.cli.parser"
local regions = require "kms.huawei.regions"

local client = {}

local MAX_DISTANCE = 3 -- typing errors for which a region is suggested

--- Chooses the project. That of the environment belongs to the region of the environment.
local function choose_project(options, called_region)
  if options.project_id then return options.project_id end
  local region = os.getenv "HUAWEICLOUD_SDK_REGION"
  local is_other_region = called_region and region and region ~= "" and region ~= called_region
  local project_id = os.getenv "HUAWEICLOUD_SDK_PROJECT_ID"
  if is_other_region or not project_id or project_id == "" then return "auto" end
  return nil -- the library reads the variable
end

local COLLECT = {
  huawei = function(options, changes)
    return { region = options.region, project_id = choose_project(options, changes.region or options.region) }
  end,
  ncloud = function(options)
    return { zone = options.zone }
  end,
}

--- Returns the first variable of the environment that is set.
local function read_variable(...)
  for _, name in ipairs { ... } do
    local value = os.getenv(name)
    if value and value ~= "" then return value end
  end
end

--- Returns the options of the transport. The variables are those of curl(1).
---@param options table of the command line
---@return table
function client.transport_options(options)
  return {
    ca_file = options.ca_file or read_variable "KMS_CA_FILE",
    proxy = options.proxy or read_variable("https_proxy", "HTTPS_PROXY"),
    no_proxy = not options.proxy and read_variable("no_proxy", "NO_PROXY") or nil,
  }
end

--- Returns the credential provider that the options name, or nil for the default one.
---@param options table of the command line
---@return kms.CredentialProvider?
function client.select_credentials(options)
  if options.profile then return kms.credentials.file { profile = options.profile } end
  return options.credentials and kms.credentials[options.credentials]() or nil
end

--- Describes a region that may be misspelt. A new region exists before a release knows it.
---@param region string
---@return string? problem nil: the region is known
function client.describe_unknown_region(region)
  if regions.is_known(region) then return nil end
  local similar, least = {}, MAX_DISTANCE
  for _, code in ipairs(regions.codes) do
    local distance = parser.compute_distance(region, code)
    if distance < least then similar, least = {}, distance end
    if distance == least then similar[#similar + 1] = code end
  end
  return ("not one of the %d known regions%s"):format(#regions.codes,
    similar[1] and "; did you mean " .. table.concat(similar, ", ") .. "?" or "")
end

--- Creates a client.
---@param cloud "huawei"|"ncloud"
---@param options table of the command line, see kms.cli.options
---@param changes table? options of the client that are set besides
---@return kms.Huawei|kms.Ncloud
function client.new(cloud, options, changes)
  changes = changes or {}
  local settings = COLLECT[cloud](options, changes)
  settings.endpoint, settings.timeout = options.endpoint, options.timeout
  settings.transport = client.transport_options(options)
  settings.credentials = client.select_credentials(options)
  for name, value in pairs(changes) do settings[name] = value end
  return kms[cloud](settings)
end

return client
