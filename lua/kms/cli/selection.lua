--- Finds the keys of a run in the cloud: all keys, keys with certain tags, keys whose names match a pattern.

local selection = {}

local PAGE_SIZE = 200 -- the documented maximum of list_keys
local ENABLED = 2 -- key_state of Huawei Cloud

--- Reads one tag of the command line: KEY=VALUE, or KEY for any value.
local function parse_tag(text)
  local key, value = text:match "^([^=]+)=(.*)$"
  return key or text, value
end

--- Builds the filter of list_kms_by_tags: a key must have each tag, with one of the values that are named for it.
---@param texts string[] KEY=VALUE
---@return { key: string, values: string[] }[]
function selection.parse_tags(texts)
  local tags, by_key = {}, {}
  for _, text in ipairs(texts) do
    local key, value = parse_tag(text)
    local tag = by_key[key]
    if not tag then
      tag = { key = key, values = {} }
      tags[#tags + 1], by_key[key] = tag, tag
    end
    if value then tag.values[#tag.values + 1] = value end
  end
  return tags
end

--- Takes the items of all pages.
---@return any[]? list
---@return kms.Error? err
local function collect(client, operation, params, convert)
  local list = {}
  for _, item, err in client:each(operation, params) do
    if err then return nil, err end
    list[#list + 1] = convert(item)
  end
  return list
end

--- Lists the ids of the Huawei Cloud keys that have tags.
---@param client kms.Huawei
---@param texts string[] KEY=VALUE
---@return string[]? ids
---@return kms.Error? err
function selection.list_by_tags(client, texts)
  return collect(client, "list_kms_by_tags", { action = "filter", tags = selection.parse_tags(texts) }, function(item)
    return item.resource_id
  end)
end

--- Lists the ids of the enabled Huawei Cloud keys that users created. No field says which are multi-region.
---@param client kms.Huawei
---@return string[]? ids
---@return kms.Error? err
function selection.list_enabled(client)
  return collect(client, "list_keys", { key_spec = "ALL" }, function(key)
    if key.key_state == ENABLED and key.default_key_flag ~= 1 then return key.key_id end
  end)
end

---@class kms.cli.NamedKey
---@field tag string
---@field name string
---@field is_revoked boolean the key waits for its deletion

--- Lists the NAVER Cloud keys.
---@param client kms.Ncloud
---@return kms.cli.NamedKey[]? keys
---@return kms.Error? err
function selection.list_named(client)
  return collect(client, "list_keys", { page_size = PAGE_SIZE }, function(key)
    return { tag = key.key_tag, name = key.key_name, is_revoked = key.status == "REVOKE" }
  end)
end

-- Signs of other kinds of patterns, and what Lua patterns have in their place. A name has no backslash and no "$".
local FOREIGN = {
  { option = "replace", pattern = "\\%d", hint = "%1 stands for the first group in parentheses, not \\1" },
  { option = "replace", pattern = "%$[%d{&]", hint = "%1 stands for the first group in parentheses, not $1" },
  { option = "match", pattern = "\\",
    hint = "--match is a Lua pattern: % takes the place of \\, as in %d, %. and %-" },
  { option = "match", pattern = "|",
    hint = "--match is a Lua pattern, which has no alternatives: use one run for each" },
  { option = "match", pattern = "[%w_)]%-",
    hint = 'in a Lua pattern, "-" repeats what stands before it, and %- is a hyphen' },
}

--- Finds what a person who knows other patterns may have meant differently.
---@param pattern string
---@param replacement string
---@return string?
function selection.find_hint(pattern, replacement)
  -- Within brackets "-" is a range, and what follows "%" stands for itself.
  local texts = { match = pattern:gsub("%%.", "."):gsub("%[[^%]]*%]", "."), replace = replacement }
  for _, sign in ipairs(FOREIGN) do
    if texts[sign.option]:find(sign.pattern) then return sign.hint end
  end
end

--- Creates a function that makes a new name from a name: each match of a Lua pattern is replaced.
---@param pattern string
---@param replacement string
---@return (fun(name: string): string?)? rule returns nil for a name that does not match
---@return string? problem
function selection.new_rule(pattern, replacement)
  local ok, problem = pcall(string.gsub, "", pattern, "")
  if not ok then return nil, "--match: " .. problem:gsub("^[^:]*:%d+: ", "") end
  local function rule(name)
    local new_name, count = name:gsub(pattern, replacement)
    return count > 0 and new_name or nil
  end
  -- What is wrong with a replacement shows in a match only.
  return function(name)
    local is_valid, result = pcall(rule, name)
    if is_valid then return result end
    return nil, "--replace: " .. tostring(result):gsub("^[^:]*:%d+: ", "")
  end
end

return selection
