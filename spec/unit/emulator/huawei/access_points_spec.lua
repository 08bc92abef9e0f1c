--- kms.emulator.huawei.access_points: access points as plain objects.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"

local SPACE = "00000001-4d9c-4b35-8f84-bb474a37f001"
local UNKNOWN = { access_point_id = "00000002-4d9c-4b35-8f84-bb474a37f002" }

local cloud, keys

before_each(function()
  cloud = emulator.new { clock = function() return 1767323045 end }
  keys = emulated_keys.new(cloud)
end)

local function create(fields)
  local body = { keyspace_id = SPACE, access_point_name = "point", type = 1 }
  for name, value in pairs(fields or {}) do body[name] = value end
  return keys:call("create_access_point", body)
end

local function list(values)
  local query = { keyspace_id = SPACE }
  for name, value in pairs(values or {}) do query[name] = value end
  return keys:call("list_access_point", nil, query)
end

describe("access points of the emulator", function()
  it("list_access_point returns an access point as create_access_point made it", function()
    local created = create { type = 3 }
    local page = list()
    local created_by = page.access_points[1].created_by
    assert.same({ page_info = { next_marker = "", current_count = 1 }, access_points = { {
      access_point_id = created.access_point_id, keyspace_id = SPACE, access_point_name = "point", state = 1, type = 3,
      created_by = created_by, create_time = "1767323045000", lsat_modify_time = "1767323045000",
    } } }, page)
    assert.equal(32, #created_by)
  end)

  it("list_access_point pages over the access points of one key space", function()
    create { keyspace_id = SPACE:upper() }
    local first, last = create(), create()
    assert.same({ next_marker = first.access_point_id, current_count = 1 }, list({ limit = "1" }).page_info)
    local page = list { limit = "1", marker = first.access_point_id }
    assert.equal(last.access_point_id, page.access_points[1].access_point_id)
    assert.same({ next_marker = "", current_count = 1 }, page.page_info)
    keys:refuse("KMS.0204", "list_access_point")
    keys:refuse("KMS.1601", "list_access_point", nil, { keyspace_id = SPACE, limit = "101" })
    keys:refuse("KMS.1602", "list_access_point", nil, { keyspace_id = SPACE, marker = "x" })
  end)

  it("disable_access_point, enable_access_point and delete_access_point change an access point", function()
    local created = create()
    cloud:advance(1)
    assert.same({}, keys:call("disable_access_point", nil, created))
    assert.same({ 0, "1767323046000" }, { list().access_points[1].state, list().access_points[1].lsat_modify_time })
    keys:call("enable_access_point", nil, created)
    assert.equal(1, list().access_points[1].state)
    keys:call("delete_access_point", nil, created)
    assert.same({}, list().access_points)
  end)

  it("download_access_point_private_key is not emulated", function()
    keys:refuse("EMULATOR.0501", "download_access_point_private_key", nil, create())
  end)

  it("all operations refuse unknown access points", function()
    for _, operation in ipairs { "disable_access_point", "enable_access_point", "delete_access_point",
      "download_access_point_private_key" } do
      keys:refuse("KMS.0308", operation, nil, UNKNOWN)
    end
  end)

  it("create_access_point refuses wrong key spaces, names and types", function()
    for _, fields in ipairs { { keyspace_id = "x" }, { access_point_name = "a b" }, { type = 4 }, { type = "1" } } do
      local body = { keyspace_id = SPACE, access_point_name = "point", type = 1 }
      for name, value in pairs(fields) do body[name] = value end
      keys:refuse("KMS.0308", "create_access_point", body)
    end
  end)
end)
