--- A transport that answers from a list and keeps what it was asked: for specs that need no server.

local canned = {}

local Transport = {}
Transport.__index = Transport

--- Answers with the next item: a response, an error, or a function of the request; the last one again and again.
function Transport:send(request)
  self.requests[#self.requests + 1] = request
  local item = self.answers[math.min(#self.requests, #self.answers)]
  if type(item) == "function" then return item(request) end
  if item.kind then return nil, item end
  return { status = item.status or 200, headers = item.headers or {}, body = item.body or item[1] or "" }
end

function Transport:sleep(seconds) self.time = self.time + seconds end
function Transport:now() return self.time end
function Transport:clock() return self.time end

--- Headers of a request by lower-case name.
function canned.headers(request)
  local headers = {}
  for _, pair in ipairs(request.headers) do headers[pair[1]:lower()] = pair[2] end
  return headers
end

function canned.new(...)
  return setmetatable({ answers = { ... }, requests = {}, time = 1767323045.25 }, Transport)
end

return canned
