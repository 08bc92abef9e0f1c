--- What a process does while spec/safety/memory/host.c watches its memory: scenes.lua NAME. A scene creates its secrets, or
--- gets them masked through the environment, so that only the library can copy them.

local memory = rawget(_G, "memory")
local curl = require "kms.transport.curl"
local sign = require "kms.sign"

local EMULATOR_PORT = tonumber(os.getenv "KMS_EMULATOR_PORT")
local METADATA, IAM = "http://127.0.0.1:" .. EMULATOR_PORT + 5, "https://localhost:" .. EMULATOR_PORT + 4

-- Wraps the functions of both C modules, so that the stack is searched after each call and secrets in their arguments are
-- registered. This happens before other modules load them.

local transport_class, multi_class = getmetatable(curl.new()), getmetatable(curl.multi())

for prefix, functions in pairs { ["sign."] = sign, ["curl."] = curl, ["transport."] = transport_class,
  ["transport:"] = transport_class.__index, ["multi."] = multi_class, ["multi:"] = multi_class.__index } do
  for name, value in pairs(functions) do
    if type(value) == "function" then functions[name] = memory.guarded(value, prefix .. name) end
  end
end

-- Secret headers: a pattern of the secret, and its name in the findings.
local HEADERS = {
  ["authorization"] = { "Signature=(%x+)$", "signature" }, -- without a pod's token, which is registered elsewhere
  ["x-ncp-apigw-signature-v2"] = { "^.+$", "signature" },
  ["x-security-token"] = { "^.+$", "security token" },
  ["x-auth-token"] = { "^.+$", "token" },
}

local function register_header(name, value)
  local rule = HEADERS[name:lower()]
  local text = rule and value:match(rule[1])
  if text then memory.secret(rule[2], text) end
end

for _, name in ipairs { "huawei", "ncloud" } do
  local original = sign[name]
  sign[name] = function(request, credentials, ...)
    memory.secret("secret key", credentials.secret_key)
    memory.keyed("keyed state", credentials.secret_key)
    local headers = assert(original(request, credentials, ...))
    for header, value in pairs(headers) do register_header(header, value) end
    return headers
  end
end

local function register_headers(request)
  for _, pair in ipairs(request.headers or {}) do register_header(pair[1], pair[2]) end
end

local send, add = transport_class.__index.send, multi_class.__index.add

function transport_class.__index.send(self, request)
  register_headers(request)
  return send(self, request)
end

function multi_class.__index.add(self, transport, request)
  register_headers(request)
  return add(self, transport, request)
end

local kms = require "kms"
local servers = require "spec.helpers.test_servers"
local credentials_of = kms.credentials

--- Creates and registers a secret.
local function new_secret(name, length)
  local letters = {}
  for i = 1, length do letters[i] = string.char(math.random(97, 122)) end
  local text = table.concat(letters)
  memory.secret(name, text)
  return text
end

--- Registers and returns a secret that a server knows. The environment has it in hexadecimal digits.
local function read_secret(name, variable)
  local text = os.getenv(variable):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  memory.secret(name, text)
  return text
end

-- Scenes of the transport.

