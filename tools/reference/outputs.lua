--- Generates all files that are derived from the entries of operations and from the commands of kms.

local completion = require "kms.cli.completion"
local coverage = require "tools.reference.coverage"
local kms = require "kms"
local manual = require "kms.cli.manual"
local page = require "tools.reference.page"
local titles = require "kms.cli.cloud"
local types = require "tools.reference.types"

local outputs = {}

--- Loads the groups of a cloud, in their order.
---@param cloud string "huawei" or "ncloud"
---@return { title: string, entries: kms.Operation[] }[]
function outputs.load_groups(cloud)
  local groups = {}
  for i, group in ipairs(require(("kms.%s.operations"):format(cloud))) do
    groups[i] = { title = titles.get_title(cloud, group.module), entries = require(group.module) }
  end
  return groups
end

--- Joins the entries of all groups.
---@return kms.Operation[]
function outputs.list_entries(groups)
  local entries = {}
  for _, group in ipairs(groups) do
    for _, entry in ipairs(group.entries) do entries[#entries + 1] = entry end
  end
  return entries
end

-- spec/e2e/reference_sdk/operations.js sends every operation of this fixture. It has the vendor's names: "CreateAlias".
local SDK_FIXTURE = "spec/fixtures/huawei_operations.json"

--- Returns a function that tells whether the specs of the reference SDK send an operation.
local function new_sdk_lookup()
  local file = assert(io.open(SDK_FIXTURE))
  local content = file:read "*a"
  file:close()
  return function(entry) return content:find(('"%s"'):format(entry.official), 1, true) ~= nil end
end

--- Loads both clouds for the report of coverage.
---@return ReferenceCloud[]
function outputs.load_clouds()
  return {
    { name = "huawei", groups = outputs.load_groups "huawei", is_in_sdk = new_sdk_lookup() },
    { name = "ncloud", groups = outputs.load_groups "ncloud" },
  }
end

--- Generates the files.
---@return table<string, string> files text by path
function outputs.generate()
  local files = {}
  for _, cloud in ipairs { "huawei", "ncloud" } do
    local groups = outputs.load_groups(cloud)
    files[("types/kms/operations/%s.lua"):format(cloud)] = types.generate(cloud, outputs.list_entries(groups))
    local hints = require(("kms.%s.errors"):format(cloud)).hints
    files[("docs/reference/%s.md"):format(cloud)] = page.generate(cloud, groups, hints)
  end
  local root = require("kms.cli").root
  files["bin/kms.1"] = manual.generate(root, kms._VERSION)
  for _, shell in ipairs { "bash", "zsh", "fish" } do
    files["bin/completions/kms." .. shell] = completion.generate(shell, root)
  end
  files["docs/reference/coverage.md"] = coverage.generate(outputs.load_clouds())
  return files
end

return outputs
