--- Compares calls of the library with the documentation: for each operation of a group the request, the result, and the
--- errors, as spec.helpers.huawei_facts has them.

local assert = require "luassert"
local catalog = require "kms.call.catalog"
local cjson = require "cjson.safe"
local facts = require "spec.helpers.huawei_facts"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local operation_facts = require "spec.helpers.operation_facts"

local huawei_wire = {}

local PROJECT = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"

--- Creates a client whose calls get these responses.
---@param ... table responses, as for spec.helpers.fake_transport
---@return table client, table transport
function huawei_wire.new_client(...)
  local transport = fake_transport.new(...)
  return kms.huawei {
    region = "cn-north-4", project_id = PROJECT, transport = transport, retry = false,
    credentials = { access_key = "AccessKey", secret_key = "SecretKey" },
  }, transport
end

--- Returns the response of a success.
function huawei_wire.success(operation)
  return { status = facts.status(operation), body = facts.response(operation) }
end

local function assert_headers(request)
  local headers = fake_transport.headers(request)
  assert.equal("application/json", headers["content-type"])
  assert.equal(PROJECT, headers["x-project-id"])
  local signed = headers.authorization:match "^SDK%-HMAC%-SHA256 Access=AccessKey, SignedHeaders=([^,]+), Signature=%x+$"
  assert.equal("content-type;host;x-project-id;x-sdk-date", signed)
end

local function assert_request(operation, only_required)
  local client, transport = huawei_wire.new_client(huawei_wire.success(operation))
  assert(client[operation.name](client, facts.params(operation, only_required)))
  assert.equal(1, #transport.requests)
  local request = transport.requests[1]
  assert.same(facts.request(operation, PROJECT, only_required), operation_facts.describe_request(request))
  assert_headers(request)
end

local function assert_required(operation)
  local client, transport = huawei_wire.new_client(huawei_wire.success(operation))
  for name in pairs(facts.params(operation, true)) do
    local params = facts.params(operation)
    params[name] = nil
    local ok, problem = pcall(client[operation.name], client, params)
    assert.is_false(ok, name)
    assert.is_truthy(problem:find(("field '%s' is missing"):format(name), 1, true), problem)
  end
  assert.equal(0, #transport.requests)
end

local function assert_error(operation, status)
  local code, message = "KMS.0308", "Invalid parameter"
  local body = cjson.encode { error = { error_code = code, error_msg = message .. "." } }
  local client = huawei_wire.new_client { status = status, body = body }
  local result, err = client[operation.name](client, facts.params(operation))
  assert.is_nil(result)
  assert.same({ "service", code, status, operation.name }, { err.kind, err.code, err.status, err.operation })
  assert.equal(message, err.message:sub(1, #message))
  assert.equal(status >= 500 and not operation.read_only, err.uncertain)
end

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

--- Finds the object that has the member at a path such as "page_info.next_marker", and the member's name.
local function find_member(object, path)
  local outer, name = path:match "^(.*)%.([^.]+)$"
  if outer then return object[outer], name end
  return object, path
end

--- Builds the bodies of two pages that follow from the documented response. The second one has another item.
local function build_pages(operation)
  local paging, pages = operation.paging, {}
  for i = 1, 2 do pages[i] = cjson.decode(facts.response(operation)) end
  local items, name = pages[2][paging.items], nil
  for _, field in ipairs(operation.response) do
    if field.name == paging.items and field.fields then name = field.fields[1].wire or field.fields[1].name end
  end
  if name then items[1][name] = "another" else pages[2][paging.items] = { "another" } end
  if paging.next then
    local object, member = find_member(pages[2], paging.next)
    object[member] = ""
  end
  if paging.more then pages[2][paging.more] = "false" end
  for _, page in ipairs(paging.next and {} or pages) do
    if paging.total then page[paging.total] = 2 end
  end
  return pages
end

--- Asserts that `each` gets both pages, and sends the documented position for the second one.
local function assert_pages(operation)
  local paging, pages = operation.paging, build_pages(operation)
  local count = #pages[1][paging.items]
  local client, transport = huawei_wire.new_client({ body = cjson.encode(pages[1]) }, { body = cjson.encode(pages[2]) })
  local params, number = facts.params(operation, true), 0
  params.limit = count
  for _, item, err in client:each(operation.name, params) do
    assert(item ~= nil, tostring(err))
    number = number + 1
  end
  assert.equal(count + 1, number)
  assert.equal(2, #transport.requests)
  local expected = facts.request(operation, PROJECT, true)
  local place = expected[paging.where]
  place.limit = ("%d"):format(count) -- as text in the body too
  assert.same(expected, operation_facts.describe_request(transport.requests[1]))
  place[paging.request[2]] = ("%d"):format(count)
  if paging.next then
    local object, member = find_member(pages[1], paging.next)
    place[paging.request[2]] = object[member]
  end
  assert.same(expected, operation_facts.describe_request(transport.requests[2]))
end

--- Makes a call, and returns what it put on the wire.
---@param name string
---@param params table
---@return { method: string, path: string, query: table<string, string>, body: table? }
function huawei_wire.send(name, params)
  local client, transport = huawei_wire.new_client(huawei_wire.success(facts.find(name)))
  assert(client[name](client, params))
  return operation_facts.describe_request(transport.requests[1])
end

--- Makes a call with the sample params, and returns its result for a response with this body.
---@param name string
---@param body string
---@return table? result, kms.Error? err
function huawei_wire.receive(name, body)
  local operation = facts.find(name)
  local client = huawei_wire.new_client { status = facts.status(operation), body = body }
  return client[name](client, facts.params(operation))
end

--- Makes a call whose params are the sample with changes. Asserts that it is refused, and that nothing is sent.
---@param name string
---@param changes table
---@return kms.Error
function huawei_wire.refuse(name, changes)
  local operation = facts.find(name)
  local client, transport = huawei_wire.new_client(huawei_wire.success(operation))
  local params = facts.params(operation)
  for field, value in pairs(changes) do params[field] = value end
  local result, err = client[name](client, params)
  assert.is_nil(result)
  assert.equal("invalid", err.kind)
  assert.equal(0, #transport.requests)
  return err
end

--- Declares the specs of all operations of a group.
---@param group string
---@param it function of busted, which defines it for spec files only
function huawei_wire.declare(group, it)
  local operations
  for _, row in ipairs(require "kms.huawei.operations") do
    if row.module == "kms.huawei.operations." .. group then operations = catalog.new { row } end
  end

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

    it(name .. " sends the documented request", function()
      assert_request(operation, false)
      assert_request(operation, true)
    end)

    it(name .. " requires the documented params", function() assert_required(operation) end)

    it(name .. " returns the documented result", function()
      local client = huawei_wire.new_client(huawei_wire.success(operation))
      assert.same(facts.result(operation), (assert(client[name](client, facts.params(operation)))))
    end)

    if operation.paging then
      it(name .. " has pages, which each gets one after another", function() assert_pages(operation) end)
    end

    if operation.errors then
      it(name .. " returns the documented errors", function()
        for _, status in ipairs(operation.errors) do assert_error(operation, status) end
      end)
    end
  end
end

return huawei_wire
