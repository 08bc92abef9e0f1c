--- What is done while spec/safety/memory/host.c watches: scenes.lua NAME. Secrets are made as the scene runs, or come veiled in
--- the environment, so that no text of a program, no file and no environment holds them, unless the scene is about that.

local memory = rawget(_G, "memory")
local curl = require "kms.transport.curl"
local sign = require "kms.sign"

local EMULATOR = tonumber(os.getenv "KMS_EMULATOR_PORT")
local METADATA, IAM = "http://127.0.0.1:" .. EMULATOR + 5, "https://localhost:" .. EMULATOR + 4

-- Before anything else gets hold of them, the functions of both C modules are followed by a look at the stack that each
-- call used, and tell which secrets there are.

local transport_class, multi_class = getmetatable(curl.new()), getmetatable(curl.multi())

for prefix, functions in pairs { ["sign."] = sign, ["curl."] = curl, ["transport."] = transport_class,
  ["transport:"] = transport_class.__index, ["multi."] = multi_class, ["multi:"] = multi_class.__index } do
  for name, value in pairs(functions) do
    if type(value) == "function" then functions[name] = memory.guarded(value, prefix .. name) end
  end
end

-- Headers, what of them is secret, and what it is called in the findings.
local HEADERS = {
  ["authorization"] = { "Signature=(%x+)$", "signature" }, -- or a pod's token, which is known
  ["x-ncp-apigw-signature-v2"] = { "^.+$", "signature" },
  ["x-security-token"] = { "^.+$", "security token" },
  ["x-auth-token"] = { "^.+$", "token" },
}

local function note_header(name, value)
  local rule = HEADERS[name:lower()]
  local found = rule and value:match(rule[1])
  if found then memory.secret(rule[2], found) end
end

for _, name in ipairs { "huawei", "ncloud" } do
  local original = sign[name]
  sign[name] = function(request, credentials, ...)
    memory.secret("secret key", credentials.secret_key)
    memory.keyed("keyed state", credentials.secret_key)
    local headers = assert(original(request, credentials, ...))
    for header, value in pairs(headers) do note_header(header, value) end
    return headers
  end
end

local function note_headers(request)
  for _, pair in ipairs(request.headers or {}) do note_header(pair[1], pair[2]) end
end

local send, add = transport_class.__index.send, multi_class.__index.add

function transport_class.__index.send(self, request)
  note_headers(request)
  return send(self, request)
end

function multi_class.__index.add(self, transport, request)
  note_headers(request)
  return add(self, transport, request)
end

local kms = require "kms"
local servers = require "spec.helpers.test_servers"
local from = kms.credentials

--- A secret that was never there before.
local function secret(name, length)
  local letters = {}
  for i = 1, length do letters[i] = string.char(math.random(97, 122)) end
  local text = table.concat(letters)
  memory.secret(name, text)
  return text
end

--- A secret that a server knows, from the environment, where it stands in hexadecimal digits.
local function known(name, variable)
  local text = os.getenv(variable):gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  memory.secret(name, text)
  return text
end

--- The transport alone: whole calls and failures.

