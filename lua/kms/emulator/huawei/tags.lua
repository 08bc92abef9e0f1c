--- Huawei Cloud KMS: tags of keys, and searches by tag. Each region has its own tags.

local details = require "kms.emulator.huawei.details"
local json = require "kms.emulator.json"
local naming = require "kms.emulator.huawei.naming"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local tags = {}

local CHANGEABLE = { enabled = true, disabled = true, pending_import = true } -- inferred

local function find_tag(list, key)
  for i, tag in ipairs(list) do
    if tag.key == key then return i end
  end
end

-- Adds tags. A tag with a key that is there already replaces it (inferred).
local function add_tags(copy, added)
  local list = state.copy_tags(copy.tags)
  for _, tag in ipairs(state.copy_tags(added)) do list[find_tag(list, tag.key) or #list + 1] = tag end
  if #list > naming.MAX_TAGS then return nil, "KMS.0409" end
  copy.tags = list
  return {}
end

tags.create_kms_tag = {
  route = "POST /v1.0/{project_id}/kms/{key_id}/tags",
  status = 204,
  required = { "tag" },
  key = "path", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(_, call, _, copy)
    local code = naming.find_tag_error(call.body.tag)
    if code then return nil, code end
    return add_tags(copy, { call.body.tag })
  end,
}

-- Inferred: tags are deleted by their keys, and one that does not exist gives no error.
local function delete_tags(copy, deleted)
  for _, tag in ipairs(deleted) do
    local index = find_tag(copy.tags, tag.key)
    if index then table.remove(copy.tags, index) end
  end
  return {}
end

tags.batch_create_kms_tags = {
  route = "POST /v1.0/{project_id}/kms/{key_id}/tags/action",
  status = 204,
  required = { "tags", "action" },
  key = "path", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(_, call, _, copy)
    local action, list = call.body.action, call.body.tags
    if action ~= "create" and action ~= "delete" then return nil, "KMS.0404" end
    if list == nil then return nil, "KMS.0412" end
    local code = naming.find_tags_error(list)
    if code then return nil, code end
    return (action == "create" and add_tags or delete_tags)(copy, list)
  end,
}

tags.delete_tag = {
  route = "DELETE /v1.0/{project_id}/kms/{key_id}/tags/{key}",
  status = 204,
  key = "path", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(_, call, _, copy)
    local index = find_tag(copy.tags, call.params.key)
    if not index then return nil, "KMS.0416" end
    table.remove(copy.tags, index)
    return {}
  end,
}

local function encode_tag(tag) return { { "key", tag.key }, { "value", tag.value } } end

tags.show_kms_tags = {
  route = "GET /v1.0/{project_id}/kms/{key_id}/tags",
  key = "path",
  handler = function(_, _, _, copy)
    return { { "tags", wire.encode_list(copy.tags, encode_tag) }, { "existTagsNum", #copy.tags } }
  end,
}

tags.list_kms_tags = {
  route = "GET /v1.0/{project_id}/kms/tags",
  handler = function(kms, call)
    local names, values = {}, {}
    for _, key in ipairs(state.list_keys(kms.state, call)) do
      for _, tag in ipairs(key.copies[call.region].tags) do
        if not values[tag.key] then
          names[#names + 1] = tag.key
          values[tag.key] = { known = {}, list = {} }
        end
        local entry = values[tag.key]
        if not entry.known[tag.value] then entry.list[#entry.list + 1] = tag.value end
        entry.known[tag.value] = true
      end
    end
    return { { "tags", wire.encode_list(names, function(name)
      return { { "key", name }, { "values", json.array(values[name].list) } }
    end) } }
  end,
}

local MAX_FILTERS = 10 -- documented

local function is_text(value, min, max) return type(value) == "string" and #value >= min and #value <= max end

local function find_values_error(values)
  if values == nil then return nil end
  if type(values) ~= "table" then return "KMS.0405" end
  if #values > MAX_FILTERS then return "KMS.0413" end
  for _, value in ipairs(values) do
    if not is_text(value, 0, 43) then return "KMS.0410" end
  end
end

local function find_filter_error(filters)
  if filters == nil then return nil end
  if type(filters) ~= "table" then return "KMS.0412" end
  if #filters > MAX_FILTERS then return "KMS.0407" end
  for _, filter in ipairs(filters) do
    if type(filter) ~= "table" then return "KMS.0414" end
    if not is_text(filter.key, 1, 36) then return "KMS.0411" end
    local code = find_values_error(filter.values)
    if code then return code end
  end
end

-- Documented: the key of a match is resource_name, and its value a part of the name.
local function find_match_error(matches)
  if matches == nil then return nil end
  if type(matches) ~= "table" or #matches > MAX_FILTERS then return "KMS.0415" end
  for _, match in ipairs(matches) do
    if type(match) ~= "table" or match.key ~= "resource_name" then return "KMS.0403" end
    if not is_text(match.value, 1, 255) then return "KMS.0402" end
  end
end

local function has_value(tag, values)
  if not values or #values == 0 then return true end
  for _, value in ipairs(values) do
    if tag.value == value then return true end
  end
  return false
end

-- A key must have the tag of every filter, and its name must have the text of every match. Inferred: one of the values
-- of a filter is enough, because a tag has a single value.
local function is_selected(copy, body)
  for _, filter in ipairs(body.tags or {}) do
    local index = find_tag(copy.tags, filter.key)
    if not index or not has_value(copy.tags[index], filter.values) then return false end
  end
  for _, match in ipairs(body.matches or {}) do
    if not copy.key_alias:find(match.value, 1, true) then return false end
  end
  return true
end

local function encode_resource(call)
  return function(key)
    local copy = key.copies[call.region]
    return {
      { "resource_id", copy.key_id }, { "resource_detail", details.encode(call, key) },
      { "resource_name", copy.key_alias }, { "tags", wire.encode_list(copy.tags, encode_tag) },
    }
  end
end

-- Inferred: the action is "filter" when it is absent.
tags.list_kms_by_tags = {
  route = "POST /v1.0/{project_id}/kms/resource_instances/action",
  handler = function(kms, call)
    local body = call.body
    local is_count = body.action == "count"
    if not is_count and body.action ~= nil and body.action ~= "filter" then return nil, "KMS.0404" end
    if is_count and (body.limit ~= nil or body.offset ~= nil) then return nil, "KMS.0418" end
    local code = find_filter_error(body.tags) or find_match_error(body.matches)
    if code then return nil, code end
    local selected = {}
    for _, key in ipairs(state.list_keys(kms.state, call)) do
      if is_selected(key.copies[call.region], body) then selected[#selected + 1] = key end
    end
    if is_count then return { { "total_count", #selected } } end
    local items
    items, code = wire.take_page(selected, { limit = body.limit, start = body.offset },
      { default = 10, max = 1000, start_code = "KMS.0417" })
    if not items then return nil, code end
    return { { "resources", wire.encode_list(items, encode_resource(call)) }, { "total_count", #selected } }
  end,
}

return tags
