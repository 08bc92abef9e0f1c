---@meta kms.http1.reader

--- Readers of answers of HTTP/1.1, in C, by the letter of RFC 9112. They do no I/O.
local reader = {}

---@class kms.http1.Failure
---@field code string `"closed"`, `"too_large"`, `"other"`; or what `take` was told
---@field reason string

---@class kms.http1.Result
---@field response kms.transport.Response?
---@field failure kms.http1.Failure? why there is no response
---@field started boolean whether any byte came
---@field drained boolean whether no bytes came beyond the answer
---@field reusable boolean whether the connection may carry another exchange

--- Reads one answer.
---@class kms.http1.Reader
local Reader = {}

--- Takes bytes in pieces of any size, or what ended them: nil and `"end"`, where the server closed, or nil, a failure's
--- code and reason. Raises after the result.
---@param bytes string?
---@param code string?
---@param reason string?
---@return kms.http1.Result? result nil as long as the answer goes on
function Reader:take(bytes, code, reason) end

---@param method string of the request; an answer to HEAD or CONNECT ends with its head
---@param max_body number bytes that the body may have, 0 to 2147483647
---@return kms.http1.Reader
function reader.new(method, max_body) return Reader end

return reader
