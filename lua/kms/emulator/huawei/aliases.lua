--- Huawei Cloud KMS: further aliases of a key. Each region has its own.

local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local state = require "kms.emulator.huawei.state"
local time = require "kms.emulator.time"
local wire = require "kms.emulator.huawei.wire"

local aliases = {}

local CHANGEABLE = { enabled = true, disabled = true, pending_import = true } -- inferred

-- Inferred: the default is that of the vendor's Terraform provider.
local PAGE = { default = 50, max = 1000, start_code = "KMS.1602" }

local function get_name(call, alias) return state.name_alias(call.account.owner, call.region, alias) end

local function find_alias(kms, call, alias)
  return type(alias) == "string" and kms.state.aliases[get_name(call, alias)] or nil
end

local function encode_alias(call)
  local domain_id = wire.get_domain_id(call.account)
  return function(entry)
    return {
      { "domain_id", domain_id }, { "key_id", entry.shown_key_id }, { "alias", entry.alias },
      -- Documented: the sample. Published for Open Telekom Cloud: the name is without "alias/".
      { "alias_urn", ("kms:%s:%s:alias:%s"):format(call.region, domain_id, (entry.alias:gsub("^alias/", ""))) },
      { "create_time", time.format_iso(entry.create_time) }, -- documented: the sample
      { "update_time", time.format_iso(entry.update_time) },
    }
  end
end

-- Documented, "Creating an Alias for a Custom Key": a key has at most 50 aliases, unique in a region. The name of a
-- key, which update_key_alias changes, is not one of them.
local MAX_ALIASES = 50

local function list_aliases(kms, call, key)
  local list = {}
  for _, entry in pairs(kms.state.aliases) do
    local is_own = entry.owner == call.account.owner and entry.region == call.region
    if is_own and (not key or entry.key_id == key.key_id) then list[#list + 1] = entry end
  end
  table.sort(list, function(left, right) return left.number < right.number end)
  return list
end

aliases.create_alias = {
  route = "POST /v1.0/{project_id}/kms/aliases",
  status = 201,
  required = { "key_id", "alias" },
  key = "body", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(kms, call, key)
    local alias = call.body.alias
    if not wire.is_name(alias) or alias:find "/default$" then return nil, "KMS.1101" end -- inferred
    if find_alias(kms, call, alias) then return nil, "KMS.1104" end
    if #list_aliases(kms, call, key) >= MAX_ALIASES then return nil, "KMS.0308" end -- inferred
    return encode_alias(call)(state.add_alias(kms.state, key, { alias = alias, region = call.region }, call.now))
  end,
}

aliases.associate_alias = {
  route = "POST /v1.0/{project_id}/kms/alias/associate",
  required = { "alias", "target_key_id" },
  key = "body", key_member = "target_key_id", is_change = true, refuses_default_key = true, states = CHANGEABLE,
  handler = function(kms, call, key, copy)
    local entry = find_alias(kms, call, call.body.alias)
    if not entry then return nil, "KMS.1101" end -- inferred
    entry.key_id, entry.shown_key_id, entry.update_time = key.key_id, copy.key_id, call.now
    return encode_alias(call)(entry)
  end,
}

-- Inferred: nothing is deleted when one of the aliases is not an alias of the key.
aliases.delete_alias = {
  route = "DELETE /v1.0/{project_id}/kms/aliases",
  status = 204,
  required = { "aliases", "key_id" },
  key = "body", is_change = true,
  handler = function(kms, call, key)
    local list = call.body.aliases
    if type(list) ~= "table" or #list == 0 then return nil, "KMS.0308" end
    for _, alias in ipairs(list) do
      local entry = find_alias(kms, call, alias)
      if not entry or entry.key_id ~= key.key_id then return nil, "KMS.1101" end
    end
    for _, alias in ipairs(list) do kms.state.aliases[get_name(call, alias)] = nil end
    return {}
  end,
}

aliases.list_aliases = {
  route = "GET /v1.0/{project_id}/kms/aliases",
  handler = function(kms, call)
    local key_id, key, code = http.get_query_parameter(call.request, "key_id")
    if key_id then key, code = kms:find_key(call, key_id) end
    if code then return nil, code end
    local params = { limit = http.get_query_parameter(call.request, "limit"),
      start = http.get_query_parameter(call.request, "marker") }
    local items, next_marker = wire.take_page(list_aliases(kms, call, key), params, PAGE)
    if not items then return nil, next_marker end
    local page = {
      { "aliases", wire.encode_list(items, encode_alias(call)) },
      { "page_info", { { "next_marker", next_marker }, { "current_count", #items } } },
    }
    return kms.settings.alias_list == "array" and json.array { page } or page
  end,
}

return aliases
