--- A caller of the emulated IAM, in-process, who goes on to the emulated Huawei KMS with what it was given.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local hand_signer = require "spec.helpers.reference_signer"
local luassert = require "luassert"

local caller = { TOKENS = "/v3/auth/tokens" }

local ACCOUNT = emulator.fixtures.accounts[1]
local USER = ACCOUNT.user
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

local cloud

--- An emulator for the calls that follow, at 2026-01-02T03:04:05.678900Z.
function caller.new_cloud(options)
  options = options or {}
  options.clock = function() return 1767323045.6789 end
  cloud = emulator.new(options)
  return cloud
end

--- Asks IAM.
---@param body table|string|nil
---@return integer status, table object, table headers
function caller.ask(method, target, body, headers, host)
  local response = assert(cloud:send { method = method, scheme = "https", host = host or "iam.myhuaweicloud.com", target = target,
    headers = headers, body = type(body) == "table" and cjson.encode(body) or body })
  return response.status, cjson.decode(response.body), response.headers
end

--- A good request for a token; `change` holds what is not as usual.
function caller.password_body(change)
  change = change or {}
  return { auth = {
    identity = { methods = { change.method or "password" }, password = { user = {
      name = change.name or USER.name, password = change.password or USER.password,
      domain = { name = change.domain or USER.domain },
    } } },
    scope = change.scope or { project = { name = "cn-north-4" } },
  } }
end

---@return string token, table described
function caller.password_token(change)
  local status, object, headers = caller.ask("POST", caller.TOKENS, caller.password_body(change))
  luassert.equal(201, status)
  return headers["x-subject-token"], object.token
end

--- A call of the KMS with a token, or with keys as IAM names them.
---@return integer status, table object
function caller.move(region, token, keys)
  region = region or "cn-north-4"
  local project = ACCOUNT.projects[region]
  local request = hand_signer.huawei {
    access_key = keys and keys.access or "A", secret_key = keys and keys.secret or "S",
    security_token = keys and keys.securitytoken, project_id = project, time = cloud:state().now,
    host = ("kms.%s.myhuaweicloud.com"):format(region), path = ("/v2/%s/kms/keys/%s/update-primary-region"):format(project, KEY),
    body = ('{"key_id":"%s","primary_region":"cn-north-4"}'):format(KEY),
  }
  if token then request.headers[#request.headers] = { "X-Auth-Token", token } end
  local response = cloud:send(request)
  return response.status, cjson.decode(response.body)
end

--- Of a move in cn-east-3, where the key is a replica: the KMS says no, the gateway had nothing against the caller.
function caller.let_in(status, object)
  luassert.equal(400, status)
  luassert.equal("KMS.0106", object.error.error_code)
end

--- Keystone's shape of an error, with a number for a code.
---@return string message
function caller.keystone_refused(expected, title, status, object)
  luassert.equal(expected, status)
  luassert.equal(expected, object.error.code)
  luassert.equal("number", type(object.error.code))
  luassert.equal(title, object.error.title)
  return object.error.message
end

--- The gateway's shape, and that of IAM's own operations.
---@return string message
function caller.gateway_refused(expected, code, status, object)
  luassert.equal(expected, status)
  luassert.equal(code, object.error_code)
  return object.error_msg
end

return caller
