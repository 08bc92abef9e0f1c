--- Requests over kms.transport.cosocket, and their errors.

local assert = require "luassert"
local merge = require "spec.helpers.merge"

local cosocket_requests = {}

---@param host string
---@param fields table? of the request
function cosocket_requests.new(host, fields)
  return merge({ method = "GET", scheme = "https", host = host, target = "/" }, fields)
end

--- Returns a value of `keepalive` that no other transport of the worker has: it makes a connection pool of its own.
local keepalive_count = os.time() % 10000
function cosocket_requests.unique_keepalive()
  keepalive_count = keepalive_count + 1
  return 30 + keepalive_count / 1000
end

--- Asserts what a request without a response has returned.
---@return kms.Error err
function cosocket_requests.assert_error(code, is_uncertain, response, err)
  assert.is_nil(response)
  assert.same({ "transport", code, is_uncertain }, { err.kind, err.code, err.uncertain })
  return err
end

return cosocket_requests
