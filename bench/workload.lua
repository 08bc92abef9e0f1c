--- Defines what is measured: the two operations, the servers, and the programs that make the calls. To measure one more
--- program, add a row to `workload.programs`.

local fixtures = require "kms.emulator.fixtures"
local kms = require "kms"
local lua_modules = require "spec.helpers.lua_modules"
local mime = require "mime"
local sign = require "kms.sign"

local workload = {}

local BUILD = os.getenv "BUILD" or "build"

local function find_first(entries, provider)
  for _, entry in ipairs(entries) do
    if entry.provider == provider then return entry end
  end
end

local HUAWEI, NCLOUD = find_first(fixtures.accounts, "huawei"), find_first(fixtures.accounts, "ncloud")
local REGION = "cn-north-4"
local TITLES = { huawei = "Huawei Cloud", ncloud = "NAVER Cloud" }

local MOVE = { key_id = find_first(fixtures.keys, "huawei").key_id, primary_region = "cn-east-3" }
local RENAME = { key_tag = find_first(fixtures.keys, "ncloud").key_tag, key_name = "newKeyName" }

-- Accounts and keys of the emulator, so that it accepts the requests of the programs.
local VARIABLES = {
  HUAWEICLOUD_SDK_AK = HUAWEI.access_key,
  HUAWEICLOUD_SDK_SK = HUAWEI.secret_key,
  HUAWEICLOUD_SDK_PROJECT_ID = HUAWEI.projects[REGION],
  NCLOUD_ACCESS_KEY = NCLOUD.access_key,
  NCLOUD_SECRET_KEY = NCLOUD.secret_key,
  KMS_BENCH_KEY_ID = MOVE.key_id,
  KMS_BENCH_PRIMARY_REGION = MOVE.primary_region,
  KMS_BENCH_KEY_TAG = RENAME.key_tag,
  KMS_BENCH_KEY_NAME = RENAME.key_name,
}

-- One function per cloud, which makes one call over a transport. The result does not matter.
local CALLS = {
  huawei = function(base, transport)
    kms.huawei {
      region = REGION, endpoint = base, project_id = HUAWEI.projects[REGION], transport = transport,
      credentials = { access_key = HUAWEI.access_key, secret_key = HUAWEI.secret_key },
    }:update_primary_region(MOVE)
  end,
  ncloud = function(base, transport)
    kms.ncloud {
      endpoint = base, transport = transport,
      credentials = { access_key = NCLOUD.access_key, secret_key = NCLOUD.secret_key },
    }:rename_key(RENAME)
  end,
}

--- The request that the library builds, with a current signature.
---@param cloud "huawei"|"ncloud"
---@param base string? scheme and host; default: those of the cloud
---@return table request as passed to a transport
function workload.build_request(cloud, base)
  local captured
  CALLS[cloud](base, {
    send = function(_, request)
      captured = request
      return { status = 200, headers = {}, body = "{}" }
    end,
    sleep = function() end,
  })
  return captured
end

--- Input of the programs that make calls.
---@class bench.Scenario
---@field title string
---@field cloud "huawei"|"ncloud"
---@field base string scheme and host of the server
---@field ca_file string
---@field request table a signed request, as passed to a transport

---@param cloud "huawei"|"ncloud"
---@param base string
---@param ca_file string
---@param title string?
---@return bench.Scenario
function workload.new_scenario(cloud, base, ca_file, title)
  local request = workload.build_request(cloud, base)
  return { title = title or cloud, cloud = cloud, base = base, ca_file = ca_file, request = request }
end

local function server_address()
  local dir, port = os.getenv "KMS_BENCH_DIR", tonumber(os.getenv "KMS_BENCH_PORT")
  if not (dir and port) then error("KMS_BENCH_DIR and KMS_BENCH_PORT are not set: run this through make bench", 0) end
  return dir, port
end

