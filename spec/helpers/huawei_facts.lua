--- What the documentation of Huawei Cloud KMS says about its operations on the wire, see spec.helpers.operation_facts.

local cjson = require "cjson.safe"
local operation_facts = require "spec.helpers.operation_facts"

local fixture = operation_facts.read "spec/fixtures/huawei_operations.json"

local facts = {}

--- Lists the operations, or those of a group.
---@param group string?
---@return table[]
function facts.list(group) return fixture:list(group) end

---@param name string
---@return table operation
function facts.find(name) return fixture:find(name) end

--- Builds the params of a call.
---@param operation table
---@param only_required boolean? without the optional ones
---@return table
function facts.params(operation, only_required)
  return operation_facts.params(operation, { only_required = only_required })
end

--- Builds the request of a call.
---@param operation table
---@param project_id string
---@param only_required boolean? without the optional params
---@return { method: string, path: string, query: table<string, string>, body: table? }
function facts.request(operation, project_id, only_required)
  return operation_facts.request(operation, { project_id = project_id }, { only_required = only_required })
end

--- Returns the HTTP status of a success. Where none is documented, any 2xx will do.
---@param operation table
---@return integer
function facts.status(operation) return operation.success and operation.success[1] or 200 end

--- Builds the body of a success.
---@param operation table
---@return string
function facts.response(operation)
  return operation.response and cjson.encode(operation_facts.response(operation)) or ""
end

--- Builds the result of a success. An object that is alone in the response is an envelope; it is not in the result.
---@param operation table
---@return table
function facts.result(operation)
  local fields = operation.response
  if fields and #fields == 1 and fields[1].type == "object" then fields = fields[1].fields end
  return operation_facts.result { response = fields }
end

return facts
