--- The emulator inside NGINX: passes requests on, delivers responses and faults, and serves the control interface:
---   GET  /_emulator/state     keys, locks, settings, counts of requests and connections
---   GET  /_emulator/requests  the last requests, as `cloud:request_log` returns them
---   GET  /_emulator/saved     the state as `cloud:save` returns it
---   PUT  /_emulator/saved     replaces the state, as `cloud:load`
---   POST /_emulator/faults    one fault or a list of faults, with the fields of `cloud:fault`
---   POST /_emulator/settings  changes, with the fields of `cloud:settings`
---   POST /_emulator/clock     {"offset": seconds}, relative to the time of the machine
---   POST /_emulator/reset     restores the initial state
--- The response to each of them is the state, except for requests and a saved one. All but the first need the header
--- X-Emulator-Token with the token in dir/control_token, so that no web page in a browser on this machine can change
--- the state.

local cjson = require "cjson".new()
cjson.decode_invalid_numbers(false) -- NaN, Infinity
local emulator = require "kms.emulator"
local settings = require "kms.emulator.settings"
local signature = require "kms.emulator.signature"
local validate = require "kms.util.validate"

local handler = {}

local cloud, clock_offset, connection_count
local control_token, control_hosts

-- The end of an endless body, for a client that does not limit it.
local MAX_ENDLESS_BYTES, MAX_ENDLESS_SECONDS = 64 * 1024 * 1024, 30
local CHUNK = ("x"):rep(64 * 1024)
local MAX_SLEEP = 0.1 -- seconds between two checks whether the server must stop

local URL = "https://localhost:%d"
local METADATA_URL = "http://127.0.0.1:%d"

local function find_entry(entries, provider)
  for _, entry in ipairs(entries) do
    if entry.provider == provider then return entry end
  end
end

