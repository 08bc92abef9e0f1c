--- The documentation against the code: its programs run, its tables name what there is, its links and paths exist.

local emulator = require "kms.emulator"
local emulator_client = require "spec.helpers.emulator_client"
local files = require "spec.helpers.files"
local kms = require "kms"
local markdown = require "spec.helpers.markdown"
local subprocess = require "spec.helpers.subprocess"

local MAX_README_LINES = 200

local function set_of(list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end

local function sorted(set)
  local list = {}
  for value in pairs(set) do list[#list + 1] = value end
  table.sort(list)
  return list
end

--- Adds the members of a list to a set.
local function add_all(set, list)
  for _, value in ipairs(list) do set[value] = true end
  return set
end

-- Pages by path, README among them.
local PAGES = {}
for _, path in ipairs(files.list_lines "ls *.md docs/*.md docs/*/*.md examples/*/*.md 2>/dev/null") do PAGES[path] = markdown.read(path) end

local PATHS = sorted(PAGES)

local function page(name) return assert(PAGES["docs/" .. name .. ".md"], "no page " .. name) end

local function blocks(language)
  local found = {}
  for _, path in ipairs(PATHS) do
    for _, block in ipairs(PAGES[path].blocks) do
      if block.info:match "^%S*" == language then
        found[#found + 1] = { place = ("%s:%d"):format(path, block.line), text = block.text, info = block.info }
      end
    end
  end
  return found
end

--- The words in backquotes in the first column of a table of a page.
---@param name string of the page
---@param heading string above the table
---@param number integer? which table below the heading; default 1
local function documented(name, heading, number)
  local rows = markdown.tables_below(page(name), heading)[number or 1]
  assert(rows, ("docs/%s.md has no table %d below %q"):format(name, number or 1, heading))
  return set_of(markdown.code_in(rows, 1))
end

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

local function assert_same_names(expected, actual)
  assert.same(sorted(expected), sorted(actual))
end

--- The variables that `make emulator` prints for another shell.
local function emulator_environment()
  local variables = {}
  for line in io.lines(os.getenv "KMS_EMULATOR_DIR" .. "/env") do
    local name, value = line:match "^export ([%w_]+)='(.*)'$"
    if name then variables[name] = value end
  end
  return variables
end

-- Top folders of the repository.
local FOLDERS = set_of { "bench", "csrc", "docs", "examples", "fuzz", "lua", "spec", "tools", "types", ".ci", ".github" }

local load_text = rawget(_G, "loadstring") or load

describe("the README", function()
  it("README.md has at most 200 lines", function()
    assert.is_true(#PAGES["README.md"].lines <= MAX_README_LINES)
  end)

  it("README.md links every page of docs", function()
    local text = files.read "README.md"
    for _, path in ipairs(PATHS) do
      if path:find "^docs/" then assert.is_truthy(text:find("](" .. path .. ")", 1, true), path .. " is not linked") end
    end
  end)
end)

describe("programs in the documentation", function()
  it("every Lua block of the documentation compiles", function()
    local count = 0
    for _, block in ipairs(blocks "lua") do
      assert(load_text(block.text, "=" .. block.place))
      count = count + 1
    end
    assert.is_true(count >= 15)
  end)

  -- A block runs as it is printed, unless its fence says "lua fragment". What a program says that it prints ("--> text")
  -- must appear in its output, in this order.
  it("every Lua program of the documentation runs as it is printed", function()
    local variables, count = emulator_environment(), 0
    for _, block in ipairs(blocks "lua") do
      if block.info == "lua" then
        emulator_client.reset()
        local is_remote = block.text:find("os.getenv", 1, true)
        local output, ok = subprocess.run(block.text, is_remote and variables or nil)
        assert.is_true(ok, block.place .. ": " .. output)
        local from = 1
        for expected in block.text:gmatch "%-%-> ([^\n]+)" do
          local _, last = output:find(expected, from, true)
          assert.is_truthy(last, ("%s: no %q in %s"):format(block.place, expected, output))
          from = last + 1
        end
        count = count + 1
      end
    end
    assert.is_true(count >= 15)
  end)
end)

describe("the NGINX configuration in docs/openresty.md", function()
  local DIR = assert(os.getenv "KMS_NGINX_DIR", "run through make test") .. "/docs"
  local PORT = assert(tonumber(os.getenv "KMS_NGINX_PORT")) + 17
  local EMULATOR_DIR = os.getenv "KMS_EMULATOR_DIR"
  local TAG = emulator.fixtures.keys[#emulator.fixtures.keys].key_tag
  for _, key in ipairs(emulator.fixtures.keys) do
    if key.key_tag and not key.state then TAG = key.key_tag end
  end

  local configuration
  for _, block in ipairs(page("openresty").blocks) do
    if block.info == "nginx" then configuration = block.text end
  end

  local function write(path, text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end

  --- Replaces a text that must be there.
  local function replace(text, old, new)
    local first, last = text:find(old, 1, true)
    assert(first, old .. " is not in the configuration")
    return text:sub(1, first - 1) .. new .. text:sub(last + 1)
  end

  setup(function() assert(os.execute(("rm -rf %s && mkdir -p %s"):format(DIR, DIR))) end)

  it("passes nginx -t as it is printed", function()
    write(DIR .. "/printed.conf", configuration)
    local output, ok = subprocess.execute(("nginx -t -c %s/printed.conf"):format(DIR))
    assert.is_true(ok, output)
  end)

  it("renames a key of the emulator; only ports, paths and the endpoint are replaced", function()
    emulator_client.reset()
    local text = replace(configuration, "127.0.0.1:8080", "127.0.0.1:" .. PORT)
    text = replace(text, "/etc/ssl/certs/ca-certificates.crt", EMULATOR_DIR .. "/ca.pem")
    text = replace(text, "/tmp/kms-nginx.pid", DIR .. "/nginx.pid")
    text = replace(text, "env HOME;", "env NCLOUD_KMS_ENDPOINT;")
    text = replace(text, "timeout = 20", 'timeout = 20, endpoint = os.getenv "NCLOUD_KMS_ENDPOINT"')
    write(DIR .. "/served.conf", text)
    assert(os.execute(([[
      . %s/env
      export LUA_PATH="$PWD/lua/?.lua;$PWD/lua/?/init.lua;;" LUA_CPATH="$(realpath "${BUILD:-build}")/luajit/?.so;;"
      nginx -c %s/served.conf -g 'user root; daemon off;' > %s/output 2>&1 < /dev/null &
    ]]):format(EMULATOR_DIR, DIR, DIR)))
    finally(function() os.execute("kill -QUIT $(cat " .. DIR .. "/nginx.pid)") end)

    local transport = require("kms.transport.curl").new { timeout = 30, keepalive = 0 }
    local request = {
      method = "POST", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/rename-key",
      headers = { { "Content-Type", "application/x-www-form-urlencoded" } },
      body = "key_tag=" .. TAG .. "&key_name=newKeyName",
    }
    local response, err
    local deadline = transport:now() + 20
    repeat response, err = transport:send(request) until response or transport:now() > deadline
    assert(response, ("%s: %s"):format(err, files.read(DIR .. "/output")))
    assert.same({ 200, "newKeyName\n" }, { response.status, response.body })
    assert.equal("newKeyName", emulator_client.state().keys[TAG].key_name)
    request.body = ""
    assert.equal(400, assert(transport:send(request)).status)
    request.method = "GET"
    assert.equal(405, assert(transport:send(request)).status)
  end)
end)

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
    for name in files.read("csrc/curl/options.c"):gmatch '%] = "([%l_]+)",' do names[name] = true end
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

  local function functions_of(object)
    local names = {}
    for name, value in pairs(object) do
      if type(value) == "function" and not name:find "^__" then names[name] = true end
    end
    return names
  end

  local function methods_of(object) return functions_of(getmetatable(object).__index) end

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

local function documentation()
  local text = {}
  for _, path in ipairs(PATHS) do text[#text + 1] = files.read(path) end
  return table.concat(text, "\n")
end

describe("error codes and variables in the documentation", function()
  local sources, docs = library_sources(), documentation()

  it("errors.md lists the codes of kind transport, and no others", function()
    local names = {}
    for code in pairs(require "kms.transport.error_codes") do names[code] = true end
    assert_same_names(names, documented("errors", "transport"))
  end)

  it("errors.md lists the codes of kind invalid that a call can have besides names of params, and no others", function()
    local names = { phase = true, lock_guard = true }
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

describe("references in the documentation", function()
  it("every relative link of the documentation leads to a file and a heading that exist", function()
    local anchors = {}
    for path, each in pairs(PAGES) do anchors[path] = markdown.anchors(each) end
    for _, path in ipairs(PATHS) do
      for _, link in ipairs(markdown.links(PAGES[path])) do
        local target, line = link[1], link[2]
        if not target:find "^%a+://" then
          local file, anchor = target:match "^([^#]*)#?(.*)$"
          local full = file == "" and path or (path:match "^(.*/)" or "") .. file
          full = full:gsub("/%./", "/"):gsub("[^/]+/%.%./", "")
          local place = ("%s:%d: %s"):format(path, line, target)
          assert.is_true(files.exists(full), place)
          if anchor ~= "" then assert.is_true(anchors[full] and anchors[full][anchor] or false, place) end
        end
      end
    end
  end)

  it("every path in backquotes in the documentation exists", function()
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].prose) do
        for word in line:gmatch "`([%w_./-]+)`" do
          local root = word:match "^([%w_.]+)/"
          local is_example = word:find("acme", 1, true) -- the cloud of adding-a-provider.md
          if root and FOLDERS[root] and not is_example then
            assert.is_true(files.exists(word), ("%s:%d: %s"):format(path, number, word))
          end
        end
      end
    end
  end)

  it("the code in adding-an-operation.md is in the file that the text before it names", function()
    local example, count = page "adding-an-operation", 0
    for _, block in ipairs(example.blocks) do
      if block.info == "json" or block.info == "lua fragment" then
        local path
        for number = 1, block.line do
          for word in example.prose[number]:gmatch "`([%w_./-]+%.%l+)`" do path = files.exists(word) and word or path end
        end
        -- An entry is printed as an item of a list of its own.
        local code = block.text:gsub("^local entries = {\n(.*)}\n$", "%1")
        assert.is_truthy(files.read(path):find(code, 1, true), ("docs/adding-an-operation.md:%d is not in %s"):format(block.line, path))
        count = count + 1
      end
    end
    assert.equal(3, count)
  end)

  it("every module that the documentation names can be found", function()
    local modules = {}
    for _, file in ipairs(files.list_lines "find lua -name '*.lua'") do
      modules[file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")] = true
    end
    for _, name in ipairs { "kms.sign", "kms.http1", "kms.transport.curl", "kms.transport" } do modules[name] = true end
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].lines) do
        for name in line:gmatch "%f[%w.]kms%.[%l_%d.]*[%l%d]" do
          local function_name = name:match "^kms%.([%l_]+)$"
          local provider = name:match "^kms%.credentials%.([%l_]+)$"
          local is_known = modules[name] or function_name and kms[function_name] ~= nil
            or provider and kms.credentials[provider] ~= nil or modules[name:match "^(.*)%." or ""]
          assert.is_truthy(is_known, ("%s:%d: %s"):format(path, number, name))
        end
      end
    end
  end)

  local targets = {}
  for line in (files.read "Makefile" .. files.read "packaging/packages.mk"):gmatch "%.PHONY:([^\n]*)" do
    for target in line:gmatch "%S+" do targets[target] = true end
  end
  targets.force, targets["write-installed"] = nil, nil -- rules that only other targets use

  it("development.md lists every target of the Makefile, and no others", function()
    assert_same_names(targets, documented("development", "Make targets"))
  end)

  it("every make target that the documentation names exists", function()
    for _, path in ipairs(PATHS) do
      for number, line in ipairs(PAGES[path].lines) do
        local text = line:find "^    " and line:gsub("^    ", "; "):gsub("&& ", "; "):gsub("#.*", "") or line:gsub("`make", "; make")
        for target in text:gmatch "; make (%l[%l-]*)" do
          assert.is_true(targets[target] or false, ("%s:%d: make %s"):format(path, number, target))
        end
      end
    end
  end)

  it("every measured number in performance.md is in bench/RESULTS.md", function()
    local results = files.read "bench/RESULTS.md"
    for number, line in ipairs(page("performance").prose) do
      for value in line:gmatch "%f[%w.]%d+%.%d+%f[^%w.]" do
        assert.is_truthy(results:find("%f[%w.]" .. value:gsub("%.", "%%.") .. "%f[^%w.]"),
          ("docs/performance.md:%d: %s"):format(number, value))
      end
    end
  end)
end)