local function request(place, target, fields)
  local made = {
    method = "PUT", scheme = place == "http" and "http" or "https", host = servers.host(place), target = target or "/", body = "{}",
    headers = {
      { "Authorization", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=" .. ("%08x"):format(math.random(2 ^ 30)):rep(8) },
      { "X-Security-Token", secret("security token", 3000) }, { "X-Auth-Token", secret("token", 1500) },
    },
  }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

--- A transport over which requests came to what their names say.
local function over(options, outcomes)
  options.ca_file = servers.ca_file
  local transport = curl.new(options)
  for outcome, each in pairs(outcomes) do
    local response, err = transport:send(each)
    assert((response and "done" or err.code) == outcome, tostring(err))
  end
  return transport
end

local scenes = {}

function scenes.http() return over({}, { done = request "http" }) end
function scenes.https() return over({}, { done = request "https" }) end
function scenes.http2() return over({ http_version = "2" }, { done = request "http2" }) end

--- The answers repeat the request, so that they hold secrets as well.
function scenes.failures()
  return over({ max_response = 1000 }, {
    connect = request "nobody", tls = request "self_signed", dns = request("https", "/", { host = "nobody.invalid" }),
    timeout = request("http", "/fault/silent", { deadline = os.time() + 1.5 }), closed = request("https", "/fault/closed_in_body"),
    other = request("https", "/fault/no_colon"), too_large = request "http", headers = request("http", "/", {
      headers = { { "X-Auth-Token", secret("token", 1500) }, { "X-Bad", "\n" } } }),
  })
end

--- Requests that raise when a part of them has been read.
function scenes.misuse()
  local transport = over({}, {})
  for _ = 1, 2 do
    assert(not pcall(transport.send, transport, request("http", "/", { headers = { { "X-Auth-Token", secret("token", 1500) }, {} } })))
  end
  return transport
end

--- Some that end, in vain or not, and some that are under way when all is closed.
function scenes.multi()
  local transport, multi = over({ max_response = 10000 }, {}), curl.multi()
  local two = over({ http_version = "2" }, {})
  for _, each in ipairs { request "http", request "https", request "nobody", request("https", "/fault/closed_in_body") } do
    assert(multi:add(transport, each))
  end
  assert(multi:add(two, request "http2"))
  for _ = 1, 5 do assert(multi:poll(20)) end
  for _ = 1, 3 do assert(multi:add(transport, request("http", "/fault/silent"))) end
  assert(multi:add(two, request("http2", "/late")))
  assert(not multi:poll(0.1))
  return { close = function()
    multi:close()
    transport:close()
    two:close()
  end }
end

local function through_proxy(host, outcome)
  local password = secret("proxy password", 24)
  memory.secret("proxy password", (require("mime").b64("user:" .. password)))
  return over({ proxy = ("http://user:%s@%s"):format(password, host) }, { [outcome] = request "https" })
end

function scenes.proxy() return through_proxy(servers.host("proxy", "127.0.0.1"), "done") end
function scenes.absent_proxy() return through_proxy(servers.host("nobody", "127.0.0.1"), "connect") end
function scenes.unreadable_proxy() return through_proxy("[", "dns") end

function scenes.client_key()
  return over({ client_cert = servers.dir .. "/client.pem", client_key = servers.dir .. "/client.key",
    client_key_password = known("key password", "VEILED_KEY_PASSWORD") }, { done = request "client_certificate" })
end

--- Clients, with credentials of each credential provider.

--- A call after which the key is, or was before, where it was to go.
local function huawei(credentials, code)
  local transport = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  local client = kms.huawei { region = "cn-north-4", endpoint = "https://localhost:" .. EMULATOR, credentials = credentials,
    project_id = os.getenv "PROJECT_ID", transport = transport }
  local moved, err = client:update_primary_region { key_id = os.getenv "KEY_ID", primary_region = "cn-east-3" }
  assert(moved and not code or err.code == (code or "KMS.0106"), tostring(err))
  return transport
end

local function huawei_keys()
  return { access_key = os.getenv "ACCESS_KEY", secret_key = known("secret key", "VEILED_SECRET_KEY"),
    security_token = known("security token", "VEILED_SECURITY_TOKEN") }
end

function scenes.huawei() return huawei(huawei_keys()) end

--- The gateway's answer repeats what it signed, and signing is looked at in all stages.
function scenes.refused()
  local keys = huawei_keys()
  keys.secret_key = secret("secret key", 40)
  return huawei(keys, "APIGW.0301")
end

--- A client of NAVER Cloud after two calls.
local function ncloud()
  local transport = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  local client = kms.ncloud { endpoint = "https://localhost:" .. EMULATOR + 2, transport = transport,
    credentials = { access_key = os.getenv "OTHER_ACCESS_KEY", secret_key = known("secret key", "VEILED_OTHER_SECRET_KEY") } }
  assert(client:rename_key { key_tag = os.getenv "KEY_TAG", key_name = "aName" })
  assert(client:get_key { key_tag = os.getenv "KEY_TAG" })
  return transport, client
end

function scenes.ncloud() return (ncloud()) end

--- A client that is closed with its transport.
function scenes.closed_client()
  local transport, client = ncloud()
  return { close = function()
    client:close()
    transport:close()
    client = nil
  end }
end

--- A client that is in use when the state is closed, and a finalizer that then signs with another key.
function scenes.live_client()
  local transport, client = ncloud()
  rawset(_G, "client", client)
  local function sign_last()
    sign.ncloud({ method = "GET", target = "/" }, { access_key = "a", secret_key = secret("secret key", 40) }, 0)
  end
  local newproxy = rawget(_G, "newproxy")
  local last = newproxy and newproxy(true) or setmetatable({}, { __gc = sign_last })
  if newproxy then getmetatable(last).__gc = sign_last end
  rawset(_G, "last", last)
  return transport
end

function scenes.environment() return huawei(from.environment()) end

function scenes.parallel()
  local transport, parallel = curl.new { ca_file = os.getenv "KMS_CA_FILE" }, kms.parallel { concurrency = 4 }
  local client = kms.ncloud { endpoint = "https://localhost:" .. EMULATOR + 2, transport = transport,
    credentials = { access_key = os.getenv "OTHER_ACCESS_KEY", secret_key = known("secret key", "VEILED_OTHER_SECRET_KEY") } }
  local tags = {}
  for i = 1, 12 do tags[i] = os.getenv "KEY_TAG" end
  for _, key, err in parallel:map(tags, function(tag) return client:get_key { key_tag = tag } end) do assert(key, tostring(err)) end
  return { close = function()
    parallel:close()
    transport:close()
  end }
end

local function with_file(text, use)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  assert(file:setvbuf "no" and file:write(text) and file:close())
  local transport = huawei(use(path))
  os.remove(path)
  return transport
end

function scenes.file()
  local keys = huawei_keys()
  return with_file(("[basic]\nak = %s\nsk = %s\nsecurity_token = %s\n"):format(keys.access_key, keys.secret_key, keys.security_token),
    function(path) return from.file { path = path } end)
end

function scenes.metadata() return huawei(from.metadata { endpoint = METADATA }) end

function scenes.container()
  return with_file(known("pod token", "VEILED_POD_TOKEN"), function(path)
    return from.container { uri = METADATA .. "/v1/credentials", token_file = path }
  end)
end

local function iam_token()
  return from.iam_token { user = os.getenv "IAM_USER", password = known("password", "VEILED_PASSWORD"),
    domain = os.getenv "IAM_DOMAIN", endpoint = IAM }
end

function scenes.iam_token() return huawei(iam_token()) end

function scenes.oidc()
  return with_file(known("id token", "VEILED_ID_TOKEN"), function(path)
    return from.oidc { idp_id = os.getenv "IDP_ID", id_token_file = path, endpoint = IAM }
  end)
end

function scenes.chain() return huawei(from.chain { from.file { path = "/nowhere" }, iam_token() }) end

--- Copies that are left on purpose.
function scenes.spilt()
  memory.guarded(memory.spill, "spill")(secret("spilt", 40))
  return curl.new()
end

--- A copy of what HMAC makes of a key, in another user's HMAC object.
function scenes.keyed()
  local key = secret("secret key", 40)
  memory.keyed("keyed state", key)
  return { hmac = require("openssl.hmac").new(key, "sha256"), close = function() end }
end

math.randomseed(os.time())
local opened = scenes[...]()
collectgarbage()
collectgarbage()
memory.scan "open"
opened:close()
opened = nil -- luacheck: ignore
-- Machine code of LuaJIT holds what it was made for: upvalues, such as a client.
local jit = rawget(_G, "jit")
if jit then jit.flush() end
collectgarbage()
collectgarbage()
memory.scan "closed"
