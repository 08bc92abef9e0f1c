--- NAVER Cloud KMS 2.0: lists, creates, renames, changes and deletes keys.

local json = require "kms.emulator.json"
local state = require "kms.emulator.ncloud.state"
local wire = require "kms.emulator.ncloud.wire"

local KEY_TYPES = { AES256 = true, RSA2048 = true, ECDSA = true }
local PROTECTION_TYPES = { BASIC = true, COMMON_HSM = true }

-- Not documented: the states that allow a change of name or memo. Inferred: all except a pending deletion.
local NOT_PENDING = { enabled = true, disabled = true }

-- Documented: "Update Key Name", request body. 3 to 15 characters, the first one a letter.
local function is_key_name(value)
  return type(value) == "string" and #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" ~= nil
end

-- Documented: "Update Memo", up to 100 characters. Bytes that continue a UTF-8 character do not count.
local function is_memo(value)
  return type(value) == "string" and #value:gsub("[\128-\191]", "") <= 100
end

local function format_list_item(key)
  return {
    { "keyId", key.key_id }, { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "keyType", key.key_type },
    { "status", wire.format_status(key.state) }, { "protectionType", key.protection_type },
    { "isConvergent", key.is_convergent }, { "registerDate", wire.format_time(key.register_date) },
    { "destroyDate", wire.format_time(key.destroy_date) },
  }
end

