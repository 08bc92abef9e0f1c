--- Keeps the last requests, as many as the setting `request_log` says.

local request_log = {}
request_log.__index = request_log

---@param settings kms.EmulatorSettings
function request_log.new(settings) return setmetatable({ settings = settings, entries = {}, last = 0 }, request_log) end

--- Adds a request with its response.
---@param provider string
---@param call kms.EmulatorCall
---@param response table
function request_log:add(provider, call, response)
  local size = self.settings.request_log
  if size == 0 then return end
  local params = call.params or {}
  self.last = self.last + 1
  self.entries[self.last] = {
    number = self.last, time = call.now, provider = provider, region = call.region,
    operation = call.operation and call.operation.name, key = params.key_id or params.key_tag,
    request_id = call.id, status = response.status, fault = response.fault and response.fault.kind,
  }
  self.entries[self.last - size] = nil
end

--- Returns copies of the last requests, in the order in which they were received.
---@return kms.EmulatorLoggedRequest[]
function request_log:list()
  local list = {}
  for number = math.max(1, self.last - self.settings.request_log + 1), self.last do
    local copy = {}
    for name, value in pairs(self.entries[number] or {}) do copy[name] = value end
    if copy.number then list[#list + 1] = copy end
  end
  return list
end

return request_log
