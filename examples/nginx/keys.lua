--- The handlers of nginx.conf: each parses JSON, makes one call to a cloud, and responds with JSON.
-- luacheck: std ngx_lua

local bit = require "bit"
local cjson = require "cjson.safe"
local kms = require "kms"

local keys = {}

-- All requests share the clients. Credentials, region and project are read from the environment at the first call.
local huawei = kms.huawei { timeout = 20 }
local ncloud = kms.ncloud { timeout = 20, endpoint = os.getenv "NCLOUD_KMS_ENDPOINT" }

local function respond(status, object)
  ngx.status = status
  ngx.say(cjson.encode(object))
  return ngx.exit(ngx.HTTP_OK)
end

local function refuse(status, code, message)
  return respond(status, { error = { kind = "request", code = code, message = message, uncertain = false } })
end

--- Compares in a time that does not depend on where the first difference is.
local function is_equal(left, right)
  if #left ~= #right then return false end
  local difference = 0
  for i = 1, #left do difference = bit.bor(difference, bit.bxor(left:byte(i), right:byte(i))) end
  return difference == 0
end

--- Decides whether the caller may continue. REPLACE THIS WITH YOUR OWN CHECK: mutual TLS ($ssl_client_verify), a signed
--- token, a session. This one expects the bearer token of KMS_CALLER_TOKEN, and refuses all callers if that is not set.
function keys.authorize()
  local expected = os.getenv "KMS_CALLER_TOKEN"
  local token = (ngx.var.http_authorization or ""):match "^Bearer (.+)$"
  if not (expected and expected ~= "" and token and is_equal(token, expected)) then
    return refuse(401, "unauthorized", "the request needs a bearer token")
  end
end

-- The status for a status of the cloud. A refused signature or permission is a problem of this server, so it is 502.
local SERVICE_STATUS = { [400] = 422, [404] = 404, [409] = 409, [422] = 422 }

--- Chooses the HTTP status for an error.
local function choose_status(err, params)
  if err.uncertain then return 504 end -- the change may have been made
  if err.kind == "invalid" then return params[err.code] and 400 or 500 end
  if err.retryable then return 503 end
  if err.kind == "credentials" then return 500 end
  return err.kind == "service" and SERVICE_STATUS[err.status] or 502
end

--- Reads the members with these names from the request's body. All must be strings; otherwise this responds.
local function read_params(names)
  if ngx.req.get_method() ~= "POST" then return refuse(405, "method", "the method must be POST") end
  ngx.req.read_body()
  local object = cjson.decode(ngx.req.get_body_data() or "")
  if type(object) ~= "table" then return refuse(400, "body", "the body must be a JSON object") end
  local params = {}
  for _, name in ipairs(names) do
    if type(object[name]) ~= "string" then return refuse(400, name, name .. " must be a string") end
    params[name] = object[name]
  end
  return params
end

--- Responds with the result, or with the error. An error holds no secret.
local function finish(params, result, err)
  if result then return respond(200, result) end
  local status = choose_status(err, params)
  if status >= 500 then ngx.log(ngx.ERR, tostring(err)) end
  return respond(status, { error = {
    kind = err.kind, code = err.code, message = err.message, request_id = err.request_id,
    uncertain = err.uncertain, retryable = err.retryable,
  } })
end

--- POST {"key_id": …, "primary_region": …}
function keys.update_primary_region()
  local params = read_params { "key_id", "primary_region" }
  return finish(params, huawei:update_primary_region(params))
end

--- POST {"key_tag": …, "key_name": …}
function keys.rename_key()
  local params = read_params { "key_tag", "key_name" }
  return finish(params, ncloud:rename_key(params))
end

return keys
