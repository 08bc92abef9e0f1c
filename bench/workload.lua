--- What is measured: the two operations, where they are sent, and the programs that send them. A further program is a
--- row of `workload.programs`.

local defaults = require "kms.emulator.defaults"
local kms = require "kms"

local workload = {}

local BUILD = os.getenv "BUILD" or "build"

local function first(entries, provider)
  for _, entry in ipairs(entries) do
    if entry.provider == provider then return entry end
  end
end

local HUAWEI, NCLOUD = first(defaults.accounts, "huawei"), first(defaults.accounts, "ncloud")
local REGION = "cn-north-4"

local MOVE = { key_id = first(defaults.keys, "huawei").key_id, primary_region = "cn-east-3" }
local RENAME = { key_tag = first(defaults.keys, "ncloud").key_tag, key_name = "newKeyName" }

--- The environment of every program. The emulator's account and keys, so that it can judge what they send.
workload.variables = {
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
---@param base string scheme and host
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

--- The four places on the benchmark's own server.
---@return table[]
function workload.places()
  local dir, port = os.getenv "KMS_BENCH_DIR", tonumber(os.getenv "KMS_BENCH_PORT")
  if not (dir and port) then error("KMS_BENCH_DIR and KMS_BENCH_PORT are not set: run through make bench", 0) end
  local places = {}
  for _, cloud in ipairs { "huawei", "ncloud" } do
    for _, row in ipairs { { "HTTP", "http", 0 }, { "TLS", "https", 1 } } do
      local place = workload.place(cloud, ("%s://127.0.0.1:%d"):format(row[2], port + row[3]), dir .. "/ca.pem")
      place.title = (cloud == "huawei" and "Huawei Cloud" or "NAVER Cloud") .. ", " .. row[1]
      places[#places + 1] = place
    end
  end
  return places
end

local function floor_fixed(place)
  local words = { BUILD .. "/bench/p0", place.base .. place.request.target, place.ca_file, place.request.body }
  local accepts = false
  for _, header in ipairs(place.request.headers) do
    words[#words + 1] = header[1] .. ": " .. header[2]
    accepts = accepts or header[1] == "Accept"
  end
  -- libcurl would add one of its own, which the library's transport keeps it from.
  if not accepts then words[#words + 1] = "Accept:" end
  return words
end

local function floor_signing(place)
  return { BUILD .. "/bench/p0s", place.cloud, place.base, place.request.target, place.ca_file, place.request.body }
end

local function ours(lua)
  return function(place)
    return { lua, "bench/programs/calls.lua", place.cloud, place.base, place.ca_file }
  end
end

local function modules_of(lua) return { LUA_CPATH = BUILD .. "/" .. lua .. "/?.so;;" } end

---@class bench.Program
---@field name string
---@field words fun(place: table): string[] the command
---@field variables table<string, string>? more of its environment
---@field cloud string? the only cloud it calls

--- Standing first: what the others are compared with.
---@type bench.Program[]
workload.programs = {
  { name = "P0", words = floor_fixed },
  { name = "P0s", words = floor_signing },
  { name = "lua-kms, Lua 5.4", words = ours "lua5.4", variables = modules_of "lua5.4" },
  { name = "lua-kms, LuaJIT", words = ours "luajit", variables = modules_of "luajit" },
}

return workload
