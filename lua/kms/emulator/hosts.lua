--- Finds the emulated service behind a host name.

local ascii = require "kms.util.ascii"
local env = require "kms.util.env"

local hosts = {}

-- Patterns of the real hosts. The capture of a KMS host of Huawei Cloud is its region.
local PATTERNS = {
  { "^kms%.([%w-]+)%.myhuaweicloud%.com$", "huawei" },
  { "^kms%.([%w-]+)%.myhuaweicloud%.eu$", "huawei" },
  { "^iam%.myhuaweicloud%.com$", "iam" },
  { "^iam%.[%w-]+%.myhuaweicloud%.com$", "iam" },
  { "^iam%.[%w-]+%.myhuaweicloud%.eu$", "iam" },
  { "^169%.254%.169%.254$", "metadata" },
}

local EXACT = {
  ["ocapi.ncloud.com"] = { provider = "ncloud", zone = "global" },
  ["ocapi-kr.ncloud.com"] = { provider = "ncloud", zone = "kr" },
  ["ocapi-jp.ncloud.com"] = { provider = "ncloud", zone = "jp" },
  ["ocapi.gov-ncloud.com"] = { provider = "ncloud", zone = "gov" },
}

local function normalize(host, scheme)
  return (ascii.lower(host):gsub(scheme == "http" and ":80$" or ":443$", ""))
end

-- The host of the first endpoint in a variable.
local function read_host(variable)
  local endpoint = env.read { variable }
  if not endpoint then return nil end
  local scheme, rest = endpoint:match "^%s*(%a+)://(.*)$"
  local host = (rest or endpoint):match "^%s*([^/,%s]+)"
  return host and normalize(host, scheme or "https")
end

-- Seen in the official SDKs.
local function name_endpoint_variable(region)
  return "HUAWEICLOUD_SDK_REGION_KMS_" .. ascii.upper(region):gsub("-", "_")
end

-- The service whose endpoint an environment variable replaces with this host. So an in-process emulator works where the
-- variables of `make emulator` are set. They are read each time, because a program may change them.
local function find_replaced(name, regions)
  for region in pairs(regions) do
    if read_host(name_endpoint_variable(region)) == name then return { provider = "huawei", region = region } end
  end
  if read_host "NCLOUD_KMS_ENDPOINT" == name then return { provider = "ncloud", zone = "global" } end
  if read_host "HUAWEICLOUD_SDK_IAM_ENDPOINT" == name then return { provider = "iam" } end
  if read_host "NCLOUD_METADATA_API_ENDPOINT" == name then return { provider = "metadata" } end
end

--- Finds the service of a host.
---@param host string as in a Host header
---@param scheme string
---@param more table<string, table> the option `hosts`
---@param regions table<string, true> regions of Huawei Cloud that have an account
---@return { provider: string, region: string?, zone: string? }?
function hosts.find(host, scheme, more, regions)
  local name = normalize(host, scheme)
  local known = more[name] or EXACT[name]
  if known then return known end
  for _, pattern in ipairs(PATTERNS) do
    local region = name:match(pattern[1])
    if region then return { provider = pattern[2], region = pattern[2] == "huawei" and region or nil } end
  end
  return find_replaced(name, regions)
end

return hosts
