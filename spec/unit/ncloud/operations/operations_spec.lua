--- Calls of every operation of NAVER Cloud KMS 2.0 against its documentation, as spec/fixtures/ncloud_operations.json has it.

local assert_entries = require "spec.helpers.operation_entries"
local catalog = require "kms.call.catalog"
local cjson = require "cjson.safe"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local operation_facts = require "spec.helpers.operation_facts"
local operations = require "kms.ncloud.operations"
local sign = require "kms.sign"

local facts = operation_facts.read "spec/fixtures/ncloud_operations.json"
local entries = catalog.new(operations)

local KEYS = { access_key = "FAKEACCESSKEY0000001", secret_key = "FakeSecretKey0000000000000000000000000001" }
local TOKEN = { ocapi_token = "eyJhbGciOiJub25lIn0.token-of-the-key" }

-- Other documented names and values.
local ALSO = { also = true }

local function read_json(path)
  local file = assert(io.open(path))
  local value = assert(cjson.decode((file:read "*a")))
  file:close()
  return value
end

--- Makes a call that gets this body.
---@return table? result, kms.Error? err, table transport
local function call(operation, response, options)
  local transport = fake_transport.new(response)
  local credentials = options and options.credentials or operation.auth == "refresh_token" and TOKEN or KEYS
  local client = kms.ncloud { credentials = credentials, transport = transport, retry = false }
  local result, err = client[operation.name](client, operation_facts.params(operation, options))
  return result, err, transport
end

--- The body of a success. An operation without a result has `data` null.
local function encode_success(operation, options)
  local names = { also = options and options.also }
  local data = operation.response and operation_facts.response(operation, names) or cjson.null
  return { cjson.encode { code = "SUCCESS", data = data } }
end

