--- The state of Huawei Cloud KMS as plain tables of strings, numbers and booleans, so that it can be written as JSON.
--- Finds keys, generates their material, and does what time does: deletions, rotations, expiry of imported material.

local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"

local state = {}

local DAY = 24 * 3600
state.DAY = DAY

---@class kms.EmulatorHuaweiMaterial one version of a key
---@field id string
---@field create_time number
---@field secret string? base64, of a symmetric or HMAC key
---@field private_key string? PEM, of an asymmetric key

---@class kms.EmulatorHuaweiCopy what a key has for each of its regions
---@field key_id string
---@field key_alias string
---@field key_description string
---@field enterprise_project_id string
---@field creation_date number
---@field tags { key: string, value: string }[]
---@field grants table[]

---@class kms.EmulatorHuaweiKey
---@field key_id string
---@field owner string
---@field state "enabled"|"disabled"|"pending_deletion"|"pending_import"
---@field primary string region
---@field replicas string[] regions
---@field old_primary { region: string, hidden_until: number }? what the regions see until then
---@field copies table<string, kms.EmulatorHuaweiCopy> by region
---@field default_master boolean?
---@field key_spec string
---@field key_usage string
---@field origin "kms"|"external"
---@field number integer order of creation
---@field materials kms.EmulatorHuaweiMaterial[] the last one is the present version; generated on first use
---@field deletion_date number?
---@field expiration_time number? of imported material
---@field import table? parameters of the import that is prepared
---@field imported_digest string? of the material that was imported first, in hexadecimal
---@field rotation_interval integer? days; nil while rotation is disabled
---@field last_rotation_time number?
---@field next_rotation_time number?
---@field rotation_count integer

-- By key_spec: what its material is, and how keys of its kind are used. Documented: "Creating a Key".
state.SPECS = {
  AES_256 = { family = "symmetric", bytes = 32, cipher = "AES_256", usages = { "ENCRYPT_DECRYPT" } },
  SM4 = { family = "symmetric", bytes = 16, cipher = "SM4", usages = { "ENCRYPT_DECRYPT" } },
  RSA_2048 = { family = "rsa", pair = "RSA_2048", usages = { "SIGN_VERIFY", "ENCRYPT_DECRYPT" } },
  RSA_3072 = { family = "rsa", pair = "RSA_3072", usages = { "SIGN_VERIFY", "ENCRYPT_DECRYPT" } },
  RSA_4096 = { family = "rsa", pair = "RSA_4096", usages = { "SIGN_VERIFY", "ENCRYPT_DECRYPT" } },
  EC_P256 = { family = "ec", pair = "EC_P256", usages = { "SIGN_VERIFY" } },
  EC_P384 = { family = "ec", pair = "EC_P384", usages = { "SIGN_VERIFY" } },
  SECP256K1 = { family = "ec", pair = "SECP256K1", usages = { "SIGN_VERIFY" } },
  ED25519 = { family = "ec", pair = "ED25519", usages = { "SIGN_VERIFY" } },
  SM2 = { family = "sm2", pair = "SM2", usages = { "SIGN_VERIFY", "ENCRYPT_DECRYPT" } },
  -- Published for Open Telekom Cloud, which runs the same service: the usage of keys for MACs.
  HMAC_256 = { family = "hmac", bytes = 32, mac = "HMAC_SHA_256", usages = { "GENERATE_VERIFY_MAC" } },
  HMAC_384 = { family = "hmac", bytes = 48, mac = "HMAC_SHA_384", usages = { "GENERATE_VERIFY_MAC" } },
  HMAC_512 = { family = "hmac", bytes = 64, mac = "HMAC_SHA_512", usages = { "GENERATE_VERIFY_MAC" } },
  HMAC_SM3 = { family = "hmac", bytes = 32, mac = "HMAC_SM3", usages = { "GENERATE_VERIFY_MAC" } },
}

--- Creates an empty state.
---@return table
function state.new()
  return {
    keys = {}, replica_ids = {}, aliases = {}, keystores = {}, access_points = {}, key_policies = {}, last_number = 0,
  }
end

