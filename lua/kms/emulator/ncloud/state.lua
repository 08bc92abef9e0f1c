--- The keys of NAVER Cloud KMS as plain tables, and what time does to them: rotations and deletions on schedule.

local ascii = require "kms.util.ascii"

local state = {}

-- Documented: Key Management Service overview. A key has at most 100 versions.
local MAX_VERSIONS = 100
local DAY = 24 * 3600
-- Documented: "Request Key Deletion".
local DELETION_DELAY = 3 * DAY
-- Not documented. An emulator may run for days, so the log is bounded.
local MAX_ACTIVITIES = 1000

state.MAX_VERSIONS, state.DAY = MAX_VERSIONS, DAY

---@class kms.EmulatorNcloudVersion
---@field version integer
---@field status "enabled"|"disabled"
---@field status_date number Unix time
---@field rotated_date number Unix time
---@field material string? the key, generated on first use: hexadecimal digits, or PEM

---@class kms.EmulatorNcloudKey
---@field key_tag string
---@field key_id integer
---@field key_name string
---@field owner string
---@field zone string
---@field state "enabled"|"disabled"|"pending_deletion"
---@field key_type "AES256"|"RSA2048"|"ECDSA"
---@field protection_type "BASIC"|"COMMON_HSM"
---@field memo string
---@field is_convergent boolean
---@field is_auto_rotation boolean
---@field rotation_period integer days
---@field next_rotation_date number?
---@field register_date number
---@field status_date number
---@field destroy_date number? when the key is deleted for good
---@field versions kms.EmulatorNcloudVersion[] by number
---@field acl { is_enabled: boolean, addresses: string[] }
---@field token_generator table?
---@field activities table[] the latest one last
---@field old table? what reads return until `hidden_until`
---@field latest_use table? the activity of the latest cryptographic operation

--- Creates the state of a cloud without keys.
---@return table state
function state.new() return { keys = {}, last_key_id = 0 } end

--- Adds a version to a key.
---@param key kms.EmulatorNcloudKey
---@param now number
---@return kms.EmulatorNcloudVersion? version nil when the key has as many versions as it can have
function state.add_version(key, now)
  local number = #key.versions + 1
  if number > MAX_VERSIONS then return nil end
  key.versions[number] = { version = number, status = "enabled", status_date = now, rotated_date = now }
  return key.versions[number]
end

--- Remembers that something happens to a key at a time.
local function schedule(self, time)
  if time and (not self.next_event or time < self.next_event) then self.next_event = time end
end

--- Starts a new period of automatic rotation, or ends them when the key has no automatic rotation.
---@param self table state
---@param key kms.EmulatorNcloudKey
---@param now number
function state.schedule_rotation(self, key, now)
  key.next_rotation_date = key.is_auto_rotation and now + key.rotation_period * DAY or nil
  schedule(self, key.next_rotation_date)
end

--- Plans the deletion of a key.
---@param self table state
---@param key kms.EmulatorNcloudKey
---@param now number
function state.schedule_deletion(self, key, now)
  key.state, key.status_date, key.destroy_date = "pending_deletion", now, now + DELETION_DELAY
  schedule(self, key.destroy_date)
end

-- The fields of a key that its description may leave out.
local DEFAULTS = {
  owner = "demo", zone = "global", state = "enabled", key_type = "AES256", protection_type = "BASIC", memo = "",
  is_convergent = false, is_auto_rotation = false, rotation_period = 90, -- days, documented: "Create Key"
}

-- The fields that say how a key is created, and are not part of its state.
local CREATION_FIELDS = { provider = true, version_count = true, has_token_generator = true }

--- Adds a key. `fields` has the key tag, the name and what differs from the defaults.
---@param self table state
---@param fields table as in `kms.EmulatorKey`
---@param now number
---@return kms.EmulatorNcloudKey
function state.add_key(self, fields, now)
  self.last_key_id = self.last_key_id + 1
  local key = { key_id = self.last_key_id, register_date = now, status_date = now, versions = {}, activities = {},
    acl = { is_enabled = false, addresses = {} } }
  for name, value in pairs(DEFAULTS) do key[name] = value end
  for name, value in pairs(fields) do
    if not CREATION_FIELDS[name] then key[name] = value end
  end
  for _ = 1, fields.version_count or 1 do state.add_version(key, now) end
  state.schedule_rotation(self, key, now)
  if key.state == "pending_deletion" then state.schedule_deletion(self, key, now) end
  self.keys[key.key_tag] = key
  return key
