--- Regions of Huawei Cloud: their codes, and the hosts of KMS and IAM. A new region is one change here.

local regions = {}

-- "Regions and endpoints" of the vendor; the same list stands in all official SDKs. Other codes are accepted too,
-- because regions appear more often than releases.
local CODES = {
  "cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12", "cn-east-2", "cn-east-3",
  "cn-east-4", "cn-east-5", "cn-south-1", "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3",
  "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "af-south-1", "af-north-1",
  "la-south-2", "la-north-2", "sa-brazil-1", "na-mexico-1", "tr-west-1", "ae-ad-1", "me-east-1", "my-kualalumpur-1",
  "ru-moscow-1", "eu-west-101",
}

-- The European cloud is separate: other domain, and users that the global IAM does not know.
local OTHER_DOMAINS = { ["eu-west-101"] = "myhuaweicloud.eu" }

local GLOBAL_IAM_HOST = "iam.myhuaweicloud.com"

-- Regions with an IAM host of their own (the official SDKs for Python and Go); the others use the global one.
local HAS_IAM_HOST = {}
for code in ([[
  af-south-1 ae-ad-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 cn-east-2 cn-east-3 cn-east-4 cn-east-5
  cn-north-1 cn-north-12 cn-north-2 cn-north-4 cn-north-9 cn-south-1 cn-south-2 cn-southwest-2 eu-west-0 eu-west-101
  la-north-2 la-south-2 me-east-1 my-kualalumpur-1 na-mexico-1 ru-moscow-1 sa-brazil-1 tr-west-1
]]):gmatch "%S+" do HAS_IAM_HOST[code] = true end

regions.codes = CODES

local KNOWN = {}
for _, code in ipairs(CODES) do KNOWN[code] = true end

--- Returns whether a code is in the list.
---@param code string
---@return boolean
function regions.is_known(code)
  return KNOWN[code] or false
end

-- A region's code is a part of a host name, so it must be one DNS label (RFC 1035, section 2.3.1). The availability
-- zones of a region add a letter to its code, and have no hosts.
---@type kms.Rule
regions.RULE = {
  text = 'a region code such as "cn-north-4": lower-case letters and digits in groups joined by "-", '
    .. "without the letter of an availability zone",
  plain = true,
  test = function(value)
    return KNOWN[value]
      or #value <= 63 and value:find "^[a-z][a-z0-9]*%-[a-z0-9-]*[a-z0-9]$" and not value:find("--", 1, true)
      and not KNOWN[value:match "^(.*%d)%l$"]
  end,
}

--- Returns the host of a region's KMS.
---@param code string
---@return string host
function regions.kms_host(code)
  return ("kms.%s.%s"):format(code, OTHER_DOMAINS[code] or "myhuaweicloud.com")
end

--- Finds the region of a host of KMS.
---@param host string as in a Host header
---@return string? code nil for a host that is not the cloud's own
function regions.find_by_kms_host(host)
  local name = host:match "^[^:]*"
  local code = name:match "^kms%.([a-z0-9-]+)%."
  return code and regions.RULE.test(code) and regions.kms_host(code) == name and code or nil
end

--- Returns the host of a region's IAM.
---@param code string
---@return string host
function regions.iam_host(code)
  if not HAS_IAM_HOST[code] then return GLOBAL_IAM_HOST end
  return ("iam.%s.%s"):format(code, OTHER_DOMAINS[code] or "myhuaweicloud.com")
end

return regions
