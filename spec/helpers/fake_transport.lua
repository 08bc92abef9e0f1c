--- A transport that sends nothing: it keeps the requests and returns prepared responses, on virtual time.

local fake_transport = {}

local Transport = {}
Transport.__index = Transport

--- Returns the next response, or the last one if there are no more. A response may be an error, or a function of the
--- request.
function Transport:send(request)
  self.requests[#self.requests + 1] = request
  local response = self.responses[math.min(#self.requests, #self.responses)]
  if type(response) == "function" then return response(request) end
  if response.kind then return nil, response end
  return { status = response.status or 200, headers = response.headers or {}, body = response.body or response[1] or "" }
end

function Transport:sleep(seconds) self.time = self.time + seconds end
function Transport:now() return self.time end
function Transport:clock() return self.time end

--- Collects the headers of a request by lower-case name.
function fake_transport.headers(request)
  local headers = {}
  for _, pair in ipairs(request.headers) do headers[pair[1]:lower()] = pair[2] end
  return headers
end

---@param ... table|function responses
function fake_transport.new(...)
  return setmetatable({ responses = { ... }, requests = {}, time = 1767323045.25 }, Transport)
end

return fake_transport
