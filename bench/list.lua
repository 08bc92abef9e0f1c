--- Measures how long a page of list_keys with 1,000 keys takes beyond the JSON decoder, for `make bench-list`.

local cjson = require "cjson.safe"
local kms = require "kms"

local KEYS, ROUNDS, CALLS = 1000, 15, 20

local function new_page()
  local page = { keys = {}, key_details = {}, next_marker = "", truncated = "false", total = KEYS }
  for i = 1, KEYS do
    local id = ("0d0466b0-e727-4d9c-b35d-f84bb47%05d"):format(i)
    page.keys[i] = id
    page.key_details[i] = {
      key_id = id, domain_id = "b168fe00ff56492495a7d22974df2d0b", key_alias = "key-" .. i, realm = "cn-north-4",
      key_description = "", creation_date = "1502799822000", scheduled_deletion_date = "", key_state = "2",
      default_key_flag = "0", key_type = "1", expiration_time = "", origin = "kms", key_rotation_enabled = "true",
      sys_enterprise_project_id = "0", keystore_id = "0", key_spec = "AES_256", key_usage = "ENCRYPT_DECRYPT",
    }
  end
  return cjson.encode(page)
end

local body = new_page()
local client = kms.huawei {
  region = "cn-north-4", project_id = ("0"):rep(32), retry = false,
  credentials = { access_key = "AKFAKE0000000001", secret_key = "SKFAKE0000000001" },
  transport = { send = function() return { status = 200, headers = {}, body = body } end },
}

local function decode() assert(cjson.decode(body)) end
local function call() assert(#assert(client:list_keys { limit = KEYS }).key_details == KEYS) end

--- Returns the CPU milliseconds of a run of calls, after a full collection.
local function measure(run)
  collectgarbage()
  local start = os.clock()
  for _ = 1, CALLS do run() end
  return (os.clock() - start) / CALLS * 1000
end

call()
local times = { decode = {}, call = {} }
for i = 1, ROUNDS do times.decode[i], times.call[i] = measure(decode), measure(call) end
table.sort(times.decode)
table.sort(times.call)
local middle = (ROUNDS + 1) / 2
local decoding, calling = times.decode[middle], times.call[middle]
print(("%s: %d keys, %d bytes: cjson %.2f ms, call %.2f ms, ratio %.2f"):format(
  rawget(_G, "jit") and "LuaJIT" or _VERSION, KEYS, #body, decoding, calling, calling / decoding))
