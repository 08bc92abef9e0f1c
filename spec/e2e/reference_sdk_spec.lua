--- The reference SDK: the core of Huawei Cloud's official Node SDK makes the same calls as the library, for all
--- operations. The emulator accepts both, and both have the same on the wire. Needs Node.js and the SDK in
--- build/reference_sdk (see tools/install-deps). If one is missing, CI fails; elsewhere this is pending.

local cjson = require "cjson.safe"
local curl = require "kms.transport.curl"
local emulator = require "spec.helpers.emulator_client"
local facts = require "spec.helpers.huawei_facts"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local operation_facts = require "spec.helpers.operation_facts"

local MODULES = (os.getenv "BUILD" or "build") .. "/reference_sdk/node_modules"
local REGION = "cn-north-4"
local ACCOUNT = emulator.accounts.huawei

local function succeeds(command)
  local result = os.execute(command .. " > /dev/null 2>&1")
  return result == true or result == 0 -- Lua 5.1 returns only the status
end

local function find_missing()
  if not succeeds "node --version" then return "node is not installed" end
  if not succeeds("test -d " .. MODULES .. "/@huaweicloud/huaweicloud-sdk-core") then return MODULES .. " has no SDK" end
end

--- Makes the calls with the SDK.
---@param secret_key string? default: the account's
---@param name string? of the only operation; default: all
---@return table[] calls each with `name`, `variant`, `request` and `response`
local function run_sdk(secret_key, name)
  local home = os.getenv "KMS_EMULATOR_DIR" .. "/reference_sdk_home" -- the SDK writes an id below HOME
  local pipe = io.popen(table.concat({
    "mkdir -p '" .. home .. "'; env",
    "HOME='" .. home .. "'",
    "SDK_MODULES=\"$(realpath " .. MODULES .. ")\"",
    "NODE_EXTRA_CA_CERTS='" .. emulator.ca_file .. "'",
    "NODE_OPTIONS=--dns-result-order=ipv4first", -- the emulator does not listen on ::1, which may be localhost's first address
    "HUAWEICLOUD_SDK_AK=" .. ACCOUNT.access_key,
    "HUAWEICLOUD_SDK_SK=" .. (secret_key or ACCOUNT.secret_key),
    "HUAWEICLOUD_SDK_PROJECT_ID=" .. ACCOUNT.projects[REGION],
    "node spec/e2e/reference_sdk/operations.js", emulator.huawei[REGION], "spec/fixtures/huawei_operations.json", name or "",
    "2> '" .. home .. "/log'",
  }, " "))
  local calls = {}
  for line in pipe:lines() do calls[#calls + 1] = assert(cjson.decode(line), line) end
  pipe:close()
  return calls
end

--- Makes the same calls with the library, in the same order.
local function run_library()
  local calls = {}
  local inner = curl.new { ca_file = emulator.ca_file }
  local transport = setmetatable({ send = function(_, request)
    local response, err = inner:send(request)
    calls[#calls].request, calls[#calls].response = request, response
    return response, err
  end }, { __index = function(_, name)
    return function(_, ...) return inner[name](inner, ...) end
  end })
  local client = kms.huawei { region = REGION, endpoint = emulator.huawei[REGION], project_id = ACCOUNT.projects[REGION],
    credentials = emulator.keys "huawei", transport = transport, retry = false }
  for _, operation in ipairs(facts.list()) do
    for _, variant in ipairs { "all", "required" } do
      calls[#calls + 1] = { name = operation.name, variant = variant }
      client[operation.name](client, facts.params(operation, variant == "required"))
    end
  end
  inner:close()
  return calls
end

-- Headers that differ in every request, and why. No signature covers them.
local DIFFERENT_HEADERS = {
  ["accept"] = "the SDK says that it accepts JSON; the library relies on the default",
  ["accept-encoding"] = "the SDK decompresses responses; the library asks for none that is compressed",
  ["user-agent"] = "the SDK sends its version, the system and an id of the installation; the library sends none",
  ["host"] = "the library leaves this header to the transport; the signature covers it",
  ["content-length"] = "both leave this header to their transports",
}

-- Headers that differ only if two requests are signed in different seconds.
local TIMED_HEADERS = { ["x-sdk-date"] = true, authorization = true }

--- Lists the headers that two requests do not have in common.
local function list_different_headers(left, right)
  local names, different = {}, {}
  left, right = fake_transport.headers(left), fake_transport.headers(right)
  for _, headers in ipairs { left, right } do
    for name in pairs(headers) do names[name] = true end
  end
  for name in pairs(names) do
    if left[name] ~= right[name] then different[#different + 1] = name end
  end
  return different
end

local function signed_headers(request)
  return fake_transport.headers(request).authorization:match "SignedHeaders=([^,]+)"
end

--- Reads status and code of a response.
local function read_outcome(response)
  local object = cjson.decode(response.body)
  local err = type(object) == "table" and (object.error or object) or {}
  return { response.status, err.error_code }
end

describe("the reference SDK #sdk", function()
  local missing = find_missing()
  if missing then
    if os.getenv "CI" then
      it("is installed", function() error(missing) end)
    else
      pending("is not used: " .. missing)
    end
    return
  end

  local by_sdk, by_library

  setup(function()
    emulator.reset()
    by_sdk = run_sdk()
    emulator.reset()
    by_library = run_library()
  end)
  teardown(emulator.reset)

  it("makes a call of every operation, with all params and with the required ones, as the library does", function()
    assert.equal(2 * #facts.list(), #by_sdk)
    assert.equal(#by_sdk, #by_library)
    for i, call in ipairs(by_sdk) do
      assert.same({ call.name, call.variant }, { by_library[i].name, by_library[i].variant })
    end
  end)

  for index, operation in ipairs(facts.list()) do
    it("has the same requests as the library for " .. operation.name, function()
      for i = 2 * index - 1, 2 * index do
        local sdk, library = by_sdk[i].request, by_library[i].request
        sdk.body = sdk.body ~= "" and sdk.body or nil
        assert.same(operation_facts.describe_request(sdk), operation_facts.describe_request(library))
        assert.equal(signed_headers(sdk), signed_headers(library))
        for _, name in ipairs(list_different_headers(sdk, library)) do
          assert.truthy(DIFFERENT_HEADERS[name] or TIMED_HEADERS[name], operation.name .. ": header " .. name)
        end
      end
    end)

    it("and the library are authenticated by the emulator, with the same outcome, for " .. operation.name, function()
      for i = 2 * index - 1, 2 * index do
        local status, code = by_sdk[i].response.status, read_outcome(by_sdk[i].response)[2]
        assert.is_true(status ~= 401 and status ~= 403 and not (code or ""):find "^APIGW", by_sdk[i].response.body)
        assert.same(read_outcome(by_sdk[i].response), read_outcome(by_library[i].response))
      end
    end)
  end

  it("differs from the library in the listed headers, and in each of them", function()
    local found = {}
    for i, call in ipairs(by_sdk) do
      for _, name in ipairs(list_different_headers(call.request, by_library[i].request)) do found[name] = true end
    end
    for name in pairs(DIFFERENT_HEADERS) do assert.is_true(found[name], name .. " is not different any more") end
  end)

  it("moves a key of the emulator", function()
    emulator.reset()
    local call = run_sdk(nil, "update_primary_region")[1]
    assert.equal(200, call.response.status)
    local moved = cjson.decode(call.response.body)
    assert.equal("cn-east-3", moved.primary_region)
    assert.equal("cn-east-3", emulator.state().keys[moved.key_id].primary)
  end)

  it("is refused by the emulator with a wrong secret key", function()
    emulator.reset()
    local response = run_sdk("wrong", "update_primary_region")[1].response
    assert.same({ 401, "APIGW.0301" }, read_outcome(response))
    assert.truthy(response.body:find("verify aksk signature fail, canonicalRequest:PUT|/v2/", 1, true)
      or response.body:find("canonicalRequest:PUT|\\/v2\\/", 1, true))
  end)
end)
