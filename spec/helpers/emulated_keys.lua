--- Requests to Huawei Cloud KMS in an emulator of the same process, as they are on the wire. Authenticated by token.

local cjson = require "cjson"
local luassert = require "luassert"
local emulator = require "kms.emulator"
local http = require "kms.emulator.http"
local operations = require("kms.emulator.huawei").operations
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT = emulator.fixtures.accounts[1]

local Keys = {}
Keys.__index = Keys

local emulated_keys = { ACCOUNT = ACCOUNT }

--- Creates what calls an emulator.
---@param cloud kms.Emulator
---@param region string? "cn-north-4" when absent
---@param account table? the first account when absent
function emulated_keys.new(cloud, region, account)
  region, account = region or "cn-north-4", account or ACCOUNT
  local token
  for _, entry in ipairs(account.tokens) do
    if entry.region == region then token = entry.token end
  end
  return setmetatable({ cloud = cloud, region = region, account = account, token = token }, Keys)
end

--- Sends a request.
---@param operation string
---@param body table|string|nil a table is encoded as JSON
---@param values table<string, string>? values of the placeholders of the path; the others are members of the query
---@return integer status
---@return table? object
---@return table response
function Keys:send(operation, body, values)
  local query, used = {}, { project_id = true }
  local method, template = operations[operation].route:match "^(%u+) (.*)$"
  local path = template:gsub("{([%w_]+)}", function(name)
    used[name] = true
    if name == "project_id" then return self.account.projects[self.region] end
    return http.percent_encode(values and values[name] or body[name])
  end)
  for name, value in pairs(values or {}) do
    if not used[name] then query[#query + 1] = name .. "=" .. http.percent_encode(value) end
  end
  local host = "kms." .. self.region .. ".myhuaweicloud.com"
  return requests.handle(self.cloud, {
    method = method, scheme = "https", host = host, target = path .. (query[1] and "?" .. table.concat(query, "&") or ""),
    headers = { { "Host", host }, { "X-Auth-Token", self.token } },
    body = type(body) == "table" and cjson.encode(body) or body or "",
  })
end

--- Sends a request that must succeed.
---@return table? object
function Keys:call(operation, body, values)
  local status, object, response = self:send(operation, body, values)
  luassert.is_true(status < 300, response.body)
  return object
end

--- Asserts that a request is refused.
---@param code string
---@return string message
function Keys:refuse(code, operation, body, values)
  local status, object, response = self:send(operation, body, values)
  luassert.is_true(status >= 400, response.body)
  local err = object.error or object
  luassert.equal(code, err.error_code)
  return err.error_msg
end

--- Creates a key.
---@param fields table? members of create_key
---@return string key_id
function Keys:create(fields)
  self.created_count = (self.created_count or 0) + 1
  local body = { key_alias = ("created-%d"):format(self.created_count) }
  for name, value in pairs(fields or {}) do body[name] = value end
  return self:call("create_key", body).key_info.key_id
end

--- Returns KeyDetails.
---@param key_id string
---@return table
function Keys:describe(key_id) return self:call("list_key_detail", { key_id = key_id }).key_info end

--- Replicates a key to cn-east-3.
---@param key_id string
---@param fields table? further members of replicate_key
---@return table replica what calls the emulator in that region
---@return string key_id of the replica
function Keys:replicate(key_id, fields)
  local body = { key_id = key_id, replica_region = "cn-east-3", key_alias = "replica-" .. key_id:sub(1, 8),
    replica_project_id = self.account.projects["cn-east-3"] }
  for name, value in pairs(fields or {}) do body[name] = value end
  local object = self:call("replicate_key", body)
  return emulated_keys.new(self.cloud, "cn-east-3", self.account), object.key_id
end

return emulated_keys