local function new_request(server, target, fields)
  local signature = ("%08x"):format(math.random(2 ^ 30)):rep(8)
  local request = {
    method = "PUT", scheme = server == "http" and "http" or "https", host = servers.host(server), target = target or "/",
    body = '{"plain_text":"' .. new_secret("data key", 128) .. '"}',
    headers = {
      { "Authorization", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=" .. signature },
      { "X-Security-Token", new_secret("security token", 3000) }, { "X-Auth-Token", new_secret("token", 1500) },
    },
  }
  for name, value in pairs(fields or {}) do request[name] = value end
  return request
end

--- A transport that has sent requests, with the outcome that is their key: "response" or an error code.
local function send_requests(options, requests)
  options.ca_file = servers.ca_file
  local transport = curl.new(options)
  for outcome, request in pairs(requests) do
    local response, err = transport:send(request)
    assert((response and "response" or err.code) == outcome, tostring(err))
  end
  return transport
end

local scenes = {}

function scenes.http() return send_requests({}, { response = new_request "http" }) end
function scenes.https() return send_requests({}, { response = new_request "https" }) end

--- Responses repeat the request with its body, so they contain secrets too.
function scenes.failures()
  return send_requests({ max_response = 1000 }, {
    connect = new_request "nobody", tls = new_request "self_signed",
    dns = new_request("https", "/", { host = "nobody.invalid" }),
    timeout = new_request("http", "/fault/silent", { timeout = 0.3 }),
    closed = new_request("https", "/fault/closed_in_body"), other = new_request("https", "/fault/no_colon"),
    too_large = new_request "http",
    headers = new_request("http", "/", { headers = { { "X-Auth-Token", new_secret("token", 1500) }, { "X-Bad", "\n" } } }),
  })
end

--- Requests that raise an error when a part of them has been read.
function scenes.argument_errors()
  local transport = send_requests({}, {})
  for _ = 1, 2 do
    local request = new_request("http", "/", { headers = { { "X-Auth-Token", new_secret("token", 1500) }, {} } })
    assert(not pcall(transport.send, transport, request))
  end
  return transport
end

--- Requests that end with or without a response, and others that are in flight when all is closed.
function scenes.multi()
  local transport, multi = send_requests({ max_response = 10000 }, {}), curl.multi()
  for _, request in ipairs { new_request "http", new_request "https", new_request "nobody",
    new_request("https", "/fault/closed_in_body") } do
    assert(multi:add(transport, request))
  end
  local deadline = multi:clock() + 20
  while multi:pending() > 0 do
    multi:step(1)
    assert(multi:clock() < deadline, "requests did not end")
  end
  for _ = 1, 3 do assert(multi:add(transport, new_request("http", "/fault/silent"))) end
  for _ = 1, 10 do multi:step(0.01) end
  assert(multi:pending() == 3)
  return { close = function()
    multi:close()
    transport:close()
  end }
end

local function send_through_proxy(host, outcome)
  local password = new_secret("proxy password", 24)
  memory.secret("proxy password", (require("mime").b64("user:" .. password)))
  return send_requests({ proxy = ("http://user:%s@%s"):format(password, host) }, { [outcome] = new_request "https" })
end

function scenes.proxy() return send_through_proxy(servers.host("proxy", "127.0.0.1"), "response") end
function scenes.absent_proxy() return send_through_proxy(servers.host("nobody", "127.0.0.1"), "connect") end
function scenes.malformed_proxy() return send_through_proxy("[", "dns") end

function scenes.client_key()
  return send_requests({ client_cert = servers.dir .. "/client.pem", client_key = servers.dir .. "/client.key",
    client_key_password = read_secret("key password", "MASKED_KEY_PASSWORD") }, { response = new_request "client_certificate" })
end

-- Scenes of clients, with credentials of each provider.

--- The transport of a client that has moved a key, or whose call failed with `code`.
local function call_huawei(credentials, code)
  local transport = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  local client = kms.huawei { region = "cn-north-4", endpoint = "https://localhost:" .. EMULATOR_PORT, credentials = credentials,
    project_id = os.getenv "PROJECT_ID", transport = transport }
  local result, err = client:update_primary_region { key_id = os.getenv "KEY_ID", primary_region = "cn-east-3" }
  assert(result and not code or err.code == (code or "KMS.0106"), tostring(err)) -- KMS.0106: it was moved before
  return transport
end

local function new_credentials()
  return { access_key = os.getenv "ACCESS_KEY", secret_key = read_secret("secret key", "MASKED_SECRET_KEY"),
    security_token = read_secret("security token", "MASKED_SECURITY_TOKEN") }
end

function scenes.huawei() return call_huawei(new_credentials()) end

--- The response repeats what the gateway signed, and the client computes all stages of the signature.
function scenes.refused()
  local credentials = new_credentials()
  credentials.secret_key = new_secret("secret key", 40)
  return call_huawei(credentials, "APIGW.0301")
end

--- A transport, and a client of NAVER Cloud on it.
local function new_ncloud()
  local transport = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  return transport, kms.ncloud { endpoint = "https://localhost:" .. EMULATOR_PORT + 2, transport = transport,
    credentials = { access_key = os.getenv "OTHER_ACCESS_KEY", secret_key = read_secret("secret key", "MASKED_OTHER_SECRET_KEY") } }
end

--- The same after two calls.
local function call_ncloud()
  local transport, client = new_ncloud()
  assert(client:rename_key { key_tag = os.getenv "KEY_TAG", key_name = "aName" })
  assert(client:get_key { key_tag = os.getenv "KEY_TAG" })
  return transport, client
end

function scenes.ncloud() return (call_ncloud()) end

--- A client that is closed with its transport.
function scenes.closed_client()
  local transport, client = call_ncloud()
  return { close = function()
    client:close()
    transport:close()
    client = nil
  end }
end

--- A client that is in use when the state is closed, and a finalizer that then signs with another key.
function scenes.live_client()
  local transport, client = call_ncloud()
  rawset(_G, "client", client)
  local function sign_last()
    sign.ncloud({ method = "GET", target = "/" }, { access_key = "a", secret_key = new_secret("secret key", 40) }, 0)
  end
  local newproxy = rawget(_G, "newproxy")
  local last = newproxy and newproxy(true) or setmetatable({}, { __gc = sign_last })
  if newproxy then getmetatable(last).__gc = sign_last end
  rawset(_G, "last", last)
  return transport
end

function scenes.environment() return call_huawei(credentials_of.environment()) end

function scenes.parallel()
  local transport, client = new_ncloud()
  local parallel = kms.parallel { concurrency = 4 }
  local tags = {}
  for i = 1, 12 do tags[i] = os.getenv "KEY_TAG" end
  for _, key, err in parallel:map(tags, function(tag) return client:get_key { key_tag = tag } end) do assert(key, tostring(err)) end
  return { close = function()
    parallel:close()
    transport:close()
  end }
end

--- A call with credentials from a file with `text`.
local function call_with_file(text, new_provider)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  assert(file:setvbuf "no" and file:write(text) and file:close())
  local transport = call_huawei(new_provider(path))
  os.remove(path)
  return transport
end

function scenes.file()
  local credentials = new_credentials()
  return call_with_file(("[basic]\nak = %s\nsk = %s\nsecurity_token = %s\n"):format(
    credentials.access_key, credentials.secret_key, credentials.security_token),
    function(path) return credentials_of.file { path = path } end)
end

function scenes.metadata() return call_huawei(credentials_of.metadata { endpoint = METADATA }) end

function scenes.container()
  return call_with_file(read_secret("pod token", "MASKED_POD_TOKEN"), function(path)
    return credentials_of.container { uri = METADATA .. "/v1/credentials", token_file = path }
  end)
end

local function iam_token()
  return credentials_of.iam_token { user = os.getenv "IAM_USER", password = read_secret("password", "MASKED_PASSWORD"),
    domain = os.getenv "IAM_DOMAIN", endpoint = IAM }
end

function scenes.iam_token() return call_huawei(iam_token()) end

function scenes.oidc()
  return call_with_file(read_secret("id token", "MASKED_ID_TOKEN"), function(path)
    return credentials_of.oidc { idp_id = os.getenv "IDP_ID", id_token_file = path, endpoint = IAM }
  end)
end

function scenes.chain() return call_huawei(credentials_of.chain { credentials_of.file { path = "/nowhere" }, iam_token() }) end

--- Leaves copies on purpose.
function scenes.spilt()
  memory.guarded(memory.spill, "spill")(new_secret("spilt", 40))
  return curl.new()
end

--- Keeps the state that HMAC computes from a key, in an object of another library.
function scenes.keyed()
  local key = new_secret("secret key", 40)
  memory.keyed("keyed state", key)
  return { hmac = require("openssl.hmac").new(key, "sha256"), close = function() end }
end

math.randomseed(os.time())
local object = scenes[...]()
collectgarbage()
collectgarbage()
memory.scan "open"
object:close()
object = nil -- luacheck: ignore
-- LuaJIT's machine code refers to upvalues, such as a client.
local jit = rawget(_G, "jit")
if jit then jit.flush() end
collectgarbage()
collectgarbage()
memory.scan "closed"
