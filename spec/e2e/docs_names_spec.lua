--- The tables of the documentation against the code: they list the names that there are, and no others.

local documentation = require "spec.helpers.documentation"
local emulator = require "kms.emulator"
local exports = require "spec.helpers.exports"
local files = require "spec.helpers.files"
local kms = require "kms"
local markdown = require "spec.helpers.markdown"

local set_of, sorted, add_all, page, documented, assert_same_names, PATHS = documentation.set_of, documentation.sorted, documentation.add_all,
  documentation.page, documentation.documented, documentation.assert_same_names, documentation.PATHS

--- The names that the code knows, from its own message about an unknown one: "known: a, b", "must be one of a, b; got".
local function known_names(call, ...)
  local ok, message = pcall(call, ...)
  assert(not ok, "an unknown name was accepted")
  local list = tostring(message):match "known: ([%w_, ]+)" or tostring(message):match "must be one of ([%w_, ]+);"
  assert(list, message)
  local names = {}
  for name in list:gmatch "[%w_]+" do names[#names + 1] = name end
  return set_of(names)
end

describe("names in the documentation", function()
  it("usage.md lists the options of both clients, and no others", function()
    local shared = documented("usage", "Options of both clients")
    for _, provider in ipairs { "huawei", "ncloud" } do
      local own = documented("usage", "Options of kms." .. provider)
      assert_same_names(known_names(kms[provider], { no_such_option = 1 }), add_all(own, sorted(shared)))
    end
  end)

  it("retries.md lists the fields of the option retry, and no others", function()
    assert_same_names(known_names(kms.huawei, { retry = { no_such_field = 1 } }), documented("retries", "Options"))
  end)

  it("credentials.md lists every credential provider with its options, and no others", function()
    local names, documented_names = {}, {}
    for name, value in pairs(kms.credentials) do
      if type(value) == "function" then names[name] = true end
    end
    -- Functions that clients use.
    names.check_option, names.provider = nil, nil
    for word in pairs(documented("credentials", "Providers")) do documented_names[word:match "^[%l_]+"] = true end
    assert_same_names(names, documented_names)
    for _, name in ipairs { "file", "metadata", "container", "iam_token", "oidc" } do
      assert_same_names(known_names(kms.credentials[name], { no_such_option = 1 }), documented("credentials", name .. "(options)"))
    end
  end)

  it("parallel.md lists the options of kms.parallel, and no others", function()
    assert_same_names(known_names(kms.parallel, { no_such_option = 1 }), documented("parallel", "kms.parallel(options)"))
  end)

  it("bulk.md lists the options of kms.bulk, and no others", function()
    assert_same_names(known_names(kms.bulk, { no_such_option = 1 }), documented("bulk", "Options"))
  end)

  it("transports.md lists the options of kms.transport.curl, and no others", function()
    local names = {}
    local list = files.read("csrc/curl/options.c"):match "OPTION_NAMES%[.-%] = (%b{})"
    for name in list:gmatch '"([%l_]+)"' do names[name] = true end
    assert_same_names(names, documented("transports", "Options of kms.transport.curl"))
  end)

  it("openresty.md lists the options of kms.transport.cosocket, and no others", function()
    local names = {}
    for name in pairs(require("kms.transport.options").COMMON) do names[name] = true end
    local own_options = files.read("lua/kms/transport/cosocket_options.lua"):match "options%.extend ({\n.-\n})"
    for name in own_options:gmatch "\n  ([%l_]+) = {" do names[name] = true end
    assert_same_names(names, documented("openresty", "Options of the transport"))
  end)

  it("usage.md lists the fields of the event of on_attempt, and no others", function()
    local cloud, names = emulator.new(), {}
    cloud:fault { kind = "throttled" }
    local account = emulator.fixtures.accounts[1]
    local huawei = kms.huawei {
      region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      endpoint = "https://kms.cn-north-4.myhuaweicloud.com",
      credentials = { access_key = account.access_key, secret_key = account.secret_key },
      on_attempt = function(event)
        for name in pairs(event) do names[name] = true end
      end,
    }
    assert(huawei:update_primary_region { key_id = emulator.fixtures.keys[1].key_id, primary_region = "cn-east-3" })
    assert_same_names(names, documented("usage", "on_attempt"))
  end)

  -- The names before "(" in the first column of a table.
  local function documented_functions(name, heading, number, owner)
    local functions = {}
    for word in pairs(documented(name, heading, number)) do
      local function_name = word:match("^" .. owner .. "[.:]([%l_%d]+)%(")
      if function_name then functions[function_name] = true end
    end
    return functions
  end

  local functions_of, methods_of = exports.functions_of, exports.methods_of

  it("the tables of functions list every function of the public modules and objects, and no others", function()
    local curl, http1 = require "kms.transport.curl", require "kms.http1"
    assert_same_names(functions_of(kms), documented_functions("usage", "The module", 1, "kms"))
    assert_same_names(functions_of(require "kms.sign"), documented_functions("signing", "Functions", 1, "sign"))
    assert_same_names(functions_of(http1), documented_functions("transports", "kms.http1", 1, "http1"))
    assert_same_names(methods_of(http1.parser("GET", 1)), documented_functions("transports", "kms.http1", 1, "parser"))
    assert_same_names(methods_of(curl.new()), documented_functions("transports", "Methods", 1, "transport"))
    assert_same_names(methods_of(curl.multi()), documented_functions("transports", "Event loops", 1, "multi"))
    assert_same_names(methods_of(emulator.new()), documented_functions("testing-with-the-emulator", "Methods", 1, "cloud"))
  end)

  it("the pages about extensions list every field of a provider, an operation, a param and a result, and no others", function()
    local function fields_of(path, class)
      local names = {}
      local body = assert(files.read(path):match("%-%-%-@class " .. class .. "%f[%s].-\n(.-)\n\n"), class)
      for name in body:gmatch "%-%-%-@field ([%l_]+)" do names[name] = true end
      return names
    end
    local function names_in(name, heading, number)
      local names = {}
      for word in pairs(documented(name, heading, number)) do names[word:match "^[%l_]+"] = true end
      return names
    end
    local CATALOG = "lua/kms/call/catalog.lua"
    assert_same_names(fields_of("lua/kms/call/init.lua", "kms%.Provider"), names_in("adding-a-provider", "2. The provider, in Lua", 2))
    for number, class in ipairs { "Operation", "OperationField", "OperationParam", "ResultField", "Paging" } do
      assert_same_names(fields_of(CATALOG, "kms%." .. class), names_in("adding-an-operation", "The fields of an entry", number))
    end
  end)

  it("types/kms/error.lua and errors.md describe the same fields of an error", function()
    local names = {}
    local class = files.read("types/kms/error.lua"):match "%-%-%-@class kms%.Error\n(.-)\n\n"
    for name in class:gmatch "%-%-%-@field ([%l_]+)" do names[name] = true end
    assert_same_names(names, documented("errors", "Fields"))
  end)
end)

describe("names of the emulator in the documentation", function()
  local PAGE = "testing-with-the-emulator"
  local cloud = emulator.new()

  it("testing-with-the-emulator.md lists the options of emulator.new, and no others", function()
    assert_same_names(known_names(emulator.new, { no_such_option = 1 }), documented(PAGE, "Accounts and keys of your own", 1))
  end)

  it("testing-with-the-emulator.md lists the fields of accounts and keys, and no others", function()
    for number, option in ipairs { "accounts", "keys" } do
      local names = {}
      for _, provider in ipairs { "huawei", "ncloud" } do
        local entry = { provider = provider, no_such_field = 1 }
        add_all(names, sorted(known_names(emulator.new, { [option] = { entry } })))
      end
      local fields = {}
      for name in pairs(documented(PAGE, "Accounts and keys of your own", number + 1)) do fields[name] = true end
      assert_same_names(names, fields)
    end
  end)

  it("testing-with-the-emulator.md lists the kinds of faults with their fields, and no others", function()
    local kinds = known_names(cloud.fault, cloud, { kind = "no_such_kind" })
    local shared = documented(PAGE, "Faults", 1)
    local rows = markdown.tables_below(page(PAGE), "Faults")[2]
    local documented_kinds = {}
    for _, cells in ipairs(rows) do
      local kind = cells[1]:match "`(.-)`"
      local fields = add_all({}, sorted(shared))
      for name in cells[2]:gmatch "`([%l_]+)`" do fields[name] = true end
      documented_kinds[kind] = true
      assert_same_names(known_names(cloud.fault, cloud, { kind = kind, no_such_field = 1 }), fields)
    end
    assert_same_names(kinds, documented_kinds)
  end)

  it("testing-with-the-emulator.md lists the settings of the emulator, and no others", function()
    local names = add_all(documented(PAGE, "Settings"), sorted(documented(PAGE, "Inferred behaviour")))
    assert_same_names(known_names(cloud.settings, cloud, { no_such_setting = 1 }), names)
  end)

  it("testing-with-the-emulator.md lists the control requests of the server, and no others", function()
    local requests = {}
    for request in files.read("tools/emulator/handler.lua"):gmatch '%["(%u+ /_emulator/%l+)"%]' do requests[request] = true end
    assert_same_names(requests, documented(PAGE, "Control interface"))
  end)
end)

-- Sources of the library, without the emulator.
local function library_sources()
  local text = {}
  for _, path in ipairs(files.list_lines "find lua -name '*.lua'") do
    if not path:find "/emulator/" then text[#text + 1] = files.read(path) end
  end
  return table.concat(text, "\n")
end

--- The text of all pages.
local function read_pages()
  local text = {}
  for _, path in ipairs(PATHS) do text[#text + 1] = files.read(path) end
  return table.concat(text, "\n")
end

describe("error codes and variables in the documentation", function()
  local sources, docs = library_sources(), read_pages()

  it("errors.md lists the codes of kind transport, and no others", function()
    local names = {}
    for code in pairs(require "kms.transport.error_codes") do names[code] = true end
    assert_same_names(names, documented("errors", "transport"))
  end)

  it("errors.md lists the codes of kind invalid that a call can have besides names of params, and no others", function()
    local names = { phase = true, coroutine = true, lock_guard = true }
    for _, provider in ipairs { "huawei", "ncloud" } do
      local module = require("kms." .. provider)
      for _, option in ipairs(module.options) do names[option.name] = true end
    end
    assert_same_names(names, documented("errors", "invalid"))
  end)

  it("every code of kinds credentials and protocol in errors.md is in the code", function()
    for _, kind in ipairs { "credentials", "protocol" } do
      for code in pairs(documented("errors", kind)) do
        assert.is_truthy(sources:find('"' .. code .. '"', 1, true), code .. " is not in the code")
      end
    end
  end)

  it("every environment variable that the library reads is documented, and the other way round", function()
    local function variables_in(text)
      local found = {}
      for _, pattern in ipairs { "HUAWEICLOUD_SDK_[%u_]*%u", "NCLOUD_[%u_]*%u", "HC_CONTAINER_[%u_]*%u",
        "KMS_CA_FILE" } do
        for name in text:gmatch(pattern) do
          -- the endpoint of a region, whichever it is
          found[name:find "^HUAWEICLOUD_SDK_REGION_KMS" and "HUAWEICLOUD_SDK_REGION_KMS" or name] = true
        end
      end
      return found
    end
    assert_same_names(variables_in(sources), variables_in(docs))
  end)
end)
