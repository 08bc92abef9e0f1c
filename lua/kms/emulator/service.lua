--- Handles the requests of one emulated service. The code here is the same for all operations of all services.

local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local router = require "kms.emulator.router"

local service = {}

---@class kms.EmulatorOperation one entry in the table of a service
---@field name string? the key of the entry; set by `service.new_class`
---@field route string|string[] "METHOD /path"; `{name}` stands for one segment of the path
---@field handler fun(service: table, call: kms.EmulatorCall): any, any, string? returns the value of a success; or nil,
---  an error code of the service, and details for it
---@field status integer? HTTP status of a success; 200 when absent
---@field required string[]? members that the request body, a JSON object, must have; without it the body may be missing

---@class kms.EmulatorCall
---@field request table `method`, `scheme`, `host`, `target`, `headers` and `body`
---@field id string the request id
---@field now number Unix time of the cloud
---@field region string? of the host; Huawei Cloud KMS
---@field zone string? of the host; NAVER Cloud KMS
---@field operation kms.EmulatorOperation? nil when no route has the method and path of the request
---@field params table<string, string>? the path segments in place of the placeholders
---@field is_known_path boolean
---@field body table? the JSON object in the request body
---@field account table? the account that sent the request; set by `admit`

--- What a service adds to this class.
---@class kms.EmulatorService
---@field operations table<string, kms.EmulatorOperation>
---@field router table
---@field admit fun(self, call): table? returns the response to a request that reaches no operation
---@field refuse fun(self, code, details): table returns the response for an error code
---@field respond fun(self, call, value): table returns the response of a success
---@field response_headers fun(call): table<string, string> headers of all responses, those of faults included
---@field timeout fun(call): table returns the gateway's response when the service behind it is silent
---@field throttled fun(call, quota: integer?): table returns the gateway's response to too many requests
---@field provider string? name of a cloud whose requests count for quotas
---@field quotas table? kms.emulator.quotas
---@field MALFORMED_BODY any error code for a body that is not a JSON object
---@field MISSING_MEMBER any error code for a body without a required member
local Service = {}
Service.__index = Service

--- Creates the class of a service.
---@param operations table<string, kms.EmulatorOperation>
---@return kms.EmulatorService
function service.new_class(operations)
  for name, operation in pairs(operations) do operation.name = name end
  local class = setmetatable({ operations = operations, router = router.new(operations) }, Service)
  class.__index = class
  return class
end

local function find_body_error(self, call)
  local required = call.operation.required
  if not required then return nil end
  if not call.body then return self.MALFORMED_BODY end
  for _, name in ipairs(required) do
    if call.body[name] == nil then return self.MISSING_MEMBER end
  end
end

--- Handles a request.
---@param call kms.EmulatorCall
---@return table response
function Service:handle(call)
  local refusal = self:admit(call)
  if refusal then return refusal end
  local quota = self.quotas and self.quotas:find_exceeded(self.provider, call)
  if quota then return self.throttled(call, quota) end
  call.body = json.decode_object(call.request.body)
  local code = find_body_error(self, call)
  if code then return self:refuse(code) end
  local value, err, details = call.operation.handler(self, call)
  if value == nil then return self:refuse(err, details) end
  return self:respond(call, value)
end

function Service:respond(call, value) -- luacheck: no self
  local status = call.operation.status or 200
  if status == 204 then return { status = status, headers = {}, body = "" } end -- RFC 9110, section 15.3.5: no content
  return http.json_response(status, value)
end

return service
