--- Huawei Cloud KMS: creates, lists, describes, changes and deletes keys; quotas and public keys.

local crypto = require "kms.emulator.crypto"
local details = require "kms.emulator.huawei.details"
local naming = require "kms.emulator.huawei.naming"
local outcome = require "kms.emulator.huawei.outcome"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local keys = {}

local STATE_NAMES = {}
for name, number in pairs(details.STATES) do STATE_NAMES[number] = name end

local function has_usage(spec, usage)
  for _, name in ipairs(spec.usages) do
    if name == usage then return true end
  end
  return false
end

-- Inferred: all codes except those whose texts name the member.
local function find_creation_error(kms, call)
  local body = call.body
  local spec = state.SPECS[body.key_spec or "AES_256"]
  if not spec then return "KMS.1110" end
  if body.key_usage ~= nil and not has_usage(spec, body.key_usage) then return "KMS.0308" end
  if body.origin ~= nil and body.origin ~= "kms" and body.origin ~= "external" then return "KMS.0308" end
  if body.enterprise_project_id ~= nil and type(body.enterprise_project_id) ~= "string" then return "KMS.0308" end
  return naming.find_error(kms, { key_alias = body.key_alias, key_description = body.key_description,
    region = call.region, owner = call.account.owner })
end

keys.create_key = {
  route = "POST /v1.0/{project_id}/kms/create-key",
  required = { "key_alias" },
  handler = function(kms, call)
    local body = call.body
    if body.keystore_id ~= nil or body.vm_id ~= nil then
      return outcome.refuse_not_emulated "keys in a key store or of a virtual machine"
    end
    local code = find_creation_error(kms, call)
    if code then return nil, code end
    local is_external = body.origin == "external"
    local key = state.add_key(kms.state, {
      key_id = state.new_id(), owner = call.account.owner, primary = call.region, key_alias = body.key_alias,
      key_description = body.key_description, key_spec = body.key_spec, key_usage = body.key_usage,
      origin = body.origin, state = is_external and "pending_import" or "enabled",
      enterprise_project_id = body.enterprise_project_id,
    }, call.now)
    local problem = not is_external and select(2, state.get_material(key))
    if problem then
      kms.state.keys[key.key_id] = nil
      return outcome.refuse_problem(problem, key.key_spec)
    end
    return { { "key_info", { { "key_id", key.key_id }, { "domain_id", wire.get_domain_id(call.account) },
      { "region_id", call.region } } } }
  end,
}

-- Documented: without key_spec, keys of AES_256 only.
local function matches(key, copy, body)
  local spec, project = body.key_spec or "AES_256", body.enterprise_project_id or "all"
  return (spec == "ALL" or key.key_spec == spec)
    and (body.key_state == nil or key.state == STATE_NAMES[body.key_state])
    and (project == "all" or copy.enterprise_project_id == project)
end