-- The members that "Create Key" and "Get Key Info" both end with.
local function append_settings(members, key)
  for _, member in ipairs {
    { "protectionType", key.protection_type }, { "memo", key.memo }, { "isConvergent", key.is_convergent },
    { "isAutoRotation", key.is_auto_rotation }, { "rotationPeriod", key.rotation_period },
    { "nextRotationDate", wire.format_time(key.next_rotation_date) },
    { "registerDate", wire.format_time(key.register_date) },
  } do
    members[#members + 1] = member
  end
  return members
end

-- Invented: each owner has one keystore with this id.
local KEYSTORE_ID = 1

local operations = {}

operations.list_keys = {
  route = "GET /kms/v1/keys",
  handler = function(kms, call)
    local page = wire.read_page(call)
    if not page then return nil, "INVALID_REQUEST" end
    local found = state.list_keys(kms.state, { owner = call.account.owner, zone = call.zone })
    local array, totals = wire.format_page(found, page, function(key)
      return format_list_item(state.get_visible(key, call.now))
    end)
    if kms.settings.key_list == "table" then
      call.beside_data = totals
      return { { "KeyList", array } }
    end
    return { { "keyList", array }, totals[1], totals[2], totals[3] }
  end,
}

-- Returns the key whose name forbids a new name.
local function find_conflict(kms, name, place)
  return state.find_by_name(kms.state, name, place, kms.settings.inferred_key_name_case == "distinguished")
end

local function find_creation_problem(call)
  local body = call.body
  local is_valid = is_key_name(body.keyName) and KEY_TYPES[body.keyType] and PROTECTION_TYPES[body.protectionType]
    and type(body.isAutoRotation) == "boolean"
    and (body.memo == nil or is_memo(body.memo))
    and (body.isConvergent == nil or type(body.isConvergent) == "boolean")
    and (body.rotationPeriod == nil or wire.is_whole(body.rotationPeriod, 1, 730))
  -- Documented: convergent encryption is for AES256 only.
  if not is_valid or body.isConvergent and body.keyType ~= "AES256" then return "INVALID_REQUEST" end
end

operations.create_key = {
  route = "POST /kms/v1/keys",
  required = { "keyName", "keyType", "isAutoRotation", "protectionType" },
  check = find_creation_problem,
  handler = function(kms, call)
    local body = call.body
    -- Not documented: how a request asks for a zone. Inferred: by the host that it is sent to.
    local place = { owner = call.account.owner, zone = call.zone }
    if find_conflict(kms, body.keyName, place) then return nil, "UNPROCESSABLE_ENTITY" end
    -- Documented: a tag is derived from the key's name. Its form is not, so these are 64 hexadecimal digits.
    local key = state.add_key(kms.state, {
      key_tag = kms.issuer:generate_digits(64), key_name = body.keyName, owner = place.owner, zone = place.zone,
      key_type = body.keyType, protection_type = body.protectionType, memo = body.memo,
      is_convergent = body.isConvergent, is_auto_rotation = body.isAutoRotation,
      rotation_period = tonumber(body.rotationPeriod),
    }, call.now)
    kms:record_activity(call, key)
    return append_settings({
      { "keyId", key.key_id }, { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "keyType", key.key_type },
      { "status", wire.format_status(key.state) }, { "keystoreId", KEYSTORE_ID },
    }, key)
  end,
}

operations.get_key = {
  route = "GET /kms/v1/keys/{key_tag}",
  is_read = true,
  handler = function(_, call, key)
    return append_settings({
      { "keyId", key.key_id }, { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "nrn", wire.format_nrn(key) },
      { "baseUrl", "https://" .. call.request.host }, { "keyType", key.key_type },
      { "status", wire.format_status(key.state) }, { "keystoreId", KEYSTORE_ID }, { "currentVersion", #key.versions },
    }, key)
  end,
}

-- Documented: this deletes a key at once, and only one whose deletion is pending.
operations.delete_key = {
  route = "DELETE /kms/v1/keys/{key_tag}",
  states = { pending_deletion = true },
  handler = function(kms, _, key)
    kms.state.keys[key.key_tag] = nil
    return json.null
  end,
}

operations.rename_key = {
  route = "PUT /kms/v1/keys/{key_tag}/name",
  required = { "keyName" },
  states = NOT_PENDING,
  check = function(call)
    if not is_key_name(call.body.keyName) then return "INVALID_REQUEST" end
  end,
  handler = function(kms, call, key)
    -- Documented: the name must differ from the names of all other keys. Not documented: the error for a name in use,
    -- and whether a key may be renamed to its own name. The setting `inferred_present_key_name` decides.
    local own = kms.settings.inferred_present_key_name == "refused" and { owner = key.owner, zone = key.zone }
    if find_conflict(kms, call.body.keyName, own or key) then return nil, "UNPROCESSABLE_ENTITY" end
    key.key_name = call.body.keyName
    return { { "keyTag", key.key_tag }, { "keyName", key.key_name } }
  end,
}

operations.update_memo = {
  route = "PUT /kms/v1/keys/{key_tag}/memo",
  required = { "memo" },
  states = NOT_PENDING,
  check = function(call)
    if not is_memo(call.body.memo) then return "INVALID_REQUEST" end
  end,
  handler = function(_, call, key)
    key.memo = call.body.memo
    return { { "keyTag", key.key_tag }, { "memo", key.memo } }
  end,
}

local function format_state(key)
  return {
    { "keyTag", key.key_tag }, { "status", wire.format_status(key.state) },
    { "statusDate", wire.format_time(key.status_date) },
  }
end

-- An operation that sets the state of a key. Not documented: a repeat. Inferred: it succeeds and sets the date again.
local function new_state_operation(action, new_state)
  return {
    route = ("POST /kms/v1/keys/{key_tag}/%s"):format(action),
    states = NOT_PENDING, -- documented: "Enable Key"
    handler = function(_, call, key)
      key.state, key.status_date = new_state, call.now
      return format_state(key)
    end,
  }
end

operations.enable_key = new_state_operation("enable", "enabled")
operations.disable_key = new_state_operation("disable", "disabled")

-- Documented for version 3: only an enabled or disabled key. A repeat is refused.
operations.request_key_deletion = {
  route = "POST /kms/v1/keys/{key_tag}/request-deletion",
  states = NOT_PENDING,
  handler = function(kms, call, key)
    state.schedule_deletion(kms.state, key, call.now)
    return format_state(key)
  end,
}

operations.cancel_key_deletion = {
  route = "POST /kms/v1/keys/{key_tag}/cancel-deletion",
  states = { pending_deletion = true },
  handler = function(_, call, key)
    -- Documented: the key is disabled afterwards.
    key.state, key.status_date, key.destroy_date = "disabled", call.now, nil
    return format_state(key)
  end,
}

return operations
