--- Checks the names, descriptions and tags that keys receive, and the quota of keys.

local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local naming = {}

-- Documented: "Adding a Tag to a Key".
local MAX_TAGS, MAX_TAG_KEY, MAX_TAG_VALUE = 20, 36, 43

naming.MAX_TAGS = MAX_TAGS

--- Returns the code of an alias that no key may have. Documented: "Creating a Key"; that an alias must be unique is the
--- text of KMS.1104, that case matters is inferred.
---@param kms table
---@param alias any
---@param region string
---@param owner string
---@return string? code
function naming.find_alias_error(kms, alias, region, owner)
  if not wire.is_name(alias) or alias:find "/default$" then return "KMS.1101" end
  if state.has_alias(kms.state, alias, region, owner) then return "KMS.1104" end
end

--- Returns the code of a wrong description. Documented: "Creating a Key".
---@param description any
---@return string? code
function naming.find_description_error(description)
  if description ~= nil and (type(description) ~= "string" or #description > 255) then return "KMS.1103" end
end

--- Returns the number of keys that count for the quota. Inferred: default keys do not.
---@param kms table
---@param region string
---@param owner string
---@return integer
function naming.count_keys(kms, region, owner)
  local count = 0
  for _, key in pairs(kms.state.keys) do
    if key.owner == owner and key.copies[region] and not key.default_master then count = count + 1 end
  end
  return count
end

--- Returns the code of a key that cannot be added to a region.
---@param kms table
---@param fields { key_alias: any, key_description: any, region: string, owner: string }
---@return string? code
function naming.find_error(kms, fields)
  local code = naming.find_alias_error(kms, fields.key_alias, fields.region, fields.owner)
    or naming.find_description_error(fields.key_description)
  if code then return code end
  if naming.count_keys(kms, fields.region, fields.owner) >= kms.settings.key_quota then return "KMS.1105" end
end

-- Documented: no control characters, and none of * < > \ =
local function has_wrong_characters(text) return text:find "[%c*<>\\=]" ~= nil end

--- Returns the code of a wrong tag. Lengths are in bytes.
---@param tag any
---@return string? code
function naming.find_tag_error(tag)
  if type(tag) ~= "table" or tag.key == nil then return "KMS.0414" end
  local key, value = tag.key, tag.value
  if type(key) ~= "string" or has_wrong_characters(key) then return "KMS.0406" end
  if key == "" or #key > MAX_TAG_KEY then return "KMS.0411" end
  if value == nil then return nil end
  if type(value) ~= "string" or has_wrong_characters(value) then return "KMS.0405" end
  if #value > MAX_TAG_VALUE then return "KMS.0410" end
end

--- Returns the code of a wrong list of tags.
---@param tags any nil is accepted
---@return string? code
function naming.find_tags_error(tags)
  if tags == nil then return nil end
  if type(tags) ~= "table" then return "KMS.0412" end
  if #tags == 0 then return "KMS.0401" end
  if #tags > MAX_TAGS then return "KMS.0407" end
  for _, tag in ipairs(tags) do
    local code = naming.find_tag_error(tag)
    if code then return code end
  end
end

return naming
