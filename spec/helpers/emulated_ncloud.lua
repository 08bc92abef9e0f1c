--- Requests to NAVER Cloud KMS in an emulator of the same process, by method, path and body.

local cjson = require "cjson"
local luassert = require "luassert"
local requests = require "spec.helpers.emulator_requests"

local Ncloud = {}
Ncloud.__index = Ncloud

local emulated_ncloud = {
  TAG = requests.TAG,
  DISABLED_TAG = requests.DISABLED_TAG,
  PENDING_DELETION_TAG = requests.PENDING_DELETION_TAG,
  RSA_TAG = "e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4",
  EC_TAG = "f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5",
  CONVERGENT_TAG = "g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6",
  ROTATED_TAG = "h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6g7",
}

--- Creates a client of an emulator.
---@param cloud kms.Emulator
---@param change table? what differs from a valid request, as in emulator_requests.rename
function emulated_ncloud.new(cloud, change)
  return setmetatable({ cloud = cloud, change = change or {} }, Ncloud)
end

local function new_request(self, method, path, body)
  local fields = { method = method, path = "/kms/v1/keys" .. path, body = body and cjson.encode(body) or "" }
  for name, value in pairs(self.change) do fields[name] = fields[name] or value end
  local request = requests.rename(self.cloud, fields)
  if fields.token then request.headers = { { "Host", request.host }, { "x-ncp-ocapi-token", fields.token } } end
  request.address = fields.address
  return request
end

--- Sends a request.
---@param method string
---@param path string below /kms/v1/keys
---@param body table?
---@return integer status
---@return table object
function Ncloud:send(method, path, body)
  return requests.handle(self.cloud, new_request(self, method, path, body))
end

--- Sends a request that must succeed.
---@return any data
function Ncloud:call(method, path, body)
  local status, object = self:send(method, path, body)
  luassert.equal("SUCCESS", object.code, cjson.encode(object))
  luassert.equal(200, status)
  return object.data
end

--- Asserts that a request is refused.
---@param code string
function Ncloud:assert_refused(code, method, path, body)
  local status, object = self:send(method, path, body)
  luassert.equal(code, object.code or object.error.errorCode)
  luassert.is_true(status >= 400)
end

--- Returns a client that sends a token in place of the signature.
---@param token string
---@param address string? of the client
function Ncloud:with_token(token, address)
  return emulated_ncloud.new(self.cloud, { token = token, address = address })
end

return emulated_ncloud
