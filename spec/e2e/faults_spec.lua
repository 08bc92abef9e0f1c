--- The fault matrix: clients of both clouds meet every row of spec/e2e/faults over every transport. Each call ends with
--- the expected outcome, the next call works, and no secret appears where it does not belong.

local clients = require "spec.e2e.faults.clients"
local curl = require "kms.transport.curl"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local kms = require "kms"
local nginx = require "spec.helpers.nginx_server"
local no_secrets = require "spec.helpers.no_secrets"
local rows = require "spec.e2e.faults.rows"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"
local wire = require "spec.helpers.serializer"

local CALL_TIMEOUT = 10 -- seconds; each call ends long before

local HUAWEI = { cloud = "huawei", call = "update_primary_region", project = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b",
  params = function(id) return { key_id = id, primary_region = "cn-east-3" } end }
local NCLOUD = { cloud = "ncloud", call = "rename_key",
  params = function(id, name) return { key_tag = id, key_name = name or "newKeyName" } end }

--- Makes a caller of a cloud with credentials, and the names of the headers that it sends.
local function new_caller(base, scheme, credentials, names)
  local caller = { scheme = scheme, credentials = credentials, names = names, secrets = {} }
  for name, value in pairs(base) do caller[name] = value end
  for name, value in pairs(credentials) do
    if name ~= "access_key" then caller.secrets[#caller.secrets + 1] = value end
  end
  return caller
end

local KEYS = { access_key = "HWIFAULTACCESSKEY001", secret_key = "aSecretKeyThatNobodyMaySee/+0123456789Ab",
  security_token = "gQpjbi1ub3J0aC00/aTokenThatNobodyMaySee+Zz==" }
local TOKEN = { token = "MIIanotherTokenThatNobodyMaySee/+0a1b2c3d4e5f==" }
local PAIR = { access_key = "FAULTACCESSKEY000001", secret_key = "YetAnotherSecretKeyThatNobodyMaySee/+001" }

local SIGNED = "accept-encoding authorization content-length content-type host x-project-id x-sdk-date x-security-token"
local TOKENED = "accept-encoding content-length content-type host x-auth-token x-project-id"
local STAMPED = "accept accept-encoding content-length content-type host x-ncp-apigw-signature-v2 "
  .. "x-ncp-apigw-timestamp x-ncp-iam-access-key"

-- The first caller of a cloud stands for both if the scheme makes no difference.
local CALLERS = {
  new_caller(HUAWEI, "https", KEYS, SIGNED), new_caller(HUAWEI, "http", TOKEN, TOKENED),
  new_caller(NCLOUD, "http", PAIR, STAMPED), new_caller(NCLOUD, "https", PAIR, STAMPED),
}

local outside = curl.new { timeout = 30, max_response = 2 ^ 25 }

--- Calls in an NGINX on this machine, as spec.e2e.faults.clients does here.
local function call_inside(port)
  return function(order)
    local response = assert(outside:send { method = "POST", scheme = "http", host = "127.0.0.1:" .. port, target = "/faults",
      headers = {}, body = wire.encode(order) })
    assert.equal(200, response.status, response.body)
    local outcome = wire.decode(response.body)
    assert.is_nil(outcome.raised)
    return outcome.value, outcome.err and Error.new(outcome.err)
  end
end

--- Calls in a task of kms.parallel.
local parallel = kms.parallel { concurrency = 1 }
local function in_a_task(order)
  local value, err
  for _, result, problem in parallel:map({ order }, clients.call) do value, err = result, problem end
  return value, err
end

local TRANSPORTS = {
  { name = "curl", options = { ca_file = servers.ca_file }, call = clients.call },
  { name = "curl", title = "curl, in kms.parallel", options = { ca_file = servers.ca_file }, call = in_a_task },
  not nginx.no_cosockets and { name = "cosocket", options = {}, call = call_inside(nginx.port) } or nil,
}

--- What came of a call, in the words of a row's `gives`.
local function outcome(result, err)
  if result then return "done" end
  local words = { err.kind, tostring(err.code) }
  if err.status then words[#words + 1] = ("%d"):format(err.status) end
  if err.uncertain then words[#words + 1] = "uncertain" end
  return table.concat(words, " ")
end

--- Holds an error to what is true of every error.
local function examine(err, who, secrets)
  assert.is_true(kms.is_error(err))
  assert.same({ who.cloud, who.call, 1, "boolean" }, { err.provider, err.operation, err.attempts, type(err.retryable) })
  for _, text in ipairs { err.message, err.code, tostring(err) } do
    assert.is_nil(text:find "[%c\127]")
    assert.is_true(#text < 5000)
  end
  assert.is_nil(no_secrets.find(err, secrets))
end

--- What a server got for a key: how often, its last head's header names, the signature in it, and the protocol.
local function seen(id)
  local body = assert(outside:send { method = "GET", scheme = "http", host = servers.host "http", target = "/faults/seen?of=" .. id }).body
  local count, head = body:match "^(%d+)\n(.*)$"
  local names = {}
  for name in head:gmatch "\r\n([^:\r\n]+):" do names[#names + 1] = name:lower() end
  table.sort(names)
  return tonumber(count), table.concat(names, " "), head:match "Signature=(%x+)" or head:match "signature%-v2: ([^\r]+)",
    head:match "^%S+ %S+ (HTTP/[%d.]+)"
end

--- How many requests came where none was to come.
local function strangers() return (seen "stranger") end

local serial = 0

--- A key's id, in the form of either cloud, that names the row.
local function key_of(number)
  serial = serial + 1
  return ("%08d-0000-0000-0000-%012d"):format(number, serial)
end

--- Calls, and holds what comes of it against the row.
local function meet(transport, order, gives)
  local result, err = transport.call(order)
  assert.equal(gives, outcome(result, err), tostring(err))
  return err
end

--- One row, one caller, one transport: the fault, then the next call of the same client.
local function try(transport, who, number)
  local row = rows[number]
  local elsewhere = row.host or row.place and servers.host(row.place)
  local gives = row.gives
  local id, next_id = key_of(number), key_of(0)
  -- Clients are kept by name: one for all rows that only respond, otherwise one per row.
  local shared = row.status and not row.timeout and ("of %s by %s %s"):format(who.cloud, who.scheme, transport.title or "")
  local order = { client = shared or id, cloud = who.cloud, call = who.call, transport = "kms.transport." .. transport.name,
    transport_options = transport.options, params = who.params(id),
    options = { endpoint = who.scheme .. "://" .. (elsewhere or servers.host(who.scheme)), credentials = who.credentials,
      project_id = who.project, timeout = row.timeout or CALL_TIMEOUT } }

  local err = meet(transport, order, gives)
  order.last, order.params = not shared, who.params(next_id)
  if elsewhere then -- where the next call fares no better
    examine(err, who, who.secrets)
    meet(transport, order, gives)
    return
  end

  local count, names, signature, protocol = seen(id)
  -- One request; or a second one on a new connection, if a kept one was lost without a byte of a response.
  assert.is_true(count == 1 or count == 2 and err ~= nil and err.code == "closed", count .. " requests came")
  assert.same({ who.names, "HTTP/1.1" }, { names, protocol })
  if err then
    examine(err, who, who.secrets)
    if signature then examine(err, who, { signature }) end
  end
  meet(transport, order, "done")
  count, names = seen(next_id)
  assert.same({ 1, who.names }, { count, names })
end

--- The callers that a row applies to.
local function callers_of(row)
  local list, clouds = {}, {}
  for _, who in ipairs(CALLERS) do
    local fits = (row.cloud or who.cloud) == who.cloud and (row.scheme or who.scheme) == who.scheme
    if fits and not (row.alike and clouds[who.cloud]) then
      list[#list + 1], clouds[who.cloud] = who, true
    end
  end
  return list
end

local listening = {}

--- Sockets of our own that accept nobody.
local function listen(place, backlog)
  local listener = assert(socket.bind("127.0.0.1", servers.port(place), backlog))
  listening[#listening + 1] = listener
end

--- Accounts of the emulator, and two keys per cloud.
local EMULATED = { huawei = { ids = { "0d0466b0-e727-4d9c-b35d-f84bb474a37f", "5259bbf5-3c7c-42e1-8802-4d90a9c9f8c4" } },
  ncloud = { ids = { "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", "b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1" } } }
for _, account in ipairs(emulator.fixtures.accounts) do
  local own = EMULATED[account.provider]
  own.keys = own.keys or { access_key = account.access_key, secret_key = account.secret_key }
  own.project = own.project or account.projects and account.projects["cn-north-4"]
end

--- The same fault for the emulator, if it has one.
local function emulated(row)
  if row.emulator ~= nil or not row.status or type(row.body) == "function" then return row.emulator end
  for _, value in pairs(row.headers or {}) do
    if type(value) == "function" then return nil end
  end
  return { kind = "status", status = row.status, headers = row.headers, body = row.body }
end

--- Copies a fault; the key in its body becomes that of the request.
local function name_key(fault, id)
  local copy = {}
  for name, value in pairs(fault) do copy[name] = value end
  if copy.body then copy.body = copy.body:gsub(EMULATED.huawei.ids[1]:gsub("%-", "%%-"), id) end
  return copy
end

local function try_emulated(row, who, fault)
  local cloud, own = emulator.new(), EMULATED[who.cloud]
  fault = name_key(fault, own.ids[1])
  if fault.kind then cloud:fault(fault) end
  local client = kms[who.cloud] { transport = cloud, credentials = own.keys, lock_guard = false, retry = false, timeout = CALL_TIMEOUT,
    region = who.project and "cn-north-4", project_id = own.project, endpoint = row.host and "https://" .. row.host }
  local result, err = client[who.call](client, who.params(own.ids[1]))
  assert.equal(row.gives, outcome(result, err))
  if err then examine(err, who, { own.keys.secret_key }) end
  result, err = client[who.call](client, who.params(own.ids[2], "nextKeyName"))
  assert.equal(row.host and row.gives or "done", outcome(result, err))
end

describe("the fault matrix", function()
  local stop_name_server, known
  setup(function()
    outside:send { method = "GET", scheme = "http", host = servers.host "elsewhere", target = "/" }
    known = strangers()
    assert.is_true(known > 0) -- they are noticed
    stop_name_server = nginx.start_name_server()
    listen("mute", 1000)
    listen("full", 0)
    for _ = 1, 4 do
      local filler = socket.tcp()
      filler:settimeout(0)
      filler:connect("127.0.0.1", servers.port "full")
      listening[#listening + 1] = filler
    end
  end)
  teardown(function()
    parallel:close()
    stop_name_server()
    for _, each in ipairs(listening) do each:close() end
  end)

  for _, transport in ipairs(TRANSPORTS) do
    describe("over kms.transport." .. (transport.title or transport.name) .. ":", function()
      for number, row in ipairs(rows) do
        local callers = callers_of(row)
        if callers[1] then
          it(row[1], function()
            for _, who in ipairs(callers) do
              try(transport, who, number)
            end
            assert.equal(known, strangers())
          end)
        end
      end
    end)
  end

  describe("over kms.emulator:", function()
    for _, row in ipairs(rows) do
      local fault = emulated(row)
      local callers = fault and callers_of(row) or {}
      if fault then
        it(row[1], function()
          for _, who in ipairs(callers) do
            try_emulated(row, who, fault)
          end
        end)
      end
    end
  end)
end)
