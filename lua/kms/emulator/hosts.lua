--- Finds the emulated service behind a host name.

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

--- Finds the service of a host.
---@param host string as in a Host header
---@param scheme string
---@param more table<string, table> the option `hosts`
---@return { provider: string, region: string?, zone: string? }?
function hosts.find(host, scheme, more)
  local name = host:lower():gsub(scheme == "http" and ":80$" or ":443$", "")
  local known = more[name] or EXACT[name]
  if known then return known end
  for _, pattern in ipairs(PATTERNS) do
    local region = name:match(pattern[1])
    if region then return { provider = pattern[2], region = pattern[2] == "huawei" and region or nil } end
  end
end

return hosts
