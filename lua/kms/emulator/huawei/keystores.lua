--- Huawei Cloud KMS: key stores as plain objects. Real ones are clusters of dedicated hardware; no key can be in them.

local collection = require "kms.emulator.huawei.collection"
local http = require "kms.emulator.http"
local wire = require "kms.emulator.huawei.wire"

local keystores = {}

local NAME = "keystores"

keystores.create_key_store = {
  route = "POST /v1.0/{project_id}/keystores",
  required = { "keystore_alias" },
  handler = function(kms, call)
    local body = call.body
    if not wire.is_name(body.keystore_alias) then return nil, "KMS.0308" end -- inferred
    for _, member in ipairs { "hsm_cluster_id", "hsm_ca_cert", "cluster_id", "keystore_type" } do
      if body[member] ~= nil and type(body[member]) ~= "string" then return nil, "KMS.0308" end -- inferred
    end
    local id = collection.add(kms, call, NAME, {
      keystore_alias = body.keystore_alias, keystore_type = body.keystore_type or "DEFAULT",
      hsm_cluster_id = body.hsm_cluster_id, cluster_id = body.cluster_id, is_enabled = true,
    })
    return { { "keystore", { { "keystore_id", id }, { "domain_id", wire.get_domain_id(call.account) } } } }
  end,
}

local function encode_keystore(call)
  return function(keystore)
    local object = {
      { "keystore_id", keystore.id }, { "domain_id", wire.get_domain_id(call.account) },
      { "keystore_alias", keystore.keystore_alias }, { "keystore_type", keystore.keystore_type },
    }
    for _, member in ipairs { "hsm_cluster_id", "cluster_id" } do
      if keystore[member] then object[#object + 1] = { member, keystore[member] } end
    end
    object[#object + 1] = { "create_time", wire.encode_time(keystore.create_time) } -- inferred: milliseconds
    return object
  end
end

keystores.list_key_stores = {
  route = "GET /v1.0/{project_id}/keystores",
  handler = function(kms, call)
    local list = collection.list(kms, call, NAME)
    local params = { limit = http.get_query_parameter(call.request, "limit"),
      start = http.get_query_parameter(call.request, "offset") }
    -- Documented: 10 by default.
    local items, code = wire.take_page(list, params, { default = 10, max = 1000, start_code = "KMS.1603" })
    if not items then return nil, code end
    return { { "total", #list }, { "keystores", wire.encode_list(items, encode_keystore(call)) } }
  end,
}

keystores.show_key_store = {
  route = "GET /v1.0/{project_id}/keystores/{keystore_id}",
  handler = function(kms, call)
    local keystore, code = collection.find(kms, call, NAME, call.params.keystore_id)
    if not keystore then return nil, code end
    return { { "keystore", encode_keystore(call)(keystore) } }
  end,
}

-- Not documented: the status of a success. Inferred: 200.
keystores.delete_key_store = {
  route = "DELETE /v1.0/{project_id}/keystores/{keystore_id}",
  handler = function(kms, call)
    local keystore, code = collection.find(kms, call, NAME, call.params.keystore_id)
    if not keystore then return nil, code end
    kms.state.keystores[keystore.id] = nil
    return {}
  end,
}

-- Not documented: the values of keystore_state. Inferred: those of key_state.
local function set_enabled(is_enabled)
  return function(kms, call)
    local keystore, code = collection.find(kms, call, NAME, call.params.keystore_id)
    if not keystore then return nil, code end
    keystore.is_enabled = is_enabled
    return { { "keystore", { { "keystore_id", keystore.id }, { "keystore_state", is_enabled and "2" or "3" } } } }
  end
end

keystores.enable_key_store = {
  route = "POST /v1.0/{project_id}/keystores/{keystore_id}/enable",
  handler = set_enabled(true),
}

keystores.disable_key_store = {
  route = "POST /v1.0/{project_id}/keystores/{keystore_id}/disable",
  handler = set_enabled(false),
}

return keystores
