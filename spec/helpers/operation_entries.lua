--- Checks the entries of a provider's operations: what every entry must have.

local assert = require "luassert"

local METHODS = { GET = true, POST = true, PUT = true, DELETE = true }
local TYPES = { string = true, integer = true, number = true, boolean = true, time = true, list = true, object = true,
  ["string|list"] = true, ["integer|string"] = true }
local PLACES = { body = true, query = true }

--- Asserts that a field, and those in it, are complete.
---@param field kms.OperationField
---@param path string of the field, for messages
---@param is_item boolean? items of a list have no name
local function assert_field(field, path, is_item)
  if not is_item then assert.matches("^%l[%l%d_]*$", field.name, nil, nil, path) end
  assert.is_true(TYPES[field.type], path .. ": type")
  assert.is_true(field.fields == nil or field.type == "object", path .. ": fields")
  assert.is_true((field.type:find "list" ~= nil) == (field.items ~= nil), path .. ": a list, and only a list, has items")
  assert.is_true(field.unit == nil or field.type == "time" and (field.unit == "ms" or field.unit == "s"), path .. ": unit")
  if field.rule then
    assert.is_string(field.rule.text, path)
    assert.is_function(field.rule.test, path)
  end
  if field.items then assert_field(field.items, path .. "[]", true) end
  local names = {}
  for _, inner in ipairs(field.fields or {}) do
    assert.is_nil(names[inner.name], path .. "." .. inner.name .. " exists twice")
    names[inner.name] = true
    assert_field(inner, path .. "." .. inner.name)
  end
end

--- Indexes fields by name after checking them.
local function index_fields(entry, fields)
  local by_name = {}
  for _, field in ipairs(fields) do
    local path = entry.name .. ": " .. tostring(field.name)
    assert_field(field, path)
    assert.is_nil(by_name[field.name], path .. " exists twice")
    by_name[field.name] = field
  end
  return by_name
end

--- Finds a result field by a path such as "page_info.next_marker".
local function find_field(fields, path)
  local field
  for name in path:gmatch "[^.]+" do
    field = nil
    for _, candidate in ipairs(fields or {}) do
      if candidate.name == name then field = candidate end
    end
    fields = field and field.fields
  end
  return field
end

local function assert_paging(entry, params)
  local paging = entry.paging
  assert.is_true(entry.read_only, entry.name .. ": a paged operation reads only")
  assert.is_table(params[paging.param], entry.name .. ": paging.param")
  local items = find_field(entry.result, paging.items)
  assert.is_true(items ~= nil and items.type == "list", entry.name .. ": paging.items")
  for _, name in ipairs { "next", "more", "total", "pages" } do
    assert.is_true(paging[name] == nil or find_field(entry.result, paging[name]) ~= nil, entry.name .. ": paging." .. name)
  end
  assert.is_true(paging.limit == nil or params[paging.limit] ~= nil, entry.name .. ": paging.limit")
end

-- Results that have the name of a param and need not have its value.
local OTHER_IDS = { replicate_key = { key_id = true } } -- that of the replica

--- Asserts that a result which names what the request named must be an echo of it.
local function assert_echoes(entry, params, results)
  for name, field in pairs(results) do
    local subject = entry.name .. ": " .. name
    assert.is_true(not field.is_echo or params[name] ~= nil, subject .. " is an echo of no param")
    local is_id = name:find "_id$" or name:find "_tag$"
    local is_other = OTHER_IDS[entry.name] and OTHER_IDS[entry.name][name]
    assert.is_true(not (is_id and params[name]) or field.is_echo or is_other or false, subject .. " must be an echo")
  end
end

--- Asserts that the rows of the groups name the operations of their modules.
local function assert_groups(operations)
  for _, group in ipairs(operations.groups) do
    local names = {}
    for i, entry in ipairs(require(group.module)) do names[i] = entry.name end
    assert.equal(table.concat(names, " "), group.names, group.module)
  end
end

--- Asserts that every entry is complete, and that each placeholder of its path is a param or one of `settings`.
---@param operations kms.Catalog
---@param settings string[] names of the client's settings that a path may contain
return function(operations, settings)
  assert_groups(operations)
  local names, is_setting = {}, {}
  for _, name in ipairs(settings) do is_setting[name] = true end
  for entry in operations:each() do
    assert.matches("^%l[%l%d_]*$", entry.name)
    assert.is_nil(names[entry.name], entry.name .. " exists twice")
    names[entry.name] = true
    assert.is_true(METHODS[entry.method], entry.name)
    for _, field in ipairs { "official", "about" } do assert.is_string(entry[field], entry.name .. ": " .. field) end
    assert.is_true(#entry.sources > 0, entry.name .. ": sources")
    assert.is_false(entry.read_only and entry.repeatable or false, entry.name .. ": what only reads is always repeatable")
    local params = index_fields(entry, entry.params)
    for name, param in pairs(params) do
      local is_in_path = entry.path:find("{" .. name .. "}", 1, true) ~= nil
      assert.is_true(is_in_path or PLACES[param.place] or false, entry.name .. ": " .. name .. " is not sent")
      assert.is_true(param.place == nil or PLACES[param.place] or false, entry.name .. ": " .. name .. ": place")
      assert.is_true(not param.json or param.type == "object", entry.name .. ": " .. name .. ": json")
    end
    for placeholder in entry.path:gmatch "{([%w_]+)}" do
      assert.is_true(params[placeholder] ~= nil and params[placeholder].required == true or is_setting[placeholder] == true,
        entry.name .. ": {" .. placeholder .. "}")
    end
    local results = index_fields(entry, entry.result)
    assert_echoes(entry, params, results)
    assert.is_nil(results.request_id or results.warning, entry.name .. ": the call adds request_id and warning")
    if entry.paging then assert_paging(entry, params) end
  end
end
