--- Requests to the emulated IAM in the same process, and calls of the emulated KMS with the credentials that it returns.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local luassert = require "luassert"
local requests = require "spec.helpers.emulator_requests"

local iam_client = { TOKENS = "/v3/auth/tokens" }

local ACCOUNT = emulator.fixtures.accounts[1]
local USER = ACCOUNT.user

local cloud

--- Creates the emulator of the following requests. Its time starts at 2026-01-02T03:04:05.678900Z.
function iam_client.new_cloud(options)
  options = options or {}
  options.clock = function() return 1767323045.6789 end
  cloud = emulator.new(options)
  return cloud
end

--- Sends a request to IAM.
---@param body table|string|nil
---@param headers table?
---@param host string?
---@return integer status, table object, table headers
function iam_client.send(method, target, body, headers, host)
  local response = assert(cloud:send { method = method, scheme = "https", host = host or "iam.myhuaweicloud.com",
    target = target, headers = headers, body = type(body) == "table" and cjson.encode(body) or body })
  return response.status, cjson.decode(response.body), response.headers
end

--- Creates the body of a valid request for a token.
---@param change table? what differs from a valid body
function iam_client.new_password_body(change)
  change = change or {}
  return { auth = {
    identity = { methods = { change.method or "password" }, password = { user = {
      name = change.name or USER.name, password = change.password or USER.password,
      domain = { name = change.domain or USER.domain },
    } } },
    scope = change.scope or { project = { name = "cn-north-4" } },
  } }
end

--- Creates a token.
---@param change table? as for `new_password_body`
---@return string token, table description
function iam_client.create_password_token(change)
  local status, object, headers = iam_client.send("POST", iam_client.TOKENS, iam_client.new_password_body(change))
  luassert.equal(201, status)
  return headers["x-subject-token"], object.token
end

--- Calls KMS with a token, or with keys as IAM names them.
---@return integer status, table object
function iam_client.move(region, token, keys)
  local request = requests.move(cloud, {
    access_key = keys and keys.access or "A", secret_key = keys and keys.secret or "S",
    security_token = keys and keys.securitytoken, region = region, target = "cn-north-4", time = cloud:state().now,
  })
  if token then request.headers[#request.headers] = { "X-Auth-Token", token } end
  local response = cloud:send(request)
  return response.status, cjson.decode(response.body)
end

--- Asserts that the gateway accepted the credentials of a move in cn-east-3. KMS refuses the move, because the key there
--- is a replica.
function iam_client.assert_authenticated(status, object)
  luassert.equal(400, status)
  luassert.equal("KMS.0106", object.error.error_code)
end

--- Asserts an error in the form of Keystone, whose code is a number.
---@return string message
function iam_client.assert_keystone_error(expected, title, status, object)
  luassert.equal(expected, status)
  luassert.equal(expected, object.error.code)
  luassert.equal("number", type(object.error.code))
  luassert.equal(title, object.error.title)
  return object.error.message
end

--- Asserts an error in the form of the gateway and of IAM's own operations.
---@return string message
function iam_client.assert_gateway_error(expected, code, status, object)
  luassert.equal(expected, status)
  luassert.equal(code, object.error_code)
  return object.error_msg
end

return iam_client
