--- What must be done before the example of an operation works against a new emulator. An example with a value that only an
--- earlier call can give, such as a ciphertext, gets it here.

local encoding = require "kms.emulator.encoding"
local pkey = require "openssl.pkey"
local rsa = require "kms.emulator.crypto.rsa"

local operation_examples = {}

local function check(result, err)
  return result or error(tostring(err), 3)
end

--- Creates a Huawei key for the example.
local function create_key(spec, usage, origin)
  return function(huawei, params)
    local name = "example-" .. spec:lower():gsub("_", "-")
    params.key_id = check(huawei:create_key { key_alias = name, key_spec = spec, key_usage = usage, origin = origin }).key_id
  end
end

local function create_alias(huawei, params)
  local key_id = params.key_id or params.target_key_id
  for _, alias in ipairs(params.aliases or { params.alias }) do check(huawei:create_alias { key_id = key_id, alias = alias }) end
end

local function create_grant(huawei, params, retiring_principal)
  params.grant_id = check(huawei:create_grant {
    key_id = params.key_id, grantee_principal = "13gg44z4g2sglzk0egw0u726zoyzvrs8", operations = { "describe-key" },
    retiring_principal = retiring_principal,
  }).grant_id
end

--- Creates a grant that the caller may retire. The grants of the key name the caller.
local function create_own_grant(huawei, params)
  create_grant(huawei, params)
  create_grant(huawei, params, check(huawei:list_grants { key_id = params.key_id }).grants[1].issuing_principal)
end

local function enable_rotation(huawei, params) check(huawei:enable_key_rotation { key_id = params.key_id }) end

local function encrypt_data(huawei, params)
  local key_id = params.source_key_id or params.key_id or "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
  params.cipher_text = check(huawei:encrypt_data { key_id = key_id, plain_text = "hello" }).cipher_text
end

local create_rsa_key = create_key("RSA_2048", "SIGN_VERIFY")
local create_hmac_key = create_key "HMAC_256"
local create_external_key = create_key("AES_256", nil, "external")

local function wrap_material(huawei, params)
  create_external_key(huawei, params)
  local import = check(huawei:create_parameters_for_import {
    key_id = params.key_id, wrapping_algorithm = "RSAES_OAEP_SHA_256",
  })
  local public_key = pkey.new(encoding.decode_base64(import.public_key), "DER", "public")
  params.import_token = import.import_token
  params.encrypted_key_material = encoding.encode_base64(rsa.encrypt(public_key, ("m"):rep(32)))
end

local function import_material(huawei, params)
  wrap_material(huawei, params)
  check(huawei:import_key_material(params))
  params.import_token, params.encrypted_key_material = nil, nil
end

--- Creates what the example is about, from the example of another operation.
local function create_from_example(name, id)
  return function(huawei, params) params[id] = check(huawei[name](huawei, huawei:operation(name).example))[id] end
end

local create_access_point = create_from_example("create_access_point", "access_point_id")
local create_key_policy = create_from_example("create_key_policy", "policy_id")
local create_key_store = create_from_example("create_key_store", "keystore_id")

-- Huawei Cloud: functions of the client and the params of the example, which they may change.
operation_examples.huawei = {
  show_public_key = create_rsa_key,
  associate_alias = create_alias,
  delete_alias = create_alias,
  delete_tag = function(huawei, params)
    check(huawei:create_kms_tag { key_id = params.key_id, tag = { key = params.key, value = "value" } })
  end,
  cancel_grant = create_grant,
  cancel_self_grant = create_own_grant,
  disable_key_rotation = enable_rotation,
  update_key_rotation_interval = enable_rotation,
  decrypt_data = encrypt_data,
  re_encrypt = encrypt_data,
  sign = create_rsa_key,
  validate_signature = function(huawei, params)
    create_rsa_key(huawei, params)
    params.signature = check(huawei:sign {
      key_id = params.key_id, message = params.message, message_type = params.message_type,
      signing_algorithm = params.signing_algorithm,
    }).signature
  end,
  generate_mac = create_hmac_key,
  verify_mac = function(huawei, params)
    create_hmac_key(huawei, params)
    params.mac = check(huawei:generate_mac {
      key_id = params.key_id, message = params.message, mac_algorithm = params.mac_algorithm,
    }).mac
  end,
  decrypt_datakey = function(huawei, params)
    local datakey = check(huawei:create_datakey_without_plaintext { key_id = params.key_id, datakey_length = 128 })
    params.cipher_text = datakey.cipher_text
  end,
  create_parameters_for_import = create_external_key,
  import_key_material = wrap_material,
  delete_imported_key_material = import_material,
  enable_access_point = create_access_point,
  disable_access_point = create_access_point,
  download_access_point_private_key = create_access_point,
  delete_access_point = create_access_point,
  show_key_policy = create_key_policy,
  update_key_policy = create_key_policy,
  delete_key_policy = create_key_policy,
  show_key_store = create_key_store,
  enable_key_store = create_key_store,
  disable_key_store = create_key_store,
  delete_key_store = create_key_store,
}

local function encrypt(ncloud, params)
  params.ciphertext = check(ncloud:encrypt { key_tag = params.key_tag, plaintext = "aGVsbG8=" }).ciphertext
end

--- Returns the credentials of a holder of the key's refresh token.
local function create_tokens(ncloud, params)
  return { ocapi_token = check(ncloud:create_token_set { key_tag = params.key_tag }).refresh_token }
end

-- NAVER Cloud: likewise. A function may return other credentials for the call.
operation_examples.ncloud = {
  renew_token_set = create_tokens,
  create_access_token = create_tokens,
  decrypt = encrypt,
  re_encrypt = encrypt,
  verify = function(ncloud, params)
    params.signature = check(ncloud:sign { key_tag = params.key_tag, data = params.data }).signature
  end,
}

-- Operations that the emulator knows and refuses with EMULATOR.0501, because it does not emulate them.
operation_examples.not_emulated = {
  huawei = {
    create_datakey_capsule = true, decrypt_datakey_capsule = true, create_pin = true, derive_shared_secret = true,
    download_access_point_private_key = true,
  },
  ncloud = {},
}

return operation_examples
