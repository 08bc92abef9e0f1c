--- Stores of plain objects: key stores, access points and key policies. What the real ones do needs dedicated hardware
--- or is not published, so they have no effect here.

local http = require "kms.emulator.http"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local collection = {}

--- Adds an object.
---@param kms table
---@param call kms.EmulatorCall
---@param name string field of the state
---@param object table
---@return string id
function collection.add(kms, call, name, object)
  local id = state.new_id()
  object.id, object.owner, object.region = id, call.account.owner, call.region
  object.number = state.next_number(kms.state)
  object.create_time, object.last_modify_time = call.now, call.now
  object.created_by = wire.get_user_id(call.account)
  kms.state[name][id] = object
  return id
end

--- Finds an object of the caller in the region that is called. The code of an unknown one is not documented.
---@param kms table
---@param call kms.EmulatorCall
---@param name string field of the state
---@param id string
---@return table? object
---@return string? code
function collection.find(kms, call, name, id)
  local object = kms.state[name][id]
  if object and object.owner == call.account.owner and object.region == call.region then return object end
  return nil, "KMS.0308"
end

--- Lists objects of the caller in the region that is called, in the order of their creation.
---@param kms table
---@param call kms.EmulatorCall
---@param name string field of the state
---@param keyspace_id string? of the objects; all when absent
---@return table[]
function collection.list(kms, call, name, keyspace_id)
  local list = {}
  for _, object in pairs(kms.state[name]) do
    local is_own = object.owner == call.account.owner and object.region == call.region
    if is_own and (not keyspace_id or object.keyspace_id == keyspace_id) then list[#list + 1] = object end
  end
  table.sort(list, function(left, right) return left.number < right.number end)
  return list
end

-- Documented: 1 to 100 objects per page, 50 by default.
local PAGE = { default = 50, max = 100, start_code = "KMS.1602" }

-- Documented: a marker has the form of an id. Inferred: it is the id of the last object on the page before.
local function find_start(list, marker)
  if not marker or marker == "" then return 0 end
  for i, object in ipairs(list) do
    if object.id == marker then return i end
  end
end

--- Returns a page of the objects of a key space, by the query of a request.
---@param kms table
---@param call kms.EmulatorCall
---@param name string field of the state
---@return table[]? items
---@return table|string|nil page_info, or a code
function collection.take_page(kms, call, name)
  local keyspace_id = http.get_query_parameter(call.request, "keyspace_id")
  if not keyspace_id then return nil, "KMS.0204" end
  local list = collection.list(kms, call, name, keyspace_id)
  local start = find_start(list, http.get_query_parameter(call.request, "marker"))
  if not start then return nil, PAGE.start_code end
  local params = { limit = http.get_query_parameter(call.request, "limit"), start = start }
  local items, next_marker = wire.take_page(list, params, PAGE)
  if not items then return nil, next_marker end
  if next_marker ~= "" then next_marker = items[#items].id end
  return items, { { "next_marker", next_marker }, { "current_count", #items } }
end

--- Returns whether a value is an id of a key space. Documented: "Creating an Access Point".
---@param value any
---@return boolean
function collection.is_keyspace_id(value)
  return type(value) == "string" and wire.is_id(value:lower()) and not value:find "[^%x%-]"
end

return collection
