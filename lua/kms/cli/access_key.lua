--- Finds the access key of a run, so that a person can see whose it is. Sends nothing, and shows its ends only.

local dry_run = require "kms.cli.dry_run"

local access_key = {}

-- Sources that need no request. The others are asked when the run begins.
local IS_LOCAL = { environment = true, file = true }

access_key.mask = dry_run.mask_key

--- Reads the access key that signed a request.
---@param request table of a transport
---@return string?
local function read_key(request)
  for _, header in ipairs(request.headers) do
    local name = header[1]:lower()
    if name == "x-ncp-iam-access-key" then return header[2] end
    if name == "authorization" then return header[2]:match "Access=([^,%s]+)" end
  end
end

--- Returns the masked access key that signs a call, if it is found without a request.
---@param client kms.Huawei|kms.Ncloud
---@param entry kms.Operation
---@param params table that were validated
---@param options table of the command line
---@return string?
function access_key.find(client, entry, params, options)
  if options.credentials and not IS_LOCAL[options.credentials] then return nil end
  local request = dry_run.record_first(client, entry, params)
  local key = request and read_key(request)
  return key and access_key.mask(key)
end

return access_key
