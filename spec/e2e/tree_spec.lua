--- Promises of the source tree: which layer may use which, one file per module, one spec per module.

local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

local BUILD = os.getenv "BUILD" or "build"

local function find_files(folder, pattern)
  return files.list_lines(("find %s -name '%s' | LC_ALL=C sort"):format(folder, pattern))
end

--- Paths of the C modules that the Makefile builds: "kms/sign".
local function c_modules()
  local paths = {}
  for path in files.read("Makefile"):match("\nMODULES = ([^\n]+)"):gmatch "%S+" do paths[#paths + 1] = path end
  assert(#paths > 2)
  return paths
end

--- The edges "FOLDER -> FOLDER" that `is_allowed` refuses, each with the files that cause it.
---@param edges { from: string, to: string, file: string, target: string }[]
---@param is_allowed fun(edge: table): boolean
local function refused_edges(edges, is_allowed)
  local refused = {}
  for _, edge in ipairs(edges) do
    if edge.from ~= edge.to and not is_allowed(edge) then
      refused[#refused + 1] = ("%s -> %s: %s uses %s"):format(edge.from, edge.to, edge.file, edge.target)
    end
  end
  return refused
end

--- A cycle between folders as text, nil when there is none.
local function find_cycle(edges)
  local targets, states = {}, {}
  for _, edge in ipairs(edges) do
    targets[edge.from] = targets[edge.from] or {}
    if edge.from ~= edge.to then targets[edge.from][edge.to] = true end
  end
  local function visit(folder, path)
    if states[folder] == "active" then return path .. " -> " .. folder end
    if states[folder] then return nil end
    states[folder] = "active"
    for target in pairs(targets[folder] or {}) do
      local cycle = visit(target, path .. " -> " .. folder)
      if cycle then return cycle end
    end
    states[folder] = "done"
  end
  for folder in pairs(targets) do
    local cycle = visit(folder, "")
    if cycle then return cycle end
  end
end

describe("the C sources", function()
  -- Folders that each folder may include. sign may also include http/syntax.h.
  local MAY_INCLUDE = {
    base = {}, http = { base = true }, sign = { base = true }, curl = { base = true, http = true },
    binding = { base = true, http = true, sign = true, curl = true },
  }

  local function includes()
    local edges = {}
    for _, file in ipairs(find_files("csrc", "*.[ch]")) do
      for target in files.read(file):gmatch '#include "([^"]+)"' do
        edges[#edges + 1] = { from = file:match "^csrc/(%w+)/", to = target:match "^(%w+)/", file = file, target = target }
      end
    end
    return edges
  end

  local function files_that_include(header)
    return files.list_lines(("grep -lE '#include <(%s)>' csrc/*/*.[ch] | LC_ALL=C sort"):format(header))
  end

  it("include headers of lower folders only", function()
    local edges = includes()
    assert.is_true(#edges > 50)
    assert.same({}, refused_edges(edges, function(edge)
      return MAY_INCLUDE[edge.from][edge.to] or edge.from == "sign" and edge.target == "http/syntax.h"
    end))
  end)

  it("have no cycle between folders", function()
    assert.is_nil(find_cycle(includes()))
  end)

  it("have no cycle between units", function()
    local edges = {}
    for _, edge in ipairs(includes()) do
      local unit = edge.file:gsub("^csrc/", ""):gsub("%.[ch]$", "")
      edges[#edges + 1] = { from = unit, to = (edge.target:gsub("%.h$", "")) }
    end
    assert.is_nil(find_cycle(edges))
  end)

  it("include headers of Lua in csrc/binding only", function()
    local paths = files_that_include "lua.*|lauxlib[.]h"
    assert.is_true(#paths > 3)
    for _, path in ipairs(paths) do assert.matches("^csrc/binding/", path) end
  end)

  it("include headers of libcurl in csrc/curl and its binding only", function()
    local paths = files_that_include "curl/.*"
    assert.is_true(#paths > 0)
    for _, path in ipairs(paths) do
      assert.is_truthy(path:find "^csrc/curl/" or path:find "^csrc/binding/transport%." or path:find "^csrc/binding/multi%.", path)
    end
  end)

  it("include headers of OpenSSL in csrc/sign only", function()
    local paths = files_that_include "openssl/.*"
    assert.is_true(#paths > 0)
    for _, path in ipairs(paths) do assert.matches("^csrc/sign/", path) end
  end)

  -- From the debug information of the shared objects: the archive leaves out what no module needs.
  it("belong to a module, and those of sign and curl to one module only", function()
    local modules_of = {}
    for _, path in ipairs(c_modules()) do
      local object = ("%s/%s/%s.so"):format(BUILD, subprocess.lua, path)
      for _, unit in ipairs(files.list_lines("LC_ALL=C readelf --debug-dump=info --dwarf-depth=1 " .. object ..
        " | grep -oE 'csrc/[a-z0-9_/]+[.]c' | LC_ALL=C sort -u")) do
        modules_of[unit] = modules_of[unit] or {}
        table.insert(modules_of[unit], object)
      end
    end
    for _, file in ipairs(find_files("csrc", "*.c")) do
      assert.is_table(modules_of[file], file .. " is in no module")
      if file:find "^csrc/sign/" or file:find "^csrc/curl/" then
        assert.equal(1, #modules_of[file], file .. ": " .. table.concat(modules_of[file], ", "))
      end
    end
  end)
end)

--- The module names of lua/kms: name -> file.
local function lua_modules()
  local modules = {}
  for _, file in ipairs(find_files("lua", "*.lua")) do
    local name = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    assert(not modules[name], "two files for module " .. name)
    modules[name] = file
  end
  return modules
end

describe("the Lua modules", function()
  -- From the top to the bottom. A module is on the layer of its folder, a module of lua/kms itself on its own.
  local LAYERS = {
    { "cli" }, { "kms" }, { "bulk" }, { "client" }, { "client_tools" }, { "client_settings", "client_transport" },
    { "call" }, { "huawei", "ncloud" }, { "credentials", "loop" }, { "parallel" },
    { "transport", "emulator" }, { "error" }, { "util" }, { "http1", "sign" },
  }
  local LEVELS = {}
  for level, names in ipairs(LAYERS) do
    for _, name in ipairs(names) do LEVELS[name] = level end
  end

  local function folder_of(name) return name:match "^kms%.([%w_]+)" or "kms" end

  local function requires()
    local edges = {}
    for name, file in pairs(lua_modules()) do
      local text = files.read(file):gsub("%-%-[^\n]*", "")
      for target in text:gmatch "%f[%w](kms[%w_.]*)[\"']" do
        local call = text:match("([%w_.]+)%s*%(?%s*[\"']" .. target:gsub("%.", "%%.") .. "[\"']")
        if call == "require" or call == "lazy" or call == "lazy.read" then
          edges[#edges + 1] = { from = folder_of(name), to = folder_of(target), file = file, target = target }
        end
      end
    end
    return edges
  end

  it("require modules of lower layers only", function()
    local edges = requires()
    assert.is_true(#edges > 80)
    assert.same({}, refused_edges(edges, function(edge)
      return assert(LEVELS[edge.from], edge.from) < assert(LEVELS[edge.to], edge.to)
    end))
  end)

  it("have no cycle between folders", function()
    assert.is_nil(find_cycle(requires()))
  end)

  it("have one file each, in Lua or in C", function()
    local modules = lua_modules()
    for _, path in ipairs(c_modules()) do
      local name = path:gsub("/", ".")
      assert.is_nil(modules[name], name .. " is a module in Lua and in C")
    end
  end)

  it("of a call have no loop over pairs or next, which may never end in a finalizer, see kms.util.iterate", function()
    assert.same({}, files.list_lines [[grep -nE '^ *for .* in (pairs\(|next,)' lua/kms/call/*.lua lua/kms/util/*.lua || true]])
  end)

  -- Modules without a spec of their name, and why.
  local WITHOUT_SPEC = {
    ["kms.sign"] = "its functions have a spec each in spec/unit/sign",
    ["kms.call.shared_guard_store"] = "guard_store_spec tests both stores",
    ["kms.http1"] = "http1_parser_spec and http1_request_spec",
    ["kms.parallel.nginx_runner"] = "a part of kms.parallel in NGINX, which spec/nginx/parallel_spec.lua tests",
    ["kms.transport.cosocket_deadline"] = "a part of kms.transport.cosocket, which needs NGINX: spec/transport/contract.lua",
    ["kms.transport.cosocket_options"] = "a part of kms.transport.cosocket, which needs NGINX: cosocket_spec",
  }

  --- Whether a module has a spec of its name, in the folder of its layer.
  local function has_spec(name)
    name = name:gsub("%.operations%.%l[%w_]*$", ".operations") -- one spec for all groups
    local path = name:gsub("^kms%.", ""):gsub("%.", "/")
    local folder, last = path:match "^(.*)/([^/]+)$"
    last = last or path
    local specs = { "unit/" .. path, ("unit/%s/%s"):format(path, last) }
    if folder == "transport" then specs[3], specs[4] = "transport/" .. last, "nginx/" .. last end
    for _, spec in ipairs(specs) do
      if files.exists(("spec/%s_spec.lua"):format(spec)) then return true end
    end
    return false
  end

  it("have a spec of their name", function()
    local missing = {}
    local modules = lua_modules()
    for _, path in ipairs(c_modules()) do modules[path:gsub("/", ".")] = path end
    for name in pairs(modules) do
      local is_exception = WITHOUT_SPEC[name] ~= nil
      if not has_spec(name) and not is_exception then missing[#missing + 1] = name end
      assert.is_false(has_spec(name) and is_exception, name .. " has a spec now")
    end
    table.sort(missing)
    assert.same({}, missing)
  end)
end)

describe("luaopen functions", function()
  -- A module in another Lua version must say so before it uses a structure or a constant of its own version.
  it("check the version of Lua before they use Lua", function()
    local count = 0
    for _, path in ipairs(find_files("csrc/binding", "*.c")) do
      for body in files.read(path):gmatch "luaopen_[%w_]+%(lua_State %*L%)\n{\n(.-)\n}" do
        count = count + 1
        local first_use = body:match "[^\n]*%(L[,)][^\n]*"
        assert.equal("    luaL_checkversion(L);", first_use, path)
      end
    end
    assert.equal(#c_modules(), count)
  end)
end)