--- Both clouds over HTTP and TLS on a server that responds at once; only scenarios whose title contains $ONLY.
---@return bench.Scenario[]
function workload.scenarios()
  local dir, port = server_address()
  local scenarios, only = {}, os.getenv "ONLY" or ""
  for _, cloud in ipairs { "huawei", "ncloud" } do
    for _, row in ipairs { { "HTTP", "http", 0 }, { "TLS", "https", 1 } } do
      local title = TITLES[cloud] .. ", " .. row[1]
      if title:find(only, 1, true) then
        local base = ("%s://127.0.0.1:%d"):format(row[2], port + row[3])
        scenarios[#scenarios + 1] = workload.new_scenario(cloud, base, dir .. "/ca.pem", title)
      end
    end
  end
  return scenarios
end

--- A server that responds after 50 ms, over TLS.
---@return bench.Scenario
function workload.slow_scenario()
  local dir, port = server_address()
  local base = ("https://127.0.0.1:%d"):format(port + 3)
  return workload.new_scenario("huawei", base, dir .. "/ca.pem", "Huawei Cloud, TLS")
end

--- Input of the programs that only sign.
---@class bench.SignatureScenario
---@field title string
---@field cloud "huawei"|"ncloud"
---@field request table to the cloud's own host
---@field now integer time of the signature
---@field secret_key string
---@field stages table expected stages of the signature

---@param cloud "huawei"|"ncloud"
---@return bench.SignatureScenario
function workload.new_signature_scenario(cloud)
  local account, now = cloud == "huawei" and HUAWEI or NCLOUD, os.time()
  local request = workload.build_request(cloud)
  local unsigned = {}
  for _, header in ipairs(request.headers) do
    if header[1] == "Content-Type" or header[1] == "X-Project-Id" then unsigned[#unsigned + 1] = header end
  end
  local stages = sign[cloud .. "_stages"]({
    method = request.method, host = request.host, path = request.target, headers = unsigned, body = request.body,
  }, account, now)
  return { cloud = cloud, title = TITLES[cloud], request = request, now = now, secret_key = account.secret_key,
    stages = stages }
end

--- Adds the words of a command that sends the scenario's request unchanged.
local function append_request(words, scenario)
  for _, word in ipairs { scenario.base .. scenario.request.target, scenario.ca_file, scenario.request.body } do
    words[#words + 1] = word
  end
  local has_accept = false
  for _, header in ipairs(scenario.request.headers) do
    words[#words + 1] = header[1] .. ": " .. header[2]
    has_accept = has_accept or header[1] == "Accept"
  end
  -- libcurl would add an Accept header. The library's transport does not.
  if not has_accept then words[#words + 1] = "Accept:" end
  return words
end

local function p0_command(scenario) return append_request({ BUILD .. "/bench/p0" }, scenario) end

local function request_words(scenario)
  return scenario.cloud, scenario.base, scenario.request.target, scenario.ca_file, scenario.request.body
end

local function p0s_command(scenario)
  return { BUILD .. "/bench/p0s", request_words(scenario) }
end

local function calls_command(lua, concurrency)
  return function(scenario)
    return { lua, "bench/programs/calls.lua", scenario.cloud, scenario.base, scenario.ca_file,
      concurrency and ("%d"):format(concurrency) }
  end
end

---@class bench.Program
---@field name string
---@field words fun(scenario: table): string[] the command
---@field lua string? the Lua that it runs on
---@field variables (fun(scenario: table): table<string, string>)? more environment variables

--- Programs that make one call after another. The others are compared with the first two.
---@type bench.Program[]
workload.programs = {
  { name = "P0", words = p0_command },
  { name = "P0s", words = p0s_command },
  { name = "lua-kms, Lua 5.4", lua = "lua5.4", words = calls_command "lua5.4" },
  { name = "lua-kms, LuaJIT", lua = "luajit", words = calls_command "luajit" },
}

--- P0m and, on each Lua, kms.parallel, with `concurrency` calls in flight.
---@param concurrency integer
---@return bench.Program[]
function workload.parallel_programs(concurrency)
  return {
    { name = "P0m", words = function(scenario)
      return append_request({ BUILD .. "/bench/p0m", ("%d"):format(concurrency) }, scenario)
    end },
    { name = "lua-kms, Lua 5.4", lua = "lua5.4", words = calls_command("lua5.4", concurrency) },
    { name = "lua-kms, LuaJIT", lua = "luajit", words = calls_command("luajit", concurrency) },
  }
end

--- Other ways to make the same call, after P0 and P0s. For Huawei Cloud only.
---@type bench.Program[]
workload.peers = {
  workload.programs[1],
  workload.programs[2],
  { name = "lua-http and luaossl, LuaJIT", lua = "luajit", -- Debian has no lua-http for a Lua above 5.3
    words = function(scenario) return { "luajit", "bench/programs/lua_http.lua", request_words(scenario) } end },
  { name = "Huawei Cloud's Node SDK",
    words = function(scenario) return { "node", "bench/programs/node_sdk.js", request_words(scenario) } end,
    variables = function(scenario)
      return { NODE_EXTRA_CA_CERTS = scenario.ca_file, SDK_MODULES = BUILD .. "/reference_sdk/node_modules",
        HOME = os.getenv "KMS_BENCH_DIR" } -- because the SDK writes a file below HOME
    end },
}

--- Environment variables of a program.
---@param program bench.Program
---@param scenario table
---@return table<string, string>
function workload.environment(program, scenario)
  local environment = {}
  for name, value in pairs(VARIABLES) do environment[name] = value end
  for name, value in pairs(program.variables and program.variables(scenario) or {}) do environment[name] = value end
  if program.lua then
    environment.LUA_CPATH = lua_modules.after(program.lua, "", ("%s/%s/?.so"):format(BUILD, program.lua)).LUA_CPATH
  end
  return environment
end

local function signing_command(...)
  local prefix = { ... }
  return function(scenario)
    local words = {}
    for i, word in ipairs(prefix) do words[i] = word end
    local request = scenario.request
    for _, word in ipairs { scenario.cloud, scenario.stages.signature, ("%d000"):format(scenario.now), request.host,
      request.target, request.body } do words[#words + 1] = word end
    return words
  end
end

local function to_hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function primitives_command(functions)
  return function(scenario)
    local stages = scenario.stages
    local code = scenario.cloud == "huawei" and stages.signature or to_hex(mime.unb64(stages.signature))
    local words = { BUILD .. "/bench/primitives", functions, scenario.secret_key, code, stages.string_to_sign }
    if scenario.cloud == "huawei" then
      words[#words + 1], words[#words + 2] = scenario.request.body, stages.canonical_request
    end
    return words
  end
end

--- Programs that only sign. Their input is a bench.SignatureScenario.
---@type bench.Program[]
workload.signers = {
  { name = "kms.sign, Lua 5.4", lua = "lua5.4", words = signing_command("lua5.4", "bench/programs/signatures.lua") },
  { name = "kms.sign, LuaJIT", lua = "luajit", words = signing_command("luajit", "bench/programs/signatures.lua") },
  { name = "C core of kms.sign", words = signing_command(BUILD .. "/bench/signatures", "core") },
  { name = "P0s", words = signing_command(BUILD .. "/bench/signatures", "plain") },
  { name = "OpenSSL alone, as P0s calls it", words = primitives_command "calls" },
  { name = "OpenSSL alone, minimum", words = primitives_command "least" },
}

local function load_command(lua)
  return function() return { lua, "bench/programs/load.lua" } end
end

--- Programs that load the library in their first batch, which must have size 1.
---@type bench.Program[]
workload.loaders = {
  { name = "Lua 5.4", lua = "lua5.4", words = load_command "lua5.4" },
  { name = "LuaJIT", lua = "luajit", words = load_command "luajit" },
}

return workload