local function list_movable_keys(keys)
  local ids = {}
  for _, key in ipairs(keys) do
    local has_replica = key.replicas ~= nil and key.replicas[1] ~= nil
    if has_replica and not key.state and not key.default_master then ids[#ids + 1] = key.key_id end
  end
  return ids
end

-- Values without the quote that would end them in a shell line.
local function quote_for_shell(value) return "'" .. value:gsub("'", "'\\''") .. "'" end

-- Shell lines that make a client use this server, with an account of each cloud and keys that can be changed. The
-- variables for OpenID Connect do not have their official names, because those have precedence over the access key.
-- What the seed does not have is left out.
local function build_environment(port, dir, data)
  local huawei, ncloud = find_entry(data.accounts, "huawei") or {}, find_entry(data.accounts, "ncloud") or {}
  local keys, user, idp = list_movable_keys(data.keys), huawei.user or {}, huawei.idp or {}
  local lines = {}
  for _, variable in ipairs {
    { "HUAWEICLOUD_SDK_AK", huawei.access_key },
    { "HUAWEICLOUD_SDK_SK", huawei.secret_key },
    { "HUAWEICLOUD_SDK_PROJECT_ID", (huawei.projects or {})["cn-north-4"] },
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
    { "KMS_EMULATOR_CONTROL", ("http://localhost:%d/_emulator"):format(port + 3) },
    { "KMS_EMULATOR_TOKEN", control_token },
    { "KMS_EMULATOR_OTHER_PROJECT_ID", (huawei.projects or {})["cn-east-3"] },
    { "KMS_EMULATOR_KEY_ID", keys[1] },
    { "KMS_EMULATOR_MORE_KEY_IDS", table.concat(keys, " ", 2) },
    { "KMS_EMULATOR_KEY_TAG", (find_entry(data.keys, "ncloud") or {}).key_tag },
    { "KMS_EMULATOR_METADATA_ENDPOINT", METADATA_URL:format(port + 5) },
    { "KMS_EMULATOR_USER", user.name },
    { "KMS_EMULATOR_PASSWORD", user.password },
    { "KMS_EMULATOR_DOMAIN", user.domain },
    { "KMS_EMULATOR_IDP_ID", idp.id },
    { "KMS_EMULATOR_ID_TOKEN_FILE", dir .. "/id_token" },
  } do
    if variable[2] then lines[#lines + 1] = ("export %s=%s\n"):format(variable[1], quote_for_shell(variable[2])) end
  end
  return table.concat(lines)
end

local function write_file(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

local function create_token()
  local file = assert(io.open("/dev/urandom", "rb"))
  local bytes = assert(file:read(16))
  file:close()
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Decodes one JSON value, and raises if anything follows it. lua-cjson stops at a NUL.
local function decode_json(text)
  if text:find("\0", 1, true) then error("NUL in JSON", 0) end
  return cjson.decode(text)
end

-- Returns the seed in a JSON file. Raises an error that names the file when it is not JSON.
local function read_seed(path)
  local file = io.open(path)
  if not file then return {} end
  local ok, seed = pcall(decode_json, file:read "*a")
  file:close()
  if not ok or type(seed) ~= "table" then error("the seed is not a JSON object", 0) end
  return seed
end

--- Creates the emulator, from dir/seed.json when there is one. NGINX calls it once before it listens, so that a client
--- that reaches a port finds dir/env and the files named there complete.
---@param port integer
---@param dir string
function handler.start(port, dir)
  clock_offset, connection_count = 0, 0
  local services = {
    [port] = { provider = "huawei", region = "cn-north-4" },
    [port + 1] = { provider = "huawei", region = "cn-east-3" },
    [port + 2] = { provider = "ncloud" },
    [port + 4] = { provider = "iam" },
    [port + 5] = { provider = "metadata" },
    [port + 6] = { provider = "ncloud", zone = "kr" },
    [port + 7] = { provider = "ncloud", zone = "jp" },
    [port + 8] = { provider = "ncloud", zone = "gov" },
  }
  control_token, control_hosts = create_token(), {}
  for _, name in ipairs { "localhost", "127.0.0.1" } do control_hosts[("%s:%d"):format(name, port + 3)] = true end
  local hosts = {}
  for number, service in pairs(services) do
    for _, name in ipairs { "localhost", "127.0.0.1" } do hosts[("%s:%d"):format(name, number)] = service end
  end
  local seed = read_seed(dir .. "/seed.json")
  cloud = emulator.new { seed = seed, hosts = hosts, clock = function() return ngx.now() + clock_offset end }
  local data = { accounts = seed.accounts or emulator.fixtures.accounts, keys = seed.keys or emulator.fixtures.keys }
  local account = find_entry(data.accounts, "huawei") or {}
  write_file(dir .. "/pod_token", (account.pod_token or "") .. "\n")
  write_file(dir .. "/id_token", (account.idp and account.idp.id_token or "") .. "\n")
  write_file(dir .. "/control_token", control_token .. "\n")
  write_file(dir .. "/env", build_environment(port, dir, data))
end

-- The headers with their names as sent. A repeated header gives one entry per value.
local function get_headers()
  local headers = {}
  for name, value in pairs(ngx.req.get_headers(0, true)) do
    for _, text in ipairs(type(value) == "table" and value or { value }) do
      headers[#headers + 1] = { name, text == true and "" or text }
    end
  end
  return headers
end

local function read_body()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end

-- Waits. Returns false early when the server must stop, so that a long fault does not delay that.
local function pause(seconds)
  local deadline = ngx.now() + seconds
  while not ngx.worker.exiting() do
    local remaining = deadline - ngx.now()
    if remaining < 0.001 then return true end
    ngx.sleep(math.min(remaining, MAX_SLEEP))
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

local function send_bytes(bytes)
  return ngx.print(bytes) and ngx.flush(true)
end

local function send_response(response)
  send_head(response, response.status ~= 204 and #response.body or nil) -- RFC 9110, section 8.6
  send_bytes(response.body)
end

-- Closes the connection without sending more. 444 is NGINX's own code for that.
local function close_connection() return ngx.exit(444) end

-- Delivers a response with a fault, one function per kind.
local DELIVERY = {}

function DELIVERY.delay(fault, response)
  if not pause(fault.seconds) then return close_connection() end
  send_response(response)
end

DELIVERY.close_before = close_connection

function DELIVERY.close_within(fault, response)
  if fault.part ~= "head" then
    send_head(response, #response.body)
    send_bytes(response.body:sub(1, math.floor(#response.body / 2)))
  else
    -- NGINX does not send a part of a head, so this writes to the socket.
    local socket = ngx.req.socket(true)
    if socket then socket:send(("HTTP/1.1 %d OK\r\nContent-Type: appl"):format(response.status)) end
  end
  return close_connection()
end

function DELIVERY.endless(_, response)
  send_head(response, nil)
  local byte_count, deadline = 0, ngx.now() + MAX_ENDLESS_SECONDS
  while byte_count < MAX_ENDLESS_BYTES and ngx.now() < deadline and not ngx.worker.exiting() and send_bytes(CHUNK) do
    byte_count = byte_count + #CHUNK
    ngx.update_time()
  end
  return close_connection()
end

function DELIVERY.drip(fault, response)
  send_head(response, #response.body)
  for first = 1, #response.body, fault.bytes do
    if first > 1 and not pause(fault.interval) then return close_connection() end
    if not send_bytes(response.body:sub(first, first + fault.bytes - 1)) then return close_connection() end
  end
end

-- Delivers a response late. Returns false when the server must stop.
local function wait_latency(response)
  return not response.latency or pause(response.latency)
end

--- Handles a request to an emulated service.
function handler.handle_cloud()
  if ngx.var.connection_requests == "1" then connection_count = connection_count + 1 end
  local response = cloud:handle {
    method = ngx.req.get_method(),
    scheme = ngx.var.scheme,
    host = ngx.var.http_host or "",
    target = ngx.var.request_uri,
    headers = get_headers(),
    body = read_body(),
    address = ngx.var.remote_addr,
  }
  if not wait_latency(response) then return close_connection() end
  local fault = response.fault
  if fault then return DELIVERY[fault.kind](fault, response) end
  return send_response(response)
end

local function send_json(status, value)
  local headers = { ["content-type"] = "application/json" }
  return send_response { status = status, headers = headers, body = cjson.encode(value) .. "\n" }
end

-- The operations of the control interface. They receive the JSON of the body, or {} when there is none, and raise an
-- error when it is not valid.
-- What one returns replaces the state in the response.
local CONTROL = {}

CONTROL["GET /_emulator/state"] = function() end

CONTROL["GET /_emulator/requests"] = function() return { requests = cloud:request_log() } end

CONTROL["GET /_emulator/saved"] = function() return cloud:save() end

CONTROL["PUT /_emulator/saved"] = function(value) cloud:load(value) end

CONTROL["POST /_emulator/reset"] = function()
  cloud:reset()
  clock_offset, connection_count = 0, 0
end

CONTROL["POST /_emulator/faults"] = function(value)
  for _, fault in ipairs(value[1] and value or { value }) do cloud:fault(fault) end
end

CONTROL["POST /_emulator/settings"] = function(value) cloud:settings(value) end

CONTROL["POST /_emulator/clock"] = function(value)
  local problem = validate.value("offset", value.offset, settings.OFFSET)
  if problem then error(problem, 0) end
  clock_offset = value.offset
end

-- A web site may let its name resolve to loopback, so the host is checked. A browser names the site of a request in
-- Origin (https://fetch.spec.whatwg.org/#origin-header). A program has the token.
local function find_control_refusal(name)
  local host, origin = ngx.var.http_host or "", ngx.var.http_origin
  if not control_hosts[host] then return "the control interface has no host " .. validate.quote(host) end
  if origin and origin ~= "http://" .. host then
    return "the control interface refuses requests of the site " .. validate.quote(origin)
  end
  local token = ngx.var.http_x_emulator_token or ""
  if name ~= "GET /_emulator/state" and not signature.is_equal(token, control_token) then
    return "this request needs the header X-Emulator-Token with the value of KMS_EMULATOR_TOKEN"
  end
end

--- Handles a request to the control interface.
function handler.handle_control()
  local name = ngx.req.get_method() .. " " .. ngx.var.uri
  local refusal = find_control_refusal(name)
  if refusal then return send_json(403, { error = refusal }) end
  local run = CONTROL[name]
  if not run then return send_json(404, { error = "the control interface has no operation " .. name }) end
  local body = read_body()
  local ok, value = pcall(decode_json, body == "" and "{}" or body)
  if not ok or type(value) ~= "table" then return send_json(400, { error = "the body must be JSON" }) end
  local is_done, result = pcall(run, value)
  if not is_done then return send_json(400, { error = (result:gsub("^%S+:%d+: ", "")) }) end
  if result then return send_json(200, result) end
  local state = cloud:state()
  state.connections, state.offset = connection_count, clock_offset
  return send_json(200, state)
end

return handler
