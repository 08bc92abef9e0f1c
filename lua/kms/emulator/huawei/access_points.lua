--- Huawei Cloud KMS: access points of a key space as plain objects, because no published page describes them.

local collection = require "kms.emulator.huawei.collection"
local outcome = require "kms.emulator.huawei.outcome"
local wire = require "kms.emulator.huawei.wire"

local access_points = {}

local NAME = "access_points"

-- Documented: 1, 2 and 3.
local TYPES = { true, true, true }

access_points.create_access_point = {
  route = "POST /v1.0/{project_id}/kms/access-points",
  required = { "keyspace_id", "access_point_name", "type" },
  handler = function(kms, call)
    local body = call.body
    local is_valid = collection.is_keyspace_id(body.keyspace_id) and wire.is_name(body.access_point_name)
      and TYPES[body.type]
    if not is_valid then return nil, "KMS.0308" end -- inferred
    local id = collection.add(kms, call, NAME, {
      keyspace_id = body.keyspace_id, access_point_name = body.access_point_name, type = body.type, is_enabled = true,
    })
    return { { "access_point_id", id } }
  end,
}

local function encode_access_point(point)
  return {
    { "access_point_id", point.id }, { "keyspace_id", point.keyspace_id },
    { "access_point_name", point.access_point_name },
    { "state", point.is_enabled and 1 or 0 }, -- documented: a number; its values are invented
    { "type", point.type }, { "created_by", point.created_by }, { "create_time", wire.encode_time(point.create_time) },
    { "lsat_modify_time", wire.encode_time(point.last_modify_time) }, -- sic: documented
  }
end

access_points.list_access_point = {
  route = "GET /v1.0/{project_id}/kms/access-points",
  handler = function(kms, call)
    local items, page_info = collection.take_page(kms, call, NAME)
    if not items then return nil, page_info end
    return { { "page_info", page_info }, { "access_points", wire.encode_list(items, encode_access_point) } }
  end,
}

access_points.delete_access_point = {
  route = "DELETE /v1.0/{project_id}/kms/access-points/{access_point_id}",
  handler = function(kms, call)
    local point, code = collection.find(kms, call, NAME, call.params.access_point_id)
    if not point then return nil, code end
    kms.state.access_points[point.id] = nil
    return {}
  end,
}

local function set_enabled(is_enabled)
  return function(kms, call)
    local point, code = collection.find(kms, call, NAME, call.params.access_point_id)
    if not point then return nil, code end
    point.is_enabled, point.last_modify_time = is_enabled, call.now
    return {}
  end
end

access_points.enable_access_point = {
  route = "POST /v1.0/{project_id}/kms/access-points/{access_point_id}/enable",
  handler = set_enabled(true),
}

access_points.disable_access_point = {
  route = "POST /v1.0/{project_id}/kms/access-points/{access_point_id}/disable",
  handler = set_enabled(false),
}

access_points.download_access_point_private_key = {
  route = "POST /v1.0/{project_id}/kms/access-points/{access_point_id}/get-privatekey",
  handler = function(kms, call)
    local point, code = collection.find(kms, call, NAME, call.params.access_point_id)
    if not point then return nil, code end
    return outcome.refuse_not_emulated "private keys of access points"
  end,
}

return access_points