end

-- The fields that a change may change, and that reads return.
local VISIBLE = {
  "key_name", "state", "memo", "is_auto_rotation", "rotation_period", "next_rotation_date", "status_date",
  "destroy_date",
}

--- Lets reads return the present state of a key for some seconds, whatever changes now.
---@param key kms.EmulatorNcloudKey
---@param now number
---@param delay number seconds
function state.hide_change(key, now, delay)
  if key.old and key.old.hidden_until > now then return end
  key.old = nil
  if delay == 0 then return end
  key.old = { hidden_until = now + delay }
  for _, name in ipairs(VISIBLE) do key.old[name] = key[name] end
end

--- Returns a key as reads see it.
---@param key kms.EmulatorNcloudKey
---@param now number
---@return kms.EmulatorNcloudKey
function state.get_visible(key, now)
  if not key.old or key.old.hidden_until <= now then return key end
  local visible = {}
  for name, value in pairs(key) do visible[name] = value end
  for _, name in ipairs(VISIBLE) do visible[name] = key.old[name] end
  return visible
end

--- Appends to the activity log of a key.
---@param key kms.EmulatorNcloudKey
---@param activity table
function state.add_activity(key, activity)
  if #key.activities >= MAX_ACTIVITIES then table.remove(key.activities, 1) end
  key.activities[#key.activities + 1] = activity
end

-- Documented for the log of a key: automatic rotation and deletion on schedule have the request type SYSTEM.
local function add_system_activity(key, action, time)
  state.add_activity(key, { timestamp = time, action = action, result = "SUCCESS", message = "Success", type = "SYSTEM",
    request_type = "SYSTEM", requestor = "SYSTEM", address = "" })
end

-- Inferred: a key that is not enabled, or that has all its versions, keeps its version and waits for the next period.
local function settle_rotation(self, key, now)
  while key.next_rotation_date and key.next_rotation_date <= now do
    local time = key.next_rotation_date
    if key.state == "enabled" and state.add_version(key, time) then add_system_activity(key, "RotateKey", time) end
    state.schedule_rotation(self, key, time)
  end
end

--- Carries out what was scheduled for the past: automatic rotations and deletions.
---@param self table state
---@param now number
function state.settle(self, now)
  if not self.next_event or self.next_event > now then return end
  for key_tag, key in pairs(self.keys) do
    if key.destroy_date and key.destroy_date <= now then
      self.keys[key_tag] = nil
    else
      settle_rotation(self, key, now)
    end
  end
  self.next_event = nil
  for _, key in pairs(self.keys) do
    schedule(self, key.next_rotation_date)
    schedule(self, key.destroy_date)
  end
end

--- Finds another key that an owner has in the same zone under a name. Not documented for API 2.0: whether letter case
--- counts. The pages of version 3, which serves the same keys, say that it does not.
---@param self table state
---@param name string
---@param place { owner: string, zone: string }
---@param is_case_distinguished boolean?
---@return kms.EmulatorNcloudKey?
function state.find_by_name(self, name, place, is_case_distinguished)
  local function normalize(text) return is_case_distinguished and text or ascii.lower(text) end
  local wanted = normalize(name)
  for _, key in pairs(self.keys) do
    if key ~= place and key.owner == place.owner and key.zone == place.zone and normalize(key.key_name) == wanted then
      return key
    end
  end
end

--- Lists the keys of an owner in a zone, the newest first. Documented for version 3.
---@param self table state
---@param place { owner: string, zone: string }
---@return kms.EmulatorNcloudKey[]
function state.list_keys(self, place)
  local keys = {}
  for _, key in pairs(self.keys) do
    if key.owner == place.owner and key.zone == place.zone then keys[#keys + 1] = key end
  end
  table.sort(keys, function(left, right) return left.key_id > right.key_id end)
  return keys
end

return state