--- Creates an id: 36 characters.
---@return string
function state.new_id()
  local hex = encoding.encode_hex(crypto.random(16))
  return ("%s-%s-%s-%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16), hex:sub(17, 20), hex:sub(21))
end

--- Returns the next number of creation: lists are in its order.
---@return integer
function state.next_number(self)
  self.last_number = self.last_number + 1
  return self.last_number
end

--- Creates what a key has in a region.
---@param fields table
---@param now number
---@return kms.EmulatorHuaweiCopy
function state.new_copy(fields, now)
  return {
    key_id = fields.key_id, key_alias = fields.key_alias, key_description = fields.key_description or "",
    enterprise_project_id = fields.enterprise_project_id or "0", creation_date = now, tags = fields.tags or {},
    grants = {},
  }
end

-- The alias of a key that the option `keys` gives none. Documented: the aliases of default keys end in "/default".
local function make_alias(fields)
  return fields.key_alias or fields.default_master and "service-" .. fields.key_id:sub(1, 8) .. "/default"
    or "key-" .. fields.key_id:sub(1, 8)
end

--- Returns the name under which the state has an alias: each owner has aliases of its own in each region.
---@param owner string
---@param region string
---@param alias string
---@return string
function state.name_alias(owner, region, alias) return ("%s %s %s"):format(owner, region, alias) end

--- Adds a further alias of a key in a region.
---@param key kms.EmulatorHuaweiKey
---@param fields { alias: string, region: string }
---@param now number
---@return table entry
function state.add_alias(self, key, fields, now)
  local entry = {
    alias = fields.alias, owner = key.owner, region = fields.region, key_id = key.key_id,
    shown_key_id = key.copies[fields.region].key_id, create_time = now, update_time = now,
    number = state.next_number(self),
  }
  self.aliases[state.name_alias(key.owner, fields.region, fields.alias)] = entry
  return entry
end

--- Copies a list of tags that has no error.
---@param tags table[]?
---@return { key: string, value: string }[]
function state.copy_tags(tags)
  local copy = {}
  for i, tag in ipairs(tags or {}) do copy[i] = { key = tag.key, value = tag.value or "" } end
  return copy
end

--- Adds a key.
---@param fields table as in `kms.EmulatorKey`
---@param now number
---@return kms.EmulatorHuaweiKey
function state.add_key(self, fields, now)
  local spec = fields.key_spec or "AES_256"
  local key = {
    key_id = fields.key_id, owner = fields.owner, state = fields.state, primary = fields.primary,
    replicas = fields.replicas or {}, default_master = fields.default_master, key_spec = spec,
    key_usage = fields.key_usage or state.SPECS[spec].usages[1], origin = fields.origin or "kms",
    number = state.next_number(self), materials = {}, rotation_count = 0, copies = {},
  }
  key.state = key.state or key.origin == "external" and "pending_import" or "enabled"
  local function add_copy(region)
    key.copies[region] = state.new_copy({
      key_id = key.key_id, key_alias = make_alias(fields), key_description = fields.key_description,
      enterprise_project_id = fields.enterprise_project_id, tags = state.copy_tags(fields.tags),
    }, now)
    for _, alias in ipairs(fields.aliases or {}) do
      state.add_alias(self, key, { alias = alias, region = region }, now)
    end
  end
  add_copy(key.primary)
  for _, region in ipairs(key.replicas) do add_copy(region) end
  if fields.rotation_interval then state.schedule_rotation(self, key, fields.rotation_interval, now) end
  if key.state == "pending_deletion" then state.schedule_deletion(self, key, now + 30 * DAY) end
  self.keys[key.key_id] = key
  return key
end

-- `next_event` is the time of the first event to come, so that most requests need not look at all keys.
local function expect_event(self, time)
  if not self.next_event or time < self.next_event then self.next_event = time end
end

--- Deletes a key when its waiting time is over.
---@param key kms.EmulatorHuaweiKey
---@param time number
function state.schedule_deletion(self, key, time)
  key.deletion_date = time
  expect_event(self, time)
end

--- Starts or stops the rotation of a key by time.
---@param key kms.EmulatorHuaweiKey
---@param interval integer? days; nil stops it
---@param start number
function state.schedule_rotation(self, key, interval, start)
  key.rotation_interval, key.next_rotation_time = interval, interval and start + interval * DAY
  if interval then expect_event(self, key.next_rotation_time) end
end

--- Lets imported material expire.
---@param key kms.EmulatorHuaweiKey
---@param time number?
function state.schedule_expiry(self, key, time)
  key.expiration_time = time
  if time then expect_event(self, time) end
end

--- Deletes the material of a key whose material was imported.
---@param key kms.EmulatorHuaweiKey
function state.delete_material(key)
  key.materials, key.expiration_time, key.state = {}, nil, "pending_import"
end

local function generate_material(key, now)
  local spec = state.SPECS[key.key_spec]
  local material = { id = state.new_id(), create_time = now }
  if spec.bytes then
    material.secret = encoding.encode_base64(crypto.random(spec.bytes))
    return material
  end
  local problem
  material.private_key, problem = crypto.generate_key_pair(spec.pair)
  return material.private_key and material, problem
end

--- Returns a version of a key's material. The first one is generated when it is needed.
---@param key kms.EmulatorHuaweiKey
---@param version integer? the present one when absent
---@return kms.EmulatorHuaweiMaterial? material
---@return string? problem of kms.emulator.crypto
function state.get_material(key, version)
  if #key.materials == 0 and key.state ~= "pending_import" then
    local problem
    key.materials[1], problem = generate_material(key, key.copies[key.primary].creation_date)
    if problem then return nil, problem end
  end
  return key.materials[version or #key.materials]
end

--- Adds a version to a key.
---@param key kms.EmulatorHuaweiKey
---@param now number
---@return string? problem of kms.emulator.crypto
function state.rotate(key, now)
  local present, problem = state.get_material(key)
  if not present then return problem end
  key.materials[#key.materials + 1] = generate_material(key, now)
  key.rotation_count, key.last_rotation_time = key.rotation_count + 1, now
end

--- Deletes a key with all that belongs to it.
---@param key kms.EmulatorHuaweiKey
local function remove_key(self, key)
  self.keys[key.key_id] = nil
  for id, key_id in pairs(self.replica_ids) do
    if key_id == key.key_id then self.replica_ids[id] = nil end
  end
  for name, alias in pairs(self.aliases) do
    if alias.key_id == key.key_id then self.aliases[name] = nil end
  end
end

-- Rotates as often as intervals have passed. Published for Open Telekom Cloud, "About Key Rotation": only enabled keys
-- are rotated, and one that is enabled again is rotated at once when its time is over.
local function settle_rotation(self, key, now)
  while key.state == "enabled" and key.next_rotation_time and key.next_rotation_time <= now do
    state.rotate(key, key.next_rotation_time)
    state.schedule_rotation(self, key, key.rotation_interval, key.next_rotation_time)
  end
end

--- Enables a key. A rotation whose time is over happens at once.
---@param key kms.EmulatorHuaweiKey
---@param now number
function state.enable(self, key, now)
  key.state = "enabled"
  if not key.next_rotation_time or key.next_rotation_time > now then return end
  state.rotate(key, now)
  state.schedule_rotation(self, key, key.rotation_interval, now)
end

--- Does what time did since the last request.
---@param now number
function state.settle(self, now)
  if not self.next_event or now < self.next_event then return end
  self.next_event = nil
  for _, key in pairs(self.keys) do
    settle_rotation(self, key, now)
    if key.deletion_date and key.deletion_date <= now then remove_key(self, key)
    elseif key.expiration_time and key.expiration_time <= now then state.delete_material(key) end
    for _, name in ipairs { "deletion_date", "expiration_time", "next_rotation_time" } do
      if key[name] and key[name] > now then expect_event(self, key[name]) end
    end
  end
end

--- Finds a key that an account has in a region.
---@param key_id string
---@param call kms.EmulatorCall
---@return kms.EmulatorHuaweiKey?
function state.find_key(self, key_id, call)
  local key = self.keys[self.replica_ids[key_id] or key_id]
  local copy = key and key.owner == call.account.owner and key.copies[call.region]
  if copy and copy.key_id == key_id then return key end
end

--- Lets all regions see the present primary region of a key for some seconds, whatever it will be.
---@param key kms.EmulatorHuaweiKey
---@param now number
---@param delay number seconds
function state.hide_move(key, now, delay)
  if key.old_primary and key.old_primary.hidden_until > now then return end
  key.old_primary = delay > 0 and { region = key.primary, hidden_until = now + delay } or nil
end

--- Returns the primary region of a key as the regions see it.
---@param key kms.EmulatorHuaweiKey
---@param now number
---@return string region
function state.get_primary(key, now)
  local old = key.old_primary
  return old and old.hidden_until > now and old.region or key.primary
end

--- Lists the keys that an account has in a region, in the order of their creation.
---@param call kms.EmulatorCall
---@return kms.EmulatorHuaweiKey[]
function state.list_keys(self, call)
  local keys = {}
  for _, key in pairs(self.keys) do
    if key.owner == call.account.owner and key.copies[call.region] then keys[#keys + 1] = key end
  end
  table.sort(keys, function(left, right) return left.number < right.number end)
  return keys
end

--- Returns whether an alias is a key's name in a region.
---@param alias string
---@param region string
---@param owner string
---@return boolean
function state.has_alias(self, alias, region, owner)
  for _, key in pairs(self.keys) do
    local copy = key.owner == owner and key.copies[region]
    if copy and copy.key_alias == alias then return true end
  end
  return false
end

return state
