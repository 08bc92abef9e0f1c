--- The command of a cloud, with one command per operation below it.

local catalog = require "kms.call.catalog"
local operation = require "kms.cli.operation"

local cloud = {}

-- Titles of the groups of operations, by the name of their module.
local TITLES = {
  huawei = {
    multi_region = "Multi-region keys", keys = "Keys", aliases = "Aliases", tags = "Tags", grants = "Grants",
    rotation = "Rotation", versions = "Versions of the API", import = "Import of key material",
    crypto = "Encryption, signatures and MACs", datakeys = "Data keys and random numbers",
    datakey_capsules = "Data key capsules", keystores = "Key stores", access_points = "Access points",
    key_policies = "Key policies",
  },
  ncloud = {
    keys = "Keys", rotation = "Rotation", versions = "Versions of a key", acl = "Access by address", tokens = "Tokens",
    crypto = "Encryption, signatures and data keys", activity = "Use of a key",
  },
}

--- Returns the title of a group of operations.
---@param name "huawei"|"ncloud"
---@param module string "kms.huawei.operations.keys"
---@return string
function cloud.get_title(name, module)
  return assert(TITLES[name][module:match "[%w_]+$"], "no title for " .. module)
end

--- Creates the command of a cloud.
---@param name "huawei"|"ncloud"
---@param texts { about: string, description: string }
---@return kms.cli.Command
function cloud.new(name, texts)
  local command = { name = name, group = "Single operations", about = texts.about, description = texts.description,
    ending = ("Run 'kms %s OPERATION --help' for its options."):format(name) }

  function command.find(word)
    if word:find "_" then return nil end
    local entry = catalog.of(require("kms." .. name)):find((word:gsub("%-", "_")))
    return entry and operation.new(name, entry)
  end

  function command.list()
    local groups = {}
    for i, group in ipairs(require("kms." .. name).operations) do
      groups[i] = { title = cloud.get_title(name, group.module) }
      for j, entry in ipairs(require(group.module)) do groups[i][j] = operation.new(name, entry) end
    end
    return groups
  end

  return command
end

return cloud
