--- The public interface: clients of two clouds, and plain functions that call through a default client. Its types are
--- in types/kms.lua.

local credentials = require "kms.credentials"
local Error = require "kms.error"
local lazy = require "kms.util.lazy"
local validate = require "kms.util.validate"

-- Loaded with the first client.
local call = lazy "kms.call"
local catalog = lazy "kms.call.catalog"
local client = lazy "kms.client"

local parallel = lazy "kms.parallel"

local kms = { _NAME = "kms", _VERSION = "0.1.0" }

---@class kms.Cloud
---@field new fun(options: table?): table creates a client
---@field metatable table of its clients
---@field default table? the client of the plain functions, created once from the environment, so that it keeps its
---  connections

local CLOUDS = { "huawei", "ncloud" }

---@type table<string, kms.Cloud>
local clouds = {}

--- Loads a cloud at its first use, because most programs call only one.
---@param name "huawei"|"ncloud"
---@return kms.Cloud
local function load_cloud(name)
  if not clouds[name] then
    local new, metatable = client.new_constructor(require("kms." .. name))
    clouds[name] = { new = new, metatable = metatable }
  end
  return clouds[name]
end

local function load_clouds()
  for _, name in ipairs(CLOUDS) do load_cloud(name) end
end

-- In NGINX all are loaded at once; see kms.util.lazy.
if rawget(_G, "ngx") then load_clouds() end

--- Selects the client of a plain function: the argument, or the default client.
---@param argument any
---@param cloud kms.Cloud
---@return table? client, string? problem argument error
local function select_client(argument, cloud)
  if argument == nil then
    cloud.default = cloud.default or cloud.new()
    return cloud.default
  end
  if getmetatable(argument) ~= cloud.metatable then
    return nil, ("%s client expected, got %s"):format(cloud.metatable.__name, type(argument))
  end
  return argument
end

--- Creates a client of Huawei Cloud KMS. It validates the names and types of the options, and nothing else. Missing
--- options are read from the environment at the first call.
---@param options kms.HuaweiOptions?
---@return kms.Huawei
function kms.huawei(options)
  local huawei = load_cloud("huawei").new(options)
  return huawei -- no tail call, because Lua 5.1 counts it as a level of the stack
end

--- Creates a client of NAVER Cloud KMS 2.0, like `kms.huawei`.
---@param options kms.NcloudOptions?
---@return kms.Ncloud
function kms.ncloud(options)
  local ncloud = load_cloud("ncloud").new(options)
  return ncloud
end

--- Moves the primary region of a multi-region key; the region that was primary becomes a replica.
--- Send it to the region where the key is primary now.
--- Source: Huawei Cloud KMS API reference, "Changing the Primary Region for a Key".
---@param params kms.UpdatePrimaryRegionParams
---@param huawei kms.Huawei? by default a client that the first call creates from the environment
---@param options kms.CallOptions?
---@return kms.UpdatePrimaryRegionResult? result
---@return kms.Error? err
function kms.update_primary_region(params, huawei, options)
  local selected, problem = select_client(huawei, load_cloud "huawei")
  if problem then error(validate.argument_error(2, "update_primary_region", problem), 2) end
  problem = call.validate_options(options)
  if problem then error(validate.argument_error(3, "update_primary_region", problem), 2) end
  return selected:update_primary_region(params, options)
end

--- Changes a key's name. The tag stays the same.
--- Source: NAVER Cloud KMS API 2.0, "Update Key Name".
---@param params kms.RenameKeyParams
---@param ncloud kms.Ncloud? by default a client that the first call creates from the environment
---@param options kms.CallOptions?
---@return kms.RenameKeyResult? result
---@return kms.Error? err
function kms.rename_key(params, ncloud, options)
  local selected, problem = select_client(ncloud, load_cloud "ncloud")
  if problem then error(validate.argument_error(2, "rename_key", problem), 2) end
  problem = call.validate_options(options)
  if problem then error(validate.argument_error(3, "rename_key", problem), 2) end
  return selected:rename_key(params, options)
end

--- Constructors of credential providers, for the option `credentials`.
kms.credentials = credentials

local bulk = not rawget(_G, "ngx") and lazy "kms.bulk"

local function get_bulk()
  if bulk then return bulk end
  error("kms.bulk does not work inside NGINX, because it would block the worker: run it in a program of its own", 3)
end

--- Changes many keys: `kms.bulk { client = …, operation = …, items = …, journal = … }` makes a run, `run:execute()`
--- runs it. `kms.bulk.read`, `kms.bulk.invert` and `kms.bulk.lines` are its other functions. See docs/bulk.md.
kms.bulk = setmetatable({}, {
  __index = function(_, name) return get_bulk()[name] end,
  __call = function(_, options)
    local run, err, problem = get_bulk().new(options)
    if problem then error(validate.argument_error(1, "bulk", problem), 2) end
    return run, err
  end,
})

--- Runs many calls concurrently.
---
---     for i, result, err in kms.parallel { concurrency = 64 }:map(key_ids, function(key_id)
---       return client:update_primary_region { key_id = key_id, primary_region = "cn-east-3" }
---     end) do … end
---
---@param options kms.ParallelOptions?
---@return kms.Parallel
function kms.parallel(options)
  local instance, problem = parallel.new(options)
  if not instance then error(validate.argument_error(1, "parallel", problem), 2) end
  return instance
end

--- Loads every module that a later call may need, so that calls work after `chroot`. Raises, like `require`, if one
--- cannot be loaded.
function kms.preload()
  load_clouds()
  lazy.load_all()
  for _, name in ipairs(CLOUDS) do catalog.of(require("kms." .. name)):load_all() end
  if not rawget(_G, "ngx") then
    require "kms.transport.curl"
    require "kms.parallel.curl_runner"
  end
end

--- Returns whether a value is an error value of this module.
---@param value any
---@return boolean
kms.is_error = Error.is

return kms
