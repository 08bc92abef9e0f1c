--- Shows the life of a key in each cloud, one call after the other.
---   lua5.4 examples/tour.lua huawei OTHER_REGION OTHER_PROJECT_ID
---   lua5.4 examples/tour.lua ncloud
--- Region, project and credentials come from the environment, as in the other examples. In a real account the tour
--- creates a key, which is disabled at the end and not deleted.

local kms = require "kms"

local NAME = "tour" .. os.time() % 1000000

--- Prints what a call did.
local function show(operation, text, ...)
  print(("  %-24s"):format(operation) .. text:format(...))
end

--- Returns the result of a call. Ends the program if it failed.
local function check(result, err)
  if result then return result end
  io.stderr:write(tostring(err), "\n")
  os.exit(1, true)
end

--- Shows the beginning of a long text.
local function shorten(text) return #text > 24 and text:sub(1, 24) .. "…" or text end

local function tour_huawei(other_region, other_project)
  local huawei = kms.huawei()
  local region = check(huawei:target()).region
  print(("Huawei Cloud KMS: a key that moves from %s to %s"):format(region, other_region))

  local key_id = check(huawei:create_key { key_alias = NAME, key_description = "made by a tour" }).key_id
  show("create_key", "%s, named %s", key_id, NAME)

  local alias = check(huawei:create_alias { key_id = key_id, alias = "alias/" .. NAME }).alias
  show("create_alias", "a second name: %s", alias)

  check(huawei:create_kms_tag { key_id = key_id, tag = { key = "purpose", value = "tour" } })
  show("create_kms_tag", "purpose = tour")

  local cipher_text = check(huawei:encrypt_data { key_id = key_id, plain_text = "hello" }).cipher_text
  show("encrypt_data", "hello -> %s", shorten(cipher_text))

  local replica = check(huawei:replicate_key {
    key_id = key_id, replica_region = other_region, replica_project_id = other_project, key_alias = NAME,
  })
  show("replicate_key", "a replica in %s", replica.region)

  local moved = check(huawei:update_primary_region { key_id = key_id, primary_region = other_region })
  show("update_primary_region", "the primary region is %s now", moved.primary_region)

  -- From here on, the calls go to the other region.
  local other = huawei:with { region = other_region, project_id = other_project }
  local list = check(other:list_keys { key_spec = "ALL" })
  show("list_keys", "%d keys in %s", #list.keys, other_region)

  local plain_text = check(other:decrypt_data { key_id = replica.key_id, cipher_text = cipher_text }).plain_text
  show("decrypt_data", "%s, decrypted in %s", plain_text, other_region)

  check(other:delete_key { key_id = replica.key_id, pending_days = 7 })
  show("delete_key", "will be deleted in 7 days")

  check(other:cancel_key_deletion { key_id = replica.key_id })
  local detail = check(other:list_key_detail { key_id = replica.key_id })
  show("cancel_key_deletion", "not deleted, but disabled (key_state %s)", detail.key_state)
  other:close()
  huawei:close()
end

local function tour_ncloud()
  local ncloud = kms.ncloud()
  print "NAVER Cloud KMS: a key that is renamed, rotated and used"

  local tag = check(ncloud:create_key {
    key_name = NAME, key_type = "AES256", protection_type = "BASIC", is_auto_rotation = false,
  }).key_tag
  show("create_key", "%s, named %s", shorten(tag), NAME)

  local renamed = check(ncloud:rename_key { key_tag = tag, key_name = NAME .. "-new" })
  show("rename_key", "named %s now", renamed.key_name)

  local ciphertext = check(ncloud:encrypt { key_tag = tag, plaintext = "aGVsbG8=" }).ciphertext -- "hello" in base64
  show("encrypt", "aGVsbG8= -> %s", shorten(ciphertext))

  show("rotate_key", "version %d", check(ncloud:rotate_key { key_tag = tag }).version)

  local new_ciphertext = check(ncloud:re_encrypt { key_tag = tag, ciphertext = ciphertext }).new_ciphertext
  show("re_encrypt", "%s", shorten(new_ciphertext))

  check(ncloud:create_token_generator { key_tag = tag })
  local tokens = check(ncloud:create_token_set { key_tag = tag, access_token_hours = 1 })
  show("create_token_set", "a token for this key, valid for an hour")

  -- A program that holds the token needs no access key.
  local holder = kms.ncloud { credentials = { ocapi_token = tokens.access_token } }
  show("decrypt", "%s, with the token", check(holder:decrypt { key_tag = tag, ciphertext = new_ciphertext }).plaintext)

  check(ncloud:delete_token_generator { key_tag = tag })
  show("delete_token_generator", "the token is not valid any more")

  check(ncloud:request_key_deletion { key_tag = tag })
  show("request_key_deletion", "will be deleted in 72 hours")

  local canceled = check(ncloud:cancel_key_deletion { key_tag = tag })
  show("cancel_key_deletion", "not deleted; its status is %s", canceled.status)
  ncloud:close()
end

if arg[1] == "huawei" and #arg == 3 then
  tour_huawei(arg[2], arg[3])
elseif arg[1] == "ncloud" and #arg == 1 then
  tour_ncloud()
else
  io.stderr:write("usage: tour.lua huawei OTHER_REGION OTHER_PROJECT_ID | tour.lua ncloud\n")
  os.exit(2, true)
end
