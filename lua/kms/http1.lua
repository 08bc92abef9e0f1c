--- Reads one answer of HTTP/1.1 from whatever receives bytes. The rules are in C (csrc/http); this loop is not, for
--- what receives may yield, as cosockets do, and nothing yields through C.

local reader = require "kms.http1.reader"

local http1 = {}

--- Reads an answer.
---@param receive fun(): string?, string?, string? bytes; or nil and `"end"`; or nil, a failure's code and reason
---@param method string of the request; of an answer to CONNECT the head is read and no more
---@param max_body number
---@return kms.http1.Result
function http1.read(receive, method, max_body)
  local reading = reader.new(method, max_body)
  local result
  repeat result = reading:take(receive()) until result
  return result
end

return http1
