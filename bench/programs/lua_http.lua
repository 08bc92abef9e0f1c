--- Makes the same call with Debian's lua-http and luaossl. Keeps one connection itself, because lua-http does not.
---   lua_http.lua huawei SCHEME://HOST PATH CA_FILE BODY

local batches = require "bench.programs.batches"
local cjson = require "cjson"
local client = require "http.client"
local headers = require "http.headers"
local signer = require "spec.helpers.reference_signer"
local tls = require "http.tls"

local _, base, path, ca_file, body = ...
local scheme, name, port = base:match "^(%w+)://(.*):(%d+)$"

local ctx
if scheme == "https" then
  ctx = tls.new_client_context()
  ctx:getStore():add(ca_file)
end

local connection

local function connect()
  connection = assert(client.connect { host = name, port = tonumber(port), tls = ctx ~= nil, ctx = ctx, version = 1.1 })
  assert(connection:connect(10))
end

batches.run_each(function()
  if not connection then connect() end
  local signed = signer.huawei {
    access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK",
    project_id = os.getenv "HUAWEICLOUD_SDK_PROJECT_ID", host = name .. ":" .. port, path = path, body = body,
    time = os.time(),
  }
  local request_headers = headers.new()
  request_headers:append(":method", signed.method)
  request_headers:append(":scheme", scheme)
  request_headers:append(":authority", signed.host)
  request_headers:append(":path", path)
  request_headers:append("accept-encoding", "identity")
  request_headers:append("content-length", ("%d"):format(#body))
  for _, pair in ipairs(signed.headers) do
    if pair[1] ~= "Host" then request_headers:append(pair[1]:lower(), pair[2]) end
  end
  local stream = connection:new_stream()
  assert(stream:write_headers(request_headers, false, 10))
  assert(stream:write_chunk(body, true, 10))
  local response_headers = assert(stream:get_headers(10))
  assert(response_headers:get ":status" == "200", response_headers:get ":status")
  assert(cjson.decode(assert(stream:get_body_as_string(10))).key_id)
end)
