--- The emulator inside NGINX: requests in, answers out, faults delivered, and the control interface:
---   GET  /_emulator/state     keys, locks, settings, requests and connections seen
---   POST /_emulator/faults    a fault, or a list of them, with the fields of `cloud:fault`
---   POST /_emulator/settings  some of the fields of `cloud:settings`
---   POST /_emulator/clock     {"offset": seconds}, from the machine's time
---   POST /_emulator/reset     everything as at the start

local cjson = require "cjson".new()
local emulator = require "kms.emulator"

local handler = {}

local cloud, offset, connections

-- An endless body still ends some day: when a client takes all of this.
local ENDLESS_BYTES, ENDLESS_SECONDS = 64 * 1024 * 1024, 30
local CHUNK = ("x"):rep(64 * 1024)
local SLICE = 0.1 -- seconds of sleep between looks at whether the server is to stop

local URL = "https://localhost:%d"
local METADATA_URL = "http://127.0.0.1:%d"

local function first(entries, provider)
  for _, entry in ipairs(entries) do
    if entry.provider == provider then return entry end
  end
end

local function movable_keys()
  local ids = {}
  for _, key in ipairs(emulator.fixtures.keys) do
    if key.replicas and key.replicas[1] and not key.state and not key.default_master then ids[#ids + 1] = key.key_id end
  end
  return ids
end

-- Shell lines that point a client here, with an account of each cloud and keys that can be changed. The names of the
-- OpenID Connect variables are ours: the official ones would take precedence over the key pair.
local function environment(port, dir)
  local huawei, ncloud = first(emulator.fixtures.accounts, "huawei"), first(emulator.fixtures.accounts, "ncloud")
  local keys = movable_keys()
  local lines = {}
  for i, pair in ipairs {
    { "HUAWEICLOUD_SDK_AK", huawei.access_key },
    { "HUAWEICLOUD_SDK_SK", huawei.secret_key },
    { "HUAWEICLOUD_SDK_PROJECT_ID", huawei.projects["cn-north-4"] },
    { "HUAWEICLOUD_SDK_REGION", "cn-north-4" },
    { "HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4", URL:format(port) },
    { "HUAWEICLOUD_SDK_REGION_KMS_CN_EAST_3", URL:format(port + 1) },
    { "NCLOUD_ACCESS_KEY", ncloud.access_key },
    { "NCLOUD_SECRET_KEY", ncloud.secret_key },
    { "NCLOUD_KMS_ENDPOINT", URL:format(port + 2) },
    { "HUAWEICLOUD_SDK_IAM_ENDPOINT", URL:format(port + 4) },
    { "NCLOUD_METADATA_API_ENDPOINT", METADATA_URL:format(port + 5) },
    { "HC_CONTAINER_CREDENTIALS_FULL_URI", METADATA_URL:format(port + 5) .. "/v1/credentials" },
    { "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", dir .. "/pod_token" },
    { "KMS_CA_FILE", dir .. "/ca.pem" },
    { "KMS_EMULATOR_KEY_ID", keys[1] },
    { "KMS_EMULATOR_MORE_KEY_IDS", table.concat(keys, " ", 2) },
    { "KMS_EMULATOR_KEY_TAG", first(emulator.fixtures.keys, "ncloud").key_tag },
    { "KMS_EMULATOR_METADATA_ENDPOINT", METADATA_URL:format(port + 5) },
    { "KMS_EMULATOR_USER", huawei.user.name },
    { "KMS_EMULATOR_PASSWORD", huawei.user.password },
    { "KMS_EMULATOR_DOMAIN", huawei.user.domain },
    { "KMS_EMULATOR_IDP_ID", huawei.idp.id },
    { "KMS_EMULATOR_ID_TOKEN_FILE", dir .. "/id_token" },
  } do
    lines[i] = ("export %s='%s'\n"):format(pair[1], pair[2])
  end
  return table.concat(lines)
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

--- To be called once, before NGINX listens: whoever reaches a port finds dir/env complete, and the files it names.
---@param port integer
---@param dir string
function handler.start(port, dir)
  offset, connections = 0, 0
  local places = {
    [port] = { provider = "huawei", region = "cn-north-4" },
    [port + 1] = { provider = "huawei", region = "cn-east-3" },
    [port + 2] = { provider = "ncloud" },
    [port + 4] = { provider = "iam" },
    [port + 5] = { provider = "metadata" },
  }
  local hosts = {}
  for number, place in pairs(places) do
    for _, name in ipairs { "localhost", "127.0.0.1" } do hosts[("%s:%d"):format(name, number)] = place end
  end
  cloud = emulator.new { hosts = hosts, clock = function() return ngx.now() + offset end }
  local account = first(emulator.fixtures.accounts, "huawei")
  write(dir .. "/pod_token", account.pod_token .. "\n")
  write(dir .. "/id_token", account.idp.id_token .. "\n")
  write(dir .. "/env", environment(port, dir))
end

-- Headers with the names as sent; a repeated one comes once for each value.
local function headers_received()
  local headers = {}
  for name, value in pairs(ngx.req.get_headers(0, true)) do
    for _, text in ipairs(type(value) == "table" and value or { value }) do
      headers[#headers + 1] = { name, text == true and "" or text }
    end
  end
  return headers
end

local function body_received()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end

-- False when the server is to stop, so that a long fault does not hold it up.
local function pause(seconds)
  local stop = ngx.now() + seconds
  while not ngx.worker.exiting() do
    local left = stop - ngx.now()
    if left < 0.001 then return true end
    ngx.sleep(math.min(left, SLICE))
    ngx.update_time()
  end
  return false
end

local function send_head(response, length)
  ngx.status = response.status
  for name, value in pairs(response.headers) do ngx.header[name] = value end
  ngx.header["Content-Length"] = length
  return ngx.send_headers()
end

local function put(bytes)
  return ngx.print(bytes) and ngx.flush(true)
end

local function deliver(response)
  send_head(response, #response.body)
  put(response.body)
end

-- 444 is NGINX's word for closing the connection (over HTTP/2: the stream) as it stands.
local function hang_up() return ngx.exit(444) end

local DELIVERY = {}

function DELIVERY.delay(fault, response)
  if not pause(fault.seconds) then return hang_up() end
  deliver(response)
end

DELIVERY.close_before = hang_up

function DELIVERY.close_within(fault, response)
  if fault.part ~= "head" then
    send_head(response, #response.body)
    put(response.body:sub(1, math.floor(#response.body / 2)))
  elseif ngx.req.http_version() < 2 then
    -- Half a head can only be written past NGINX. An HTTP/2 head is one frame: there nothing comes.
    local socket = ngx.req.socket(true)
    if socket then socket:send(("HTTP/1.1 %d OK\r\nContent-Type: appl"):format(response.status)) end
  end
  return hang_up()
end

function DELIVERY.endless(_, response)
  send_head(response, nil)
  local sent, stop = 0, ngx.now() + ENDLESS_SECONDS
  while sent < ENDLESS_BYTES and ngx.now() < stop and not ngx.worker.exiting() and put(CHUNK) do
    sent = sent + #CHUNK
    ngx.update_time()
  end
  return hang_up()
end

function DELIVERY.drip(fault, response)
  send_head(response, #response.body)
  for from = 1, #response.body, fault.bytes do
    if from > 1 and not pause(fault.interval) then return hang_up() end
    if not put(response.body:sub(from, from + fault.bytes - 1)) then return hang_up() end
  end
end

--- Answers for the clouds.
function handler.cloud()
  if ngx.var.connection_requests == "1" then connections = connections + 1 end
  local response = cloud:handle {
    method = ngx.req.get_method(),
    scheme = ngx.var.scheme,
    host = ngx.var.http_host or "",
    target = ngx.var.request_uri,
    headers = headers_received(),
    body = body_received(),
  }
  local fault = response.fault
  if fault then return DELIVERY[fault.kind](fault, response) end
  return deliver(response)
end

local function say(status, value)
  local headers = { ["content-type"] = "application/json" }
  return deliver { status = status, headers = headers, body = cjson.encode(value) .. "\n" }
end

local function state()
  local picture = cloud:state()
  picture.connections, picture.offset = connections, offset
  return say(200, picture)
end

local function order(value)
  for _, fault in ipairs(value[1] and value or { value }) do cloud:fault(fault) end
end

local function set_clock(value)
  if type(value.offset) ~= "number" then error("offset: number expected", 0) end
  offset = value.offset
end

local function set(value) cloud:settings(value) end

local function reset()
  cloud:reset()
  offset, connections = 0, 0
end

local function nothing() end

-- What is done, with the body's JSON where there is any. The answer to all of them is the state afterwards.
local CONTROL = {
  ["GET /_emulator/state"] = nothing,
  ["POST /_emulator/reset"] = reset,
  ["POST /_emulator/faults"] = order,
  ["POST /_emulator/settings"] = set,
  ["POST /_emulator/clock"] = set_clock,
}

--- Answers for the control interface.
function handler.control()
  local name = ngx.req.get_method() .. " " .. ngx.var.uri
  local act = CONTROL[name]
  if not act then return say(404, { error = "not known: " .. name }) end
  local body = body_received()
  local ok, value = pcall(cjson.decode, body == "" and "{}" or body)
  if not ok or type(value) ~= "table" then return say(400, { error = "the body is no JSON object" }) end
  local done, problem = pcall(act, value)
  if not done then return say(400, { error = (problem:gsub("^%S+:%d+: ", "")) }) end
  return state()
end

return handler
