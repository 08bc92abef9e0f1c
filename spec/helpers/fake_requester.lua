--- A requester of kms.bulk that takes its responses from a list.

local fake_requester = {}

---@param ... table each a response: `result`, or `err`
---@return table requester `calls` lists what was asked: operation, params, region
function fake_requester.new(...)
  local self, responses = { calls = {}, target = { provider = "huawei", region = "cn-north-4" } }, { ... }
  function self.read(_, operation, params, region)
    self.calls[#self.calls + 1] = { operation, params, region }
    local response = assert(responses[#self.calls], "no response left")
    return response.result, response.err
  end
  return self
end

return fake_requester
