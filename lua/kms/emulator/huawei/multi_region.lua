--- Huawei Cloud KMS: replicas and the primary region of a key.

local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local naming = require "kms.emulator.huawei.naming"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local multi_region = {}

-- Documented: "Replicating a Key". Keys are replicated within an area only.
local AREAS = {
  { "cn-north-4", "cn-south-1", "cn-southwest-2", "cn-east-3" },
  { "ap-southeast-3", "me-east-1", "tr-west-1" },
}

local REGIONS, AREA_OF = {}, {}
for number, area in ipairs(AREAS) do
  for _, region in ipairs(area) do
    REGIONS[#REGIONS + 1] = region
    AREA_OF[region] = number
  end
end

local function find_replica(key, region)
  for i, replica in ipairs(key.replicas) do
    if replica == region then return i end
  end
end

multi_region.update_primary_region = {
  route = "PUT /v2/{project_id}/kms/keys/{key_id}/update-primary-region",
  required = { "key_id", "primary_region" },
  key = "both",
  is_primary_only = true,
  states = { enabled = true }, -- inferred
  refuses_default_key = true,
  handler = function(kms, call, key)
    local target = call.body.primary_region
    -- Inferred: a repeated move succeeds like the first one when the key is still primary in the region that is called.
    if target ~= key.primary then
      local index = find_replica(key, target)
      if not index then return nil, "KMS.0308" end -- inferred: a replica must exist in the target region
      state.hide_move(key, call.now, kms.settings.consistency_delay)
      key.primary, key.replicas[index] = target, key.primary
    end
    return { { "key_id", key.copies[call.region].key_id }, { "primary_region", key.primary } }
  end,
}

-- Inferred: all codes.
local function find_replication_error(kms, call, key)
  local body = call.body
  local region = body.replica_region
  local area = type(region) == "string" and AREA_OF[region]
  if not area or area ~= AREA_OF[key.primary] or key.copies[region] then return "KMS.0308" end
  if body.replica_project_id ~= call.account.projects[region] then return "KMS.0308" end
  return naming.find_error(kms, { key_alias = body.key_alias, key_description = body.key_description,
    region = region, owner = call.account.owner }) or naming.find_tags_error(body.tags)
end

multi_region.replicate_key = {
  route = "POST /v2/{project_id}/kms/keys/{key_id}/replicate",
  required = { "key_id", "replica_region", "key_alias", "replica_project_id" },
  key = "both",
  is_primary_only = true,
  states = { enabled = true }, -- inferred
  refuses_default_key = true, -- documented
  handler = function(kms, call, key)
    local code = find_replication_error(kms, call, key)
    if code then return nil, code end
    local body = call.body
    -- Not documented: whether a replica has the id of its key. The setting decides.
    local key_id = key.key_id
    if kms.settings.inferred_replica_key_ids == "new" then
      key_id = state.new_id()
      kms.state.replica_ids[key_id] = key.key_id
    end
    key.copies[body.replica_region] = state.new_copy({
      key_id = key_id, key_alias = body.key_alias, key_description = body.key_description,
      enterprise_project_id = body.enterprise_project_id, tags = state.copy_tags(body.tags),
    }, call.now)
    key.replicas[#key.replicas + 1] = body.replica_region
    return {
      { "key_id", key_id }, { "domain_id", wire.get_domain_id(call.account) }, { "region", body.replica_region },
    }
  end,
}

multi_region.list_support_regions = {
  route = "GET /v2/{project_id}/kms/regions",
  handler = function(_, call)
    local limit = http.get_query_parameter(call.request, "limit")
    if limit == "0" then return { { "regions", json.array {} } } end -- documented: 0 is in the range
    local params = { limit = limit, start = http.get_query_parameter(call.request, "offset") }
    local items, code = wire.take_page(REGIONS, params, { default = 10, max = 100, start_code = "KMS.1603" })
    if not items then return nil, code end
    return { { "regions", json.array(items) } }
  end,
}

return multi_region
