--- Compares calls of the library with the documentation: for each operation of a group the request, the result, and the
--- errors, as spec.helpers.huawei_facts has them.

local assert = require "luassert"
local catalog = require "kms.call.catalog"
local facts = require "spec.helpers.huawei_facts"

local huawei_wire = {}

--- Collects the paths of secret fields, such as "attestation_document.service_token".
local function collect_secrets(fields, prefix, paths)
  for _, field in ipairs(fields or {}) do
    local path = prefix .. (field.name or "")
    if field.secret then paths[path] = true end
    collect_secrets(field.fields or field.items and field.items.fields, path .. ".", paths)
  end
  return paths
end

local function list_secrets(operation)
  local paths = {}
  for _, place in ipairs { "in_path", "query", "body" } do collect_secrets(operation[place], "", paths) end
  return paths, collect_secrets(operation.response, "", {})
end

--- Asserts what the documentation says about an operation that is not on the wire.
local function assert_entry(operation, entry)
  assert.same({ operation.official, operation.read_only, operation.repeatable, operation.permission, operation.errors },
    { entry.official, entry.read_only, entry.repeatable, entry.permission, entry.error_status })
  local in_params, in_result = list_secrets(operation)
  assert.same(in_params, collect_secrets(entry.params, "", {}))
  assert.same(in_result, collect_secrets(entry.result, "", {}))
  local paging = operation.paging
  assert.same(paging and { paging.items, paging.request[2], paging.next, paging.more, not paging.next and paging.total or nil },
    entry.paging and { entry.paging.items, entry.paging.param, entry.paging.next, entry.paging.more, entry.paging.total })
end

--- Declares the specs of all operations of a group.
---@param group string
---@param it function of busted, which defines it for spec files only
function huawei_wire.declare(group, it)
  local operations = catalog.new { "kms.huawei.operations." .. group }

  it("has the documented operations and no others", function()
    local names, documented = {}, {}
    for entry in operations:each() do names[entry.name] = true end
    for _, operation in ipairs(facts.list(group)) do documented[operation.name] = true end
    assert.same(documented, names)
  end)

  for _, operation in ipairs(facts.list(group)) do
    local name = operation.name
    it(name .. " has the documented flags, secrets, paging and permission", function()
      assert_entry(operation, operations:find(name))
    end)
  end
end

return huawei_wire
