--- What is measured: the two operations, where they are sent, and the programs that send them. A further program is a
--- row of `workload.programs`.

local fixtures = require "kms.emulator.fixtures"
local kms = require "kms"
local mime = require "mime"
local sign = require "kms.sign"

local workload = {}

local BUILD = os.getenv "BUILD" or "build"

local function first(entries, provider)
  for _, entry in ipairs(entries) do
    if entry.provider == provider then return entry end
  end
end

local HUAWEI, NCLOUD = first(fixtures.accounts, "huawei"), first(fixtures.accounts, "ncloud")
local REGION = "cn-north-4"
local TITLES = { huawei = "Huawei Cloud", ncloud = "NAVER Cloud" }

local MOVE = { key_id = first(fixtures.keys, "huawei").key_id, primary_region = "cn-east-3" }
local RENAME = { key_tag = first(fixtures.keys, "ncloud").key_tag, key_name = "newKeyName" }

-- The emulator's account and keys, so that it can judge what the programs send.
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

-- Makes one call over a transport. Any answer does: what is wanted is the request.
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

--- The request that the library itself makes, signed now.
---@param cloud "huawei"|"ncloud"
---@param base string? scheme and host, the real ones when not given
---@return table request as a transport gets it
function workload.request(cloud, base)
  local seen
  CALLS[cloud](base, {
    send = function(_, request)
      seen = request
      return { status = 200, headers = {}, body = "{}" }
    end,
    sleep = function() end,
  })
  return seen
end

--- What a program of the benchmark is told: a cloud, where it is, and the request.
---@param cloud "huawei"|"ncloud"
---@param base string
---@param ca_file string
function workload.place(cloud, base, ca_file)
  return { cloud = cloud, base = base, ca_file = ca_file, request = workload.request(cloud, base) }
end

local function own_server()
  local dir, port = os.getenv "KMS_BENCH_DIR", tonumber(os.getenv "KMS_BENCH_PORT")
  if not (dir and port) then error("KMS_BENCH_DIR and KMS_BENCH_PORT are not set: run through make bench", 0) end
  return dir, port
end

