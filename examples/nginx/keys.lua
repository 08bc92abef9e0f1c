--- The handlers of nginx.conf: JSON in, one call to a cloud, JSON out.
-- luacheck: std ngx_lua

local bit = require "bit"
local cjson = require "cjson.safe"
local kms = require "kms"

local keys = {}

-- Made once, used by all requests. Credentials, region and project come from the environment at the first call.
local huawei = kms.huawei { timeout = 20 }
local ncloud = kms.ncloud { timeout = 20, endpoint = os.getenv "NCLOUD_KMS_ENDPOINT" }

local function answer(status, object)
  ngx.status = status
  ngx.say(cjson.encode(object))
  return ngx.exit(ngx.HTTP_OK)
end

local function refuse(status, code, message)
  return answer(status, { error = { kind = "request", code = code, message = message, uncertain = false } })
end

--- Takes as long for a wrong value as for the right one.
local function same(left, right)
  if #left ~= #right then return false end
  local difference = 0
  for i = 1, #left do difference = bit.bor(difference, bit.bxor(left:byte(i), right:byte(i))) end
  return difference == 0
end

--- Decides whether the caller may go on. YOUR OWN CHECK GOES HERE: mutual TLS ($ssl_client_verify), a signed token, a
--- session. As it stands: the bearer token of KMS_CALLER_TOKEN; where that is not set, nobody may.
function keys.authorize()
  local expected = os.getenv "KMS_CALLER_TOKEN"
  local given = (ngx.var.http_authorization or ""):match "^Bearer (.+)$"
  if not (expected and expected ~= "" and given and same(given, expected)) then
    return refuse(401, "unauthorized", "a bearer token is needed")
  end
end

-- What the cloud's refusal means to our caller. A refused signature or permission is ours, not the caller's.
local OF_SERVICE = { [400] = 422, [404] = 404, [409] = 409, [422] = 422 }

--- The HTTP status that says most of an error.
local function status_of(err, params)
  if err.uncertain then return 504 end -- the change may have been made
  if err.kind == "invalid" then return params[err.code] and 400 or 500 end
  if err.retryable then return 503 end
  if err.kind == "credentials" then return 500 end
  return err.kind == "service" and OF_SERVICE[err.status] or 502
end

--- The body's members of these names, all strings; or answers the request.
local function read(names)
  if ngx.req.get_method() ~= "POST" then return refuse(405, "method", "POST is the method here") end
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

--- Answers with the result, or with the error's status and what a program can branch on. An error holds no secret.
local function finish(params, result, err)
  if result then return answer(200, result) end
  local status = status_of(err, params)
  if status >= 500 then ngx.log(ngx.ERR, tostring(err)) end
  return answer(status, { error = {
    kind = err.kind, code = err.code, message = err.message, request_id = err.request_id,
    uncertain = err.uncertain, retryable = err.retryable,
  } })
end

--- POST {"key_id": …, "primary_region": …}
function keys.update_primary_region()
  local params = read { "key_id", "primary_region" }
  return finish(params, huawei:update_primary_region(params))
end

--- POST {"key_tag": …, "key_name": …}
function keys.rename_key()
  local params = read { "key_tag", "key_name" }
  return finish(params, ncloud:rename_key(params))
end

return keys
