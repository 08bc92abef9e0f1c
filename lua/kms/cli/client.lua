--- Creates the client of a command from its options and the environment.

local kms = require "kms"

local client = {}

--- Chooses the project. That of the environment belongs to the region of the environment.
local function choose_project(options)
  if options.project_id then return options.project_id end
  local region = os.getenv "HUAWEICLOUD_SDK_REGION"
  local is_other_region = options.region and region and region ~= "" and region ~= options.region
  local project_id = os.getenv "HUAWEICLOUD_SDK_PROJECT_ID"
  if is_other_region or not project_id or project_id == "" then return "auto" end
  return nil -- the library reads the variable
end

local COLLECT = {
  huawei = function(options)
    return { region = options.region, project_id = choose_project(options) }
  end,
  ncloud = function(options)
    return { zone = options.zone }
  end,
}

--- Creates a client.
---@param cloud "huawei"|"ncloud"
---@param options table of the command line, see kms.cli.options
---@param changes table? options of the client that are set besides
---@return kms.Huawei|kms.Ncloud
function client.new(cloud, options, changes)
  local settings = COLLECT[cloud](options)
  settings.endpoint, settings.timeout = options.endpoint, options.timeout
  settings.transport = { ca_file = options.ca_file, proxy = options.proxy }
  if options.profile then settings.credentials = kms.credentials.file { profile = options.profile } end
  for name, value in pairs(changes or {}) do settings[name] = value end
  return kms[cloud](settings)
end

return client