--- The places on the benchmark's own server: both clouds, HTTP and TLS; or those whose title has $ONLY in it.
---@return table[]
function workload.places()
  local dir, port = own_server()
  local places, only = {}, os.getenv "ONLY" or ""
  for _, cloud in ipairs { "huawei", "ncloud" } do
    for _, row in ipairs { { "HTTP", "http", 0 }, { "TLS", "https", 1 } } do
      local place = workload.place(cloud, ("%s://127.0.0.1:%d"):format(row[2], port + row[3]), dir .. "/ca.pem")
      place.title = TITLES[cloud] .. ", " .. row[1]
      if place.title:find(only, 1, true) then places[#places + 1] = place end
    end
  end
  return places
end

--- The places that answer after 50 ms.
---@return table[]
function workload.slow_places()
  local dir, port = own_server()
  local places = {}
  for i, version in ipairs { "1.1", "2" } do
    local place = workload.place("huawei", ("https://127.0.0.1:%d"):format(port + 2 + i), dir .. "/ca.pem")
    place.http_version, place.title = version, "HTTP/" .. version .. " over TLS"
    places[i] = place
  end
  return places
end

--- What a program that only signs is told: the request to the real host, when, and what must come out.
---@param cloud "huawei"|"ncloud"
function workload.signature(cloud)
  local account, now = cloud == "huawei" and HUAWEI or NCLOUD, os.time()
  local request = workload.request(cloud)
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

--- The command of a program that sends the place's own request as it stands.
local function fixed(words, place)
  for _, word in ipairs { place.base .. place.request.target, place.ca_file, place.request.body } do
    words[#words + 1] = word
  end
  local accepts = false
  for _, header in ipairs(place.request.headers) do
    words[#words + 1] = header[1] .. ": " .. header[2]
    accepts = accepts or header[1] == "Accept"
  end
  -- libcurl would add one of its own, which the library's transport keeps it from.
  if not accepts then words[#words + 1] = "Accept:" end
  return words
end

local function floor_fixed(place) return fixed({ BUILD .. "/bench/p0" }, place) end

local function request_words(place)
  return place.cloud, place.base, place.request.target, place.ca_file, place.request.body
end

local function floor_signing(place)
  return { BUILD .. "/bench/p0s", request_words(place) }
end

local function ours(lua)
  return function(place)
    return { lua, "bench/programs/calls.lua", place.cloud, place.base, place.ca_file }
  end
end

local function many(lua, concurrency)
  return function(place)
    return { lua, "bench/programs/calls.lua", place.cloud, place.base, place.ca_file, ("%d"):format(concurrency),
      place.http_version or "1.1" }
  end
end

--- P0 and, on each Lua, the library, with so many calls under way at once.
---@param concurrency integer
---@return bench.Program[]
function workload.parallel(concurrency)
  return {
    { name = "P0", words = function(place)
      return fixed({ BUILD .. "/bench/p0m", ("%d"):format(concurrency), place.http_version or "1.1" }, place)
    end },
    { name = "lua-kms, Lua 5.4", lua = "lua5.4", words = many("lua5.4", concurrency) },
    { name = "lua-kms, LuaJIT", lua = "luajit", words = many("luajit", concurrency) },
  }
end

--- The environment of a program of the benchmark.
---@param program bench.Program
---@param place table
---@return table<string, string>
function workload.environment(program, place)
  local environment = {}
  for name, value in pairs(VARIABLES) do environment[name] = value end
  for name, value in pairs(program.variables and program.variables(place) or {}) do environment[name] = value end
  if program.lua then environment.LUA_CPATH = ("%s/%s/?.so;;"):format(BUILD, program.lua) end
  return environment
end

---@class bench.Program
---@field name string
---@field words fun(place: table): string[] the command
---@field lua string? the Lua that it runs on
---@field variables (fun(place: table): table<string, string>)? more of its environment

--- The others are compared with the first two.
---@type bench.Program[]
workload.programs = {
  { name = "P0", words = floor_fixed },
  { name = "P0s", words = floor_signing },
  { name = "lua-kms, Lua 5.4", lua = "lua5.4", words = ours "lua5.4" },
  { name = "lua-kms, LuaJIT", lua = "luajit", words = ours "luajit" },
}

--- What else there is to make the call with, beside the floor. For Huawei Cloud alone.
---@type bench.Program[]
workload.peers = {
  workload.programs[1],
  workload.programs[2],
  { name = "lua-http and luaossl, LuaJIT", lua = "luajit", -- Debian has lua-http for no Lua above 5.3
    words = function(place) return { "luajit", "bench/programs/lua_http.lua", request_words(place) } end },
  { name = "Huawei Cloud's Node SDK",
    words = function(place) return { "node", "bench/programs/node_sdk.js", request_words(place) } end,
    variables = function(place)
      return { NODE_EXTRA_CA_CERTS = place.ca_file, WITNESS_MODULES = BUILD .. "/reference_sdk/node_modules",
        HOME = os.getenv "KMS_BENCH_DIR" } -- the SDK writes an id of its own there
    end },
}

local function signing(...)
  local before = { ... }
  return function(what)
    local words = {}
    for i, word in ipairs(before) do words[i] = word end
    local request = what.request
    for _, word in ipairs { what.cloud, what.stages.signature, ("%d000"):format(what.now), request.host, request.target,
      request.body } do words[#words + 1] = word end
    return words
  end
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function primitives(way)
  return function(what)
    local stages = what.stages
    local code = what.cloud == "huawei" and stages.signature or hex(mime.unb64(stages.signature))
    local words = { BUILD .. "/bench/primitives", way, what.secret_key, code, stages.string_to_sign }
    if what.cloud == "huawei" then
      words[#words + 1], words[#words + 2] = what.request.body, stages.canonical_request
    end
    return words
  end
end

--- Programs that only sign. Their place is what workload.signature gives.
---@type bench.Program[]
workload.signers = {
  { name = "kms.sign, Lua 5.4", lua = "lua5.4", words = signing("lua5.4", "bench/programs/signatures.lua") },
  { name = "kms.sign, LuaJIT", lua = "luajit", words = signing("luajit", "bench/programs/signatures.lua") },
  { name = "its core in C alone", words = signing(BUILD .. "/bench/signatures", "core") },
  { name = "P0s's", words = signing(BUILD .. "/bench/signatures", "plain") },
  { name = "OpenSSL alone, as P0s calls it", words = primitives "calls" },
  { name = "OpenSSL alone, the least", words = primitives "least" },
}

local function loading(lua) return function() return { lua, "bench/programs/load.lua" } end end

--- Programs that load the library: their first batch of one does.
---@type bench.Program[]
workload.loaders = {
  { name = "Lua 5.4", lua = "lua5.4", words = loading "lua5.4" },
  { name = "LuaJIT", lua = "luajit", words = loading "luajit" },
}

return workload
