--- Huawei Cloud KMS: grants of a key. They are kept and listed. Permissions are not emulated, so a grant permits
--- nothing.

local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local grants = {}

local ENABLED = { enabled = true }

-- Inferred: the default of a page.
local PAGE = { default = 1000, max = 1000, start_code = "KMS.1602" }

-- Documented: "Creating a Grant".
local function is_principal(value)
  return type(value) == "string" and #value <= 64 and value:find "^[0-9A-Za-z]+$" ~= nil
end

local function find_operations_error(operations)
  if type(operations) ~= "table" or #operations == 0 then return "KMS.0308" end
  for _, name in ipairs(operations) do
    if type(name) ~= "string" then return "KMS.0308" end
  end
  if #operations == 1 and operations[1] == "create-grant" then return "KMS.2401" end
end

-- Inferred: KMS.0308 where no code names the member.
local function find_grant_error(body)
  if not is_principal(body.grantee_principal) then return "KMS.2402" end
  if body.retiring_principal ~= nil and not is_principal(body.retiring_principal) then return "KMS.2402" end
  local kind = body.grantee_principal_type
  if kind ~= nil and kind ~= "user" and kind ~= "domain" then return "KMS.0308" end
  if body.name ~= nil and not wire.is_name(body.name) then return "KMS.0308" end
  return find_operations_error(body.operations)
end

grants.create_grant = {
  route = "POST /v1.0/{project_id}/kms/create-grant",
  required = { "key_id", "grantee_principal", "operations" },
  key = "body", states = ENABLED, is_change = true, refuses_default_key = true,
  handler = function(kms, call, _, copy)
    local body = call.body
    local code = find_grant_error(body)
    if code then return nil, code end
    if #copy.grants >= kms.settings.grant_quota then return nil, "KMS.2404" end
    local grant = {
      grant_id = encoding.encode_hex(crypto.random(32)), grantee_principal = body.grantee_principal,
      grantee_principal_type = body.grantee_principal_type or "user", operations = body.operations, name = body.name,
      retiring_principal = body.retiring_principal, issuing_principal = wire.get_user_id(call.account),
      creation_date = call.now,
    }
    copy.grants[#copy.grants + 1] = grant
    return { { "grant_id", grant.grant_id } }
  end,
}

local function find_grant(copy, grant_id)
  for i, grant in ipairs(copy.grants) do
    if grant.grant_id == grant_id then return i, grant end
  end
end

-- Finds a grant of the key. Documented: the id has 64 hexadecimal digits. Inferred: the code of an unknown one.
local function read_grant(kms, call, copy)
  local grant_id = call.body.grant_id
  if type(grant_id) ~= "string" or #grant_id ~= 64 or grant_id:find "%X" then return nil, "KMS.2501" end
  local index, grant = find_grant(copy, grant_id)
  if index then return index, grant end
  for _, key in ipairs(state.list_keys(kms.state, call)) do
    if find_grant(key.copies[call.region], grant_id) then return nil, "KMS.2502" end
  end
  return nil, "KMS.2501"
end

grants.cancel_grant = {
  route = "POST /v1.0/{project_id}/kms/revoke-grant",
  required = { "key_id", "grant_id" },
  key = "body", is_change = true,
  handler = function(kms, call, _, copy)
    local index, code = read_grant(kms, call, copy)
    if not index then return nil, code end
    table.remove(copy.grants, index)
    return {}
  end,
}

local function has_operation(grant, name)
  for _, operation in ipairs(grant.operations) do
    if operation == name then return true end
  end
  return false
end

-- Documented: "Retiring a Grant". The user who created a grant may retire it, and so may its retiring principal, and
-- the grantee of the operation retire-grant.
local function is_retiring(grant, account)
  local ids = { [wire.get_user_id(account)] = true, [wire.get_domain_id(account)] = true }
  return ids[grant.retiring_principal or ""] or ids[grant.grantee_principal] and has_operation(grant, "retire-grant")
end

local function may_retire(grant, account)
  return grant.issuing_principal == wire.get_user_id(account) or is_retiring(grant, account)
end

grants.cancel_self_grant = {
  route = "POST /v1.0/{project_id}/kms/retire-grant",
  required = { "key_id", "grant_id" },
  key = "body", is_change = true,
  handler = function(kms, call, _, copy)
    local index, grant = read_grant(kms, call, copy)
    if not index then return nil, grant end
    if not may_retire(grant, call.account) then return nil, "KMS.0306" end
    table.remove(copy.grants, index)
    return {}
  end,
}

local function encode_grant(entry)
  local grant = entry.grant
  local object = {
    { "key_id", entry.key_id }, { "grant_id", grant.grant_id }, { "grantee_principal", grant.grantee_principal },
    { "grantee_principal_type", grant.grantee_principal_type },
    { "operations", wire.encode_list(grant.operations, tostring) },
    { "issuing_principal", grant.issuing_principal }, { "creation_date", wire.encode_time(grant.creation_date) },
  }
  for _, name in ipairs { "name", "retiring_principal" } do
    if grant[name] then object[#object + 1] = { name, grant[name] } end
  end
  return object
end

local function respond_page(call, entries)
  local items, next_marker = wire.take_page(entries, { limit = call.body.limit, start = call.body.marker }, PAGE)
  if not items then return nil, next_marker end
  return {
    { "grants", wire.encode_list(items, encode_grant) }, { "next_marker", next_marker },
    { "truncated", wire.encode_flag(next_marker ~= "") }, { "total", #entries },
  }
end

grants.list_grants = {
  route = "POST /v1.0/{project_id}/kms/list-grants",
  required = { "key_id" },
  key = "body",
  handler = function(_, call, _, copy)
    local entries = {}
    for i, grant in ipairs(copy.grants) do entries[i] = { key_id = copy.key_id, grant = grant } end
    return respond_page(call, entries)
  end,
}

-- Inferred: the grants of which the caller is the retiring principal, or the grantee with retire-grant.
grants.list_retirable_grants = {
  route = "POST /v1.0/{project_id}/kms/list-retirable-grants",
  handler = function(kms, call)
    local entries = {}
    for _, key in ipairs(state.list_keys(kms.state, call)) do
      local copy = key.copies[call.region]
      for _, grant in ipairs(copy.grants) do
        if is_retiring(grant, call.account) then entries[#entries + 1] = { key_id = copy.key_id, grant = grant } end
      end
    end
    return respond_page(call, entries)
  end,
}

return grants