local function assert_request(operation, options)
  local result, err, transport = call(operation, encode_success(operation, options), options)
  assert(result, err)
  assert.equal(1, #transport.requests)
  assert.same(operation_facts.request(operation, {}, options), operation_facts.describe_request(transport.requests[1]))
end

local function assert_result(operation, body, options)
  local result, err = call(operation, { body }, options)
  assert.same(operation_facts.result(operation, options), assert(result, err))
end

--- Returns the headers of a call that authenticate it, and the request.
local function authenticate(operation, credentials)
  local result, err, transport = call(operation, encode_success(operation), { credentials = credentials })
  assert(result, err)
  local request, own = transport.requests[1], {}
  for name, value in pairs(fake_transport.headers(request)) do
    if name:find "^x%-ncp" then own[name] = value end
  end
  return own, request, transport
end

local function assert_account(operation)
  local headers, request, transport = authenticate(operation, KEYS)
  assert.same(sign.ncloud({ method = request.method, target = request.target }, KEYS, transport.time), headers)
end

local function assert_token(operation)
  assert.same({ ["x-ncp-ocapi-token"] = TOKEN.ocapi_token }, (authenticate(operation, TOKEN)))
end

--- Nothing is sent under credentials that the operation does not accept.
local function assert_refused(operation, credentials)
  local result, err, transport = call(operation, encode_success(operation), { credentials = credentials })
  assert.is_nil(result)
  assert.same({ "credentials", 0 }, { err.kind, #transport.requests })
end

--- Collects the names of secret fields.
local function list_secrets(...)
  local names = {}
  for _, fields in ipairs { ... } do
    for _, field in ipairs(fields) do
      if field.secret then names[field.name] = true end
    end
  end
  return names
end

local function encode_error(row)
  if row.layer == "gateway" then
    return cjson.encode { error = { errorCode = row.code, message = row.message, details = "details" } }
  end
  return cjson.encode { code = row.code, msg = row.message or "text", data = cjson.null }
end

describe("the entries of NAVER Cloud", function()
  it("are complete", function()
    assert_entries(entries, {})
  end)

  it("are the documented operations and no others, in the documented groups", function()
    local documented, present = {}, {}
    for _, operation in ipairs(facts:list()) do documented[operation.name] = operation.group end
    for _, group in ipairs(operations) do
      for _, entry in ipairs(require(group.module)) do present[entry.name] = group.module:match "[%w_]+$" end
    end
    assert.same(documented, present)
  end)

  it("never repeat an operation that makes tokens or ends them", function()
    for _, name in ipairs { "update_token_generator", "create_token_set", "renew_token_set", "create_access_token" } do
      local entry = entries:find(name)
      assert.same({ nil, nil }, { entry.read_only, entry.repeatable }, name)
    end
  end)
end)

for _, operation in ipairs(facts:list()) do
  local name = operation.name
  describe(name, function()
    local entry = entries:find(name)

    it(name .. " has the documented name, flags, authentication, secrets and pages", function()
      assert.same({ operation.official, operation.read_only, operation.repeatable, operation.auth },
        { entry.official, entry.read_only, entry.repeatable, entry.auth })
      assert.same(list_secrets(operation.body or {}, operation.response or {}), list_secrets(entry.params, entry.result))
      local paging = operation.paging
      assert.same(paging and { paging.items, paging.request[1], paging.pages, 1 },
        entry.paging and { entry.paging.items, entry.paging.param, entry.paging.pages, entry.paging.first })
    end)

    it(name .. " sends the documented request", function()
      assert_request(operation)
      assert_request(operation, { only_required = true })
      assert_request(operation, ALSO)
    end)

    it(name .. " is authenticated as documented", function()
      if operation.auth ~= "refresh_token" then assert_account(operation) else assert_refused(operation, KEYS) end
      if operation.auth then assert_token(operation) else assert_refused(operation, TOKEN) end
    end)

    it(name .. " returns the documented result, under each documented name and type", function()
      if operation.response then
        assert_result(operation, encode_success(operation)[1])
        assert_result(operation, encode_success(operation, ALSO)[1], ALSO)
      else
        assert.same({}, (call(operation, { '{"code":"SUCCESS","data":null}' })))
      end
    end)

    it(name .. " returns every documented error, with its code verbatim", function()
      for _, row in ipairs(read_json "spec/fixtures/ncloud_errors.json") do
        local result, err = call(operation, { status = row.status or 400, body = encode_error(row) })
        assert.is_nil(result)
        assert.same({ "service", row.code, row.status or 400, name }, { err.kind, err.code, err.status, err.operation })
        assert.matches(row.message or "text", err.message, 1, true)
        local is_uncertain = not operation.read_only and err.status >= 500 and err.status ~= 503
        assert.equal(is_uncertain, err.uncertain)
      end
    end)
  end)
end

describe("pages of list_keys", function()
  it("are read with the totals inside data and beside it", function()
    local operation = facts:find "list_keys"
    local data = operation_facts.response(operation)
    local body = { code = "SUCCESS", data = { keyList = data.keyList } }
    for _, member in ipairs { "currentPageNo", "totalPageNo", "totalCount" } do body[member] = data[member] end
    assert_result(operation, cjson.encode(body))
    body.data = data
    assert_result(operation, cjson.encode(body))
  end)

  it("a page without a list is a protocol error, because a caller would take it for an empty one", function()
    local _, err = call(facts:find "list_keys", { '{"code":"SUCCESS","data":{"totalCount":3}}' })
    assert.same({ "protocol", "wrong_type" }, { err.kind, err.code })
  end)
end)

describe("values of params", function()
  it("a key_tag is one segment of the path, whatever it contains", function()
    for tag, segment in pairs { ["a b"] = "a%20b", ["a/b"] = "a%2Fb", ["%2F"] = "%252F", ["a?b#c"] = "a%3Fb%23c",
      ["키"] = "%ED%82%A4", ["..."] = "..." } do
      local transport = fake_transport.new { "{}" }
      kms.ncloud({ credentials = KEYS, transport = transport, retry = false }):get_key { key_tag = tag }
      assert.equal("/kms/v1/keys/" .. segment, transport.requests[1].target)
    end
  end)

  local function assert_invalid(name, change)
    local operation = facts:find(name)
    local transport = fake_transport.new { "{}" }
    local client = kms.ncloud { credentials = operation.auth == "refresh_token" and TOKEN or KEYS, transport = transport }
    local params = operation_facts.params(operation)
    for key, value in pairs(change) do params[key] = value end
    local result, err = client[name](client, params)
    assert.is_nil(result)
    assert.same({ "invalid", (next(change)), 0 }, { err.kind, err.code:match "^[%l_]+", #transport.requests })
    return err.message
  end

  it("a name, a base64 text or a number that the documentation excludes is refused before anything is sent", function()
    assert_invalid("create_key", { key_name = "1st" })
    assert_invalid("create_key", { rotation_period = 731 })
    assert_invalid("update_rotation_period", { rotation_period = 0 })
    assert_invalid("list_keys", { page_size = 201 })
    assert_invalid("enable_key_version", { version = 101 })
    assert_invalid("encrypt", { context = "not base64" })
    assert_invalid("sign", { data = "message" })
    assert_invalid("create_token_set", { access_token_hours = 17521 })
    assert_invalid("create_token_set", { refresh_token_hours = "forever" })
    assert_invalid("decrypt", { ciphertext = "" })
  end)

  it("a plaintext that is refused is not in the error", function()
    local message = assert_invalid("encrypt", { plaintext = "secret text" })
    assert.is_nil(message:find("secret text", 1, true))
    message = assert_invalid("encrypt", { plaintext = { "aGVsbG8=", "secret text" } })
    assert.is_nil(message:find("secret text", 1, true))
  end)

  it("values beyond the documented ones are sent, because the cloud adds some", function()
    local operation = facts:find "create_key"
    local transport = fake_transport.new(encode_success(operation))
    local client = kms.ncloud { credentials = KEYS, transport = transport }
    local params = operation_facts.params(operation)
    params.key_type = "RSA4096"
    assert(client:create_key(params))
    assert.equal("RSA4096", operation_facts.describe_request(transport.requests[1]).body.keyType)
  end)
end)
