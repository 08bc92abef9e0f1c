--- NAVER Cloud KMS 2.0: the addresses that may use the tokens of a key.

local json = require "kms.emulator.json"

-- Documented for version 3: only an enabled key.
local ENABLED = { enabled = true }

local function is_address(value)
  if type(value) ~= "string" then return false end
  local a, b, c, d = value:match "^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$"
  return a ~= nil and math.max(tonumber(a), tonumber(b), tonumber(c), tonumber(d)) <= 255
end

-- The older page spells the member IpList.
local function get_addresses(call) return call.body.ipList or call.body.IpList end

local function find_address_problem(call)
  local addresses = get_addresses(call)
  if type(addresses) ~= "table" or #addresses == 0 then return "INVALID_REQUEST" end
  for _, address in ipairs(addresses) do
    if not is_address(address) then return "INVALID_REQUEST" end
  end
end

local function find_index(list, value)
  for i, member in ipairs(list) do
    if member == value then return i end
  end
end

local function copy_array(list)
  local copy = {}
  for i, member in ipairs(list) do copy[i] = member end
  return json.array(copy)
end

local function format_addresses(key)
  return { { "keyTag", key.key_tag }, { "allowedIpList", copy_array(key.acl.addresses) } }
end

local operations = {}

operations.get_acl = {
  route = "GET /kms/v1/keys/{key_tag}/acl",
  is_read = true,
  handler = function(_, _, key)
    return {
      { "keyTag", key.key_tag }, { "isAclEnabled", key.acl.is_enabled },
      { "allowedIpList", copy_array(key.acl.addresses) },
    }
  end,
}

-- Not documented: an address that is in the list already. Inferred: it stays there once.
operations.add_acl = {
  route = "POST /kms/v1/keys/{key_tag}/acl",
  states = ENABLED,
  check = find_address_problem,
  handler = function(_, call, key)
    local addresses = key.acl.addresses
    for _, address in ipairs(get_addresses(call)) do
      if not find_index(addresses, address) then addresses[#addresses + 1] = address end
    end
    return format_addresses(key)
  end,
}

-- Not documented: an address that is not in the list. Inferred: the request succeeds.
operations.delete_acl = {
  route = "DELETE /kms/v1/keys/{key_tag}/acl",
  states = ENABLED,
  check = find_address_problem,
  handler = function(_, call, key)
    for _, address in ipairs(get_addresses(call)) do
      local index = find_index(key.acl.addresses, address)
      if index then table.remove(key.acl.addresses, index) end
    end
    return format_addresses(key)
  end,
}

local function new_switch(action, is_enabled)
  return {
    route = ("POST /kms/v1/keys/{key_tag}/acl/%s"):format(action),
    states = ENABLED,
    handler = function(_, _, key)
      key.acl.is_enabled = is_enabled
      return { { "keyTag", key.key_tag }, { "isAclEnabled", is_enabled } }
    end,
  }
end

operations.enable_ip_acl = new_switch("enable", true)
operations.disable_ip_acl = new_switch("disable", false)

return operations
