--- Huawei Cloud KMS: key policies of a key space as plain objects, because no published page describes what they do.

local collection = require "kms.emulator.huawei.collection"
local json = require "kms.emulator.json"
local wire = require "kms.emulator.huawei.wire"

local key_policies = {}

local NAME = "key_policies"

-- Documented: a policy is a string of JSON in a request, and an object in a response.
local function read_policy(text)
  local policy = type(text) == "string" and json.decode_object(text)
  return policy and text
end

local function is_description(value) return value == nil or type(value) == "string" end

key_policies.create_key_policy = {
  route = "POST /v1.0/{project_id}/kms/key-policies",
  required = { "keyspace_id", "policy_name", "policy" },
  handler = function(kms, call)
    local body = call.body
    local is_valid = collection.is_keyspace_id(body.keyspace_id) and wire.is_name(body.policy_name)
      and read_policy(body.policy) and is_description(body.description)
    if not is_valid then return nil, "KMS.0308" end -- inferred
    local id = collection.add(kms, call, NAME, {
      keyspace_id = body.keyspace_id, policy_name = body.policy_name, policy = body.policy,
      description = body.description or "",
    })
    return { { "policy_id", id } }
  end,
}

-- Documented: some members have other names in the response of ListKeyPolicy. Inferred: a request may have both.
local SHOW_NAMES = { validity_period = "validity_period", allowed_access_point = "allowed_access_point" }
local LIST_NAMES = { validity_period = "validityPeriod", allowed_access_point = "allowedAccessPoint" }

-- Appends members of the policy that have the documented type.
local function add_text(object, name, value)
  if type(value) == "string" then object[#object + 1] = { name, value } end
end

local function add_list(object, name, list)
  if type(list) == "table" then object[#object + 1] = { name, wire.encode_list(list, tostring) } end
end

local function encode_policy(text, names)
  local policy = json.decode_object(text)
  local object = {}
  add_text(object, "version", policy.version)
  local period = policy.validity_period or policy.validityPeriod
  if type(period) == "table" then
    local times = {}
    add_text(times, "start_time", period.start_time)
    add_text(times, "end_time", period.end_time)
    object[#object + 1] = { names.validity_period, times }
  end
  add_list(object, names.allowed_access_point, policy.allowed_access_point or policy.allowedAccessPoint)
  add_list(object, "allowed_data_security_zone", policy.allowed_data_security_zone)
  return object
end

local function encode_entry(entry, names)
  return {
    { "policy_id", entry.id }, { "policy_name", entry.policy_name }, { "keyspace_id", entry.keyspace_id },
    { "policy", encode_policy(entry.policy, names) }, { "description", entry.description },
    { "created_by", entry.created_by },
    { "create_time", wire.encode_time(entry.create_time) }, -- inferred: milliseconds
    { "last_modify_time", wire.encode_time(entry.last_modify_time) },
    { "last_access_time", wire.encode_time(entry.create_time) },
  }
end

key_policies.list_key_policy = {
  route = "GET /v1.0/{project_id}/kms/key-policies",
  handler = function(kms, call)
    local items, page_info = collection.take_page(kms, call, NAME)
    if not items then return nil, page_info end
    local entries = wire.encode_list(items, function(entry) return encode_entry(entry, LIST_NAMES) end)
    return { { "page_info", page_info }, { "keyspace_policies", entries } }
  end,
}

key_policies.show_key_policy = {
  route = "GET /v1.0/{project_id}/kms/key-policies/{policy_id}",
  handler = function(kms, call)
    local entry, code = collection.find(kms, call, NAME, call.params.policy_id)
    if not entry then return nil, code end
    return encode_entry(entry, SHOW_NAMES)
  end,
}

key_policies.update_key_policy = {
  route = "PUT /v1.0/{project_id}/kms/key-policies/{policy_id}",
  required = { "policy" },
  handler = function(kms, call)
    local entry, code = collection.find(kms, call, NAME, call.params.policy_id)
    if not entry then return nil, code end
    if not read_policy(call.body.policy) or not is_description(call.body.description) then return nil, "KMS.0308" end
    entry.policy, entry.description = call.body.policy, call.body.description or entry.description
    entry.last_modify_time = call.now
    return {
      { "policy_id", entry.id }, { "policy", encode_policy(entry.policy, SHOW_NAMES) },
      { "description", entry.description }, { "last_modify_time", wire.encode_time(entry.last_modify_time) },
    }
  end,
}

key_policies.delete_key_policy = {
  route = "DELETE /v1.0/{project_id}/kms/key-policies/{policy_id}",
  handler = function(kms, call)
    local entry, code = collection.find(kms, call, NAME, call.params.policy_id)
    if not entry then return nil, code end
    kms.state.key_policies[entry.id] = nil
    return {}
  end,
}

return key_policies
