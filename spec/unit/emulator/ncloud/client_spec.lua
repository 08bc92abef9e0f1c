--- kms.emulator.ncloud and the client of the library: the life of a key, through all groups of operations.

local emulator = require "kms.emulator"
local encoding = require "kms.emulator.encoding"
local kms = require "kms"

local ACCOUNT = emulator.fixtures.accounts[3]
local DAY = 24 * 3600

local cloud, ncloud

local function new_client(credentials)
  return kms.ncloud { transport = cloud, credentials = credentials }
end

before_each(function()
  cloud = emulator.new { settings = { random_faults = { rate = 0.1, seed = 2, kinds = { "bad_gateway" },
    match = { operation = "list_keys" } } } }
  ncloud = new_client { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key }
end)

local function create(fields)
  local params = { key_name = "billing", key_type = "AES256", is_auto_rotation = false, protection_type = "BASIC" }
  for name, value in pairs(fields or {}) do params[name] = value end
  return assert(ncloud:create_key(params)).key_tag
end

describe("a client of NAVER Cloud KMS with the emulator", function()
  it("the client creates a key, lists it, rotates it and uses its versions", function()
    local key_tag = create()
    local names = {}
    for number, key, err in ncloud:each("list_keys", { page_size = 2 }) do
      assert.is_nil(err)
      names[number] = key.key_name
    end
    assert.equal("billing", names[1])
    assert.equal(9, #names)

    local plaintext = encoding.encode_base64 "secret"
    local old = assert(ncloud:encrypt { key_tag = key_tag, plaintext = { plaintext, plaintext } }).ciphertext
    assert.equal(2, assert(ncloud:rotate_key { key_tag = key_tag }).version)
    local new = assert(ncloud:re_encrypt { key_tag = key_tag, ciphertext = old[1] }).new_ciphertext
    assert.truthy(new:find "^ncpkms:v2:")
    assert.equal(plaintext, assert(ncloud:decrypt { key_tag = key_tag, ciphertext = new }).plaintext)
    assert.same({ plaintext, plaintext }, assert(ncloud:decrypt { key_tag = key_tag, ciphertext = old }).plaintext)
    assert(ncloud:disable_key_version { key_tag = key_tag, version = 1 })
    local _, err = ncloud:decrypt { key_tag = key_tag, ciphertext = old[1] }
    assert.equal("UNPROCESSABLE_ENTITY", err.code)
    assert.equal("DISABLE", assert(ncloud:list_key_versions { key_tag = key_tag }).version_list[1].status)
  end)

  it("the client signs with a key and verifies the signature", function()
    local key_tag = create { key_type = "ECDSA" }
    local data = encoding.encode_base64 "message"
    local signature = assert(ncloud:sign { key_tag = key_tag, data = data }).signature
    assert.is_true(assert(ncloud:verify { key_tag = key_tag, data = data, signature = signature }).valid)
    assert.truthy(assert(ncloud:get_public_key { key_tag = key_tag }).public_key:find "BEGIN PUBLIC KEY")
  end)

  it("the client uses a key by token, and the list of addresses limits it", function()
    local key_tag = create()
    assert(ncloud:create_token_generator { key_tag = key_tag })
    local set = assert(ncloud:create_token_set { key_tag = key_tag, access_token_hours = 1, refresh_token_hours = "UL" })
    local by_token = new_client { ocapi_token = set.access_token }
    local ciphertext = assert(by_token:encrypt { key_tag = key_tag, plaintext = "AAAA" }).ciphertext
    assert(ncloud:enable_ip_acl { key_tag = key_tag })
    local _, err = by_token:decrypt { key_tag = key_tag, ciphertext = ciphertext }
    assert.same({ "FORBIDDEN", 403 }, { err.code, err.status })
    assert.same({ "127.0.0.1" }, assert(ncloud:add_acl { key_tag = key_tag, ip_list = { "127.0.0.1" } }).allowed_ip_list)
    assert.equal("AAAA", assert(by_token:decrypt { key_tag = key_tag, ciphertext = ciphertext }).plaintext)
  end)

  it("the client plans the deletion of a key, cancels it, and reads the log", function()
    local key_tag = create()
    local planned = assert(ncloud:request_key_deletion { key_tag = key_tag })
    assert.equal("REVOKE", planned.status)
    cloud:advance(2 * DAY)
    assert.equal("DISABLE", assert(ncloud:cancel_key_deletion { key_tag = key_tag }).status)
    assert(ncloud:request_key_deletion { key_tag = key_tag })
    assert.equal(2, assert(ncloud:list_key_activities { key_tag = key_tag }).total_count)
    cloud:advance(3 * DAY)
    local _, err = ncloud:get_key { key_tag = key_tag }
    assert.equal("NOT_FOUND", err.code)
  end)
end)
