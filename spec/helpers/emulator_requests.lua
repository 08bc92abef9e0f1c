--- Signed requests to an emulator in the same process, and assertions on its responses.

local cjson = require "cjson"
local luassert = require "luassert"
local fixtures = require "kms.emulator.fixtures"
local reference_signer = require "spec.helpers.reference_signer"

local HUAWEI, NCLOUD = fixtures.accounts[1], fixtures.accounts[3]

local requests = {
  KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
  DISABLED_KEY = "1e1577c1-f838-4ead-c46e-095cc585b480",
  PENDING_DELETION_KEY = "2f2688d2-0949-4fbe-d57f-1a6dd696c591",
  DEFAULT_MASTER_KEY = "303799e3-1a5a-40cf-e680-2b7ee7a7d6a2",
  KEY_WITHOUT_REPLICA = "4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3",
  TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6",
  DISABLED_TAG = "c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2",
  PENDING_DELETION_TAG = "d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3",
}

--- Builds a request that moves a key of the first Huawei account.
---@param cloud kms.Emulator gives the time
---@param change table? what differs from a valid request
function requests.move(cloud, change)
  change = change or {}
  local region = change.region or "cn-north-4"
  local key_id = change.key_id or requests.KEY
  return reference_signer.huawei {
    method = change.method,
    access_key = change.access_key or HUAWEI.access_key,
    secret_key = change.secret_key or HUAWEI.secret_key,
    security_token = change.security_token,
    host = change.host or "kms." .. region .. ".myhuaweicloud.com",
    project_id = change.header or HUAWEI.projects[region],
    time = change.time or cloud:now(),
    path = change.path or ("/v2/%s/kms/keys/%s/update-primary-region"):format(
      change.project or HUAWEI.projects[region], change.path_id or key_id),
    body = change.body or ('{"key_id":"%s","primary_region":"%s"}'):format(key_id, change.target or "cn-east-3"),
  }
end

--- Builds a request that renames a key of the NAVER account.
---@param cloud kms.Emulator gives the time
---@param change table? what differs from a valid request
function requests.rename(cloud, change)
  change = change or {}
  return reference_signer.ncloud {
    access_key = change.access_key or NCLOUD.access_key,
    secret_key = change.secret_key or NCLOUD.secret_key,
    host = change.host or "ocapi.ncloud.com",
    method = change.method or "PUT",
    path = change.path or "/kms/v1/keys/" .. (change.tag or requests.TAG) .. "/name",
    time = change.time or cloud:now(),
    body = change.body or ('{"keyName":"%s"}'):format(change.name or "newKeyName"),
  }
end

--- Removes a header from a request.
---@param name string in lower case
function requests.remove_header(request, name)
  for i = #request.headers, 1, -1 do
    if request.headers[i][1]:lower() == name then table.remove(request.headers, i) end
  end
  return request
end

--- Passes a request to the emulator.
---@return integer status, table? object the JSON body, table response
function requests.handle(cloud, request)
  local response = cloud:handle(request)
  local ok, object = pcall(cjson.decode, response.body)
  return response.status, ok and object or nil, response
end

--- Asserts that a request is refused with an error of KMS, of Huawei's gateway, or of NAVER's gateway.
---@param expected { [1]: integer, [2]: string, [3]: string? } status, code, and a part of the message
function requests.assert_refused(cloud, expected, request)
  local status, object = requests.handle(cloud, request)
  local err = object.error or object
  luassert.equal(expected[2], err.error_code or err.errorCode or err.code)
  luassert.equal(expected[1], status)
  if expected[3] then
    local message = (err.error_msg or err.message or err.msg) .. " " .. (err.details or "")
    luassert.truthy(message:find(expected[3], 1, true), message)
  end
end

--- Asserts that a request succeeds.
function requests.assert_accepted(cloud, request)
  local status, _, response = requests.handle(cloud, request)
  luassert.equal(200, status, response.body)
end

return requests