keys.list_keys = {
  route = "POST /v1.0/{project_id}/kms/list-keys",
  handler = function(kms, call)
    local body, list = call.body, {}
    local spec, key_state = body.key_spec, body.key_state
    local is_known = (spec == nil or spec == "ALL" or state.SPECS[spec] ~= nil)
      and (key_state == nil or key_state == "1" or STATE_NAMES[key_state] ~= nil)
    if not is_known then return nil, "KMS.0308" end -- inferred
    for _, key in ipairs(state.list_keys(kms.state, call)) do
      if matches(key, key.copies[call.region], body) then list[#list + 1] = key end
    end
    -- Documented: 1 to 2,000 keys per page, 2,000 by default.
    local items, next_marker = wire.take_page(list, { limit = body.limit, start = body.marker },
      { default = 2000, max = 2000, start_code = "KMS.1602" })
    if not items then return nil, next_marker end
    return {
      { "keys", wire.encode_list(items, function(key) return key.copies[call.region].key_id end) },
      { "key_details", wire.encode_list(items, function(key) return details.encode(call, key) end) },
      { "next_marker", next_marker }, { "truncated", wire.encode_flag(next_marker ~= "") }, { "total", #list },
    }
  end,
}

keys.list_key_detail = {
  route = "POST /v1.0/{project_id}/kms/describe-key",
  required = { "key_id" },
  key = "body",
  handler = function(_, call, key) return { { "key_info", details.encode(call, key) } } end,
}

local CHANGEABLE = { enabled = true, disabled = true, pending_import = true } -- inferred

keys.update_key_alias = {
  route = "POST /v1.0/{project_id}/kms/update-key-alias",
  required = { "key_id", "key_alias" },
  key = "body", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(kms, call, key, copy)
    local alias = call.body.key_alias
    -- Inferred: the present name is accepted.
    local code = alias ~= copy.key_alias and naming.find_alias_error(kms, alias, call.region, key.owner)
    if code then return nil, code end
    copy.key_alias = alias
    return { { "key_info", { { "key_id", copy.key_id }, { "key_alias", alias } } } }
  end,
}

keys.update_key_description = {
  route = "POST /v1.0/{project_id}/kms/update-key-description",
  required = { "key_id", "key_description" },
  key = "body", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(_, call, _, copy)
    local description = call.body.key_description
    if description == nil or naming.find_description_error(description) then return nil, "KMS.1103" end
    copy.key_description = description
    return { { "key_info", { { "key_id", copy.key_id }, { "key_description", description } } } }
  end,
}

keys.enable_key = {
  route = "POST /v1.0/{project_id}/kms/enable-key",
  required = { "key_id" },
  key = "body", is_change = true, refuses_default_key = true,
  handler = function(kms, call, key, copy)
    if key.state == "pending_deletion" then return nil, "KMS.0210" end
    if key.state ~= "disabled" then return nil, "KMS.1201" end
    state.enable(kms.state, key, call.now)
    return { { "key_info", details.encode_state(key, copy) } }
  end,
}

keys.disable_key = {
  route = "POST /v1.0/{project_id}/kms/disable-key",
  required = { "key_id" },
  key = "body", is_change = true, refuses_default_key = true,
  handler = function(_, _, key, copy)
    if key.state == "pending_deletion" then return nil, "KMS.0210" end
    if key.state ~= "enabled" then return nil, "KMS.1301" end
    key.state = "disabled"
    return { { "key_info", details.encode_state(key, copy) } }
  end,
}

-- Not documented: the deletion of a key with replicas. Inferred: they are deleted with it.
keys.delete_key = {
  route = "POST /v1.0/{project_id}/kms/schedule-key-deletion",
  required = { "key_id", "pending_days" },
  key = "body", is_change = true, refuses_default_key = true,
  handler = function(kms, call, key, copy)
    local days = wire.read_number(call.body.pending_days)
    if not days or days < 7 or days > 1096 then return nil, "KMS.1401" end
    if key.state == "pending_deletion" then return nil, "KMS.1402" end
    key.state = "pending_deletion"
    state.schedule_deletion(kms.state, key, call.now + days * state.DAY)
    return details.encode_state(key, copy)
  end,
}

keys.cancel_key_deletion = {
  route = "POST /v1.0/{project_id}/kms/cancel-key-deletion",
  required = { "key_id" },
  key = "body", is_change = true, refuses_default_key = true,
  handler = function(_, _, key, copy)
    if key.state ~= "pending_deletion" then return nil, "KMS.1501" end
    key.deletion_date = nil
    -- Published for Open Telekom Cloud: the key is disabled afterwards, and one without material waits for its import.
    key.state = key.origin == "external" and #key.materials == 0 and "pending_import" or "disabled"
    return details.encode_state(key, copy)
  end,
}

keys.show_public_key = {
  route = "POST /v1.0/{project_id}/kms/get-publickey",
  required = { "key_id" },
  key = "body", states = { enabled = true }, -- inferred
  handler = function(_, _, key, copy)
    local spec = state.SPECS[key.key_spec]
    if spec.family == "hmac" then return nil, "KMS.0341" end
    if not spec.pair then return nil, "KMS.0331" end
    local material, problem = state.get_material(key)
    if not material then return outcome.refuse_problem(problem, key.key_spec) end
    -- Published for Open Telekom Cloud: the sample has PEM with these line ends.
    local pem = crypto.public_key(material.private_key):gsub("\n", "\r\n")
    return { { "key_id", copy.key_id }, { "public_key", pem } }
  end,
}

keys.show_user_instances = {
  route = "GET /v1.0/{project_id}/kms/user-instances",
  handler = function(kms, call)
    return { { "instance_num", naming.count_keys(kms, call.region, call.account.owner) } }
  end,
}

-- Inferred: the use of "grant_per_CMK" is that of the key with the most grants.
local function count_most_grants(kms, call)
  local most = 0
  for _, key in ipairs(state.list_keys(kms.state, call)) do most = math.max(most, #key.copies[call.region].grants) end
  return most
end

local function encode_quota(kind, used, quota) return { { "type", kind }, { "used", used }, { "quota", quota } } end

keys.show_user_quotas = {
  route = "GET /v1.0/{project_id}/kms/user-quotas",
  handler = function(kms, call)
    local used = naming.count_keys(kms, call.region, call.account.owner)
    return { { "quotas", { { "resources", wire.encode_list({
      encode_quota("CMK", used, kms.settings.key_quota),
      encode_quota("grant_per_CMK", count_most_grants(kms, call), kms.settings.grant_quota),
    }, function(quota) return quota end) } } } }
  end,
}

return keys
