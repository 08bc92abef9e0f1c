--- The type annotations for editors against the exports of the modules: every function has an entry, and no entry is
--- without a function.

local catalog = require "kms.call.catalog"
local bulk = require "kms.bulk"
local curl = require "kms.transport.curl"
local emulator = require "kms.emulator"
local exports = require "spec.helpers.exports"
local files = require "spec.helpers.files"
local kms = require "kms"

local functions_of, methods_of = exports.functions_of, exports.methods_of

--- The functions that a file defines: local name -> set of function names.
local function functions_in(path)
  local found = {}
  for owner, name in files.read(path):gmatch "\nfunction ([%w_]+)[.:]([%w_]+)%(" do
    found[owner] = found[owner] or {}
    found[owner][name] = true
  end
  return found
end

local function sorted(set)
  local list = {}
  for name in pairs(set or {}) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- Functions of public tables that only the library calls.
local INTERNAL = {
  ["kms.credentials"] = { check_option = true },
  ["iterators of kms.parallel"] = { record = true, reserve_outcome = true, set_outcome = true },
}

--- The names of a provider's operations.
local function operation_names(provider)
  local names = {}
  for entry in catalog.of(require("kms." .. provider)):each() do names[entry.name] = true end
  return names
end

--- The methods of a client that are neither operations nor `each`, which is annotated for each operation with pages.
local function methods_of_client(provider)
  local methods, operations = {}, operation_names(provider)
  local client = kms[provider]()
  assert(client.each) -- adds the methods of kms.client_tools
  for name in pairs(methods_of(client)) do
    if not operations[name] and name ~= "each" then methods[name] = true end
  end
  return methods
end

-- One row per table of functions: its name, the file of its annotations, the local in that file, and the functions.
local TABLES = {
  { "kms", "kms.lua", "kms", functions_of(kms) },
  { "clients of Huawei Cloud", "kms.lua", "Huawei", methods_of_client "huawei" },
  { "clients of NAVER Cloud", "kms.lua", "Ncloud", methods_of_client "ncloud" },
  { "kms.error", "kms/error.lua", "Error", functions_of(require "kms.error") },
  { "kms.credentials", "kms/credentials.lua", "credentials", functions_of(kms.credentials) },
  { "kms.parallel", "kms/parallel.lua", "parallel", functions_of(require "kms.parallel") },
  { "objects of kms.parallel", "kms/parallel.lua", "Parallel", methods_of(kms.parallel()) },
  { "iterators of kms.parallel", "kms/parallel.lua", "Run", methods_of((kms.parallel():map({}, print))) },
  { "kms.bulk", "kms/bulk.lua", "bulk", functions_of(bulk) },
  { "runs of kms.bulk", "kms/bulk.lua", "Run", methods_of(assert(bulk.new {
    client = kms.huawei { region = "cn-north-4", project_id = ("0"):rep(32) }, operation = "update_primary_region", items = {} })) },
  { "kms.emulator", "kms/emulator.lua", "emulator", functions_of(emulator) },
  { "emulators", "kms/emulator.lua", "Emulator", methods_of(emulator.new()) },
  { "kms.sign", "kms/sign.lua", "sign", functions_of(require "kms.sign") },
  { "kms.http1", "kms/http1.lua", "http1", functions_of(require "kms.http1") },
  { "parsers of kms.http1", "kms/http1.lua", "Parser", methods_of(require("kms.http1").parser("GET", 1)) },
  { "kms.transport.curl", "kms/transport/curl.lua", "curl", functions_of(curl) },
  { "transports of kms.transport.curl", "kms/transport/curl.lua", "Transport", methods_of(curl.new()) },
  { "multis of kms.transport.curl", "kms/transport/curl.lua", "Multi", methods_of(curl.multi()) },
}

--- The names that annotations define in some files.
local function defined_types(paths)
  local names = {}
  for _, path in ipairs(paths) do
    for keyword, name in files.read(path):gmatch "%-%-%-@(%l+) (kms%.[%w_.]+)" do
      if keyword == "class" or keyword == "alias" then names[name] = true end
    end
  end
  return names
end

local function files_below(folder)
  return files.list_lines("find " .. folder .. " -name '*.lua' | sort")
end

-- Classes that lua/ extends by fields that only the library uses.
local EXTENDED = {
  ["kms.Emulator"] = true, ["kms.Parallel"] = true, ["kms.parallel.Run"] = true,
}

describe("the type annotations", function()
  it("every type that annotations in types/ name is defined there", function()
    local paths = files_below "types"
    local defined = defined_types(paths)
    for _, path in ipairs(paths) do
      for line in files.read(path):gmatch "%-%-%-@[^\n]+" do
        for name in line:gmatch "kms%.[%w_.]*%u%w*" do
          assert.is_true(defined[name] or false, ("%s names %s"):format(path, name))
        end
      end
    end
  end)

  it("no type of types/ is defined in lua/ again", function()
    local defined = defined_types(files_below "types")
    for name in pairs(defined_types(files_below "lua")) do
      assert.is_true(not defined[name] or EXTENDED[name] or false, name .. " is defined twice")
    end
  end)

  for _, row in ipairs(TABLES) do
    local name, file, owner, exported = row[1], row[2], row[3], row[4]
    it(("types/%s has every function of %s, and no others"):format(file, name), function()
      for internal in pairs(INTERNAL[name] or {}) do exported[internal] = nil end
      assert.same(sorted(exported), sorted(functions_in("types/" .. file)[owner]))
    end)
  end

  it("types/kms/transport/cosocket.lua has every function of kms.transport.cosocket, and no others", function()
    local source = functions_in "lua/kms/transport/cosocket.lua"
    local annotated = functions_in "types/kms/transport/cosocket.lua"
    for _, owner in ipairs { "cosocket", "Transport" } do
      assert.same(sorted(source[owner]), sorted(annotated[owner]))
    end
  end)

  it("types/kms/operations has every operation of both clouds, and no others", function()
    for provider, owner in pairs { huawei = "Huawei", ncloud = "Ncloud" } do
      local annotated = functions_in(("types/kms/operations/%s.lua"):format(provider))[owner]
      assert.is_true(annotated.each)
      annotated.each = nil
      assert.same(sorted(operation_names(provider)), sorted(annotated))
    end
  end)
end)
