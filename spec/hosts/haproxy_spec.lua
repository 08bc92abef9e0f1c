--- kms.loop.polling in HAProxy, by the service of examples/haproxy.

local curl = require "kms.transport.curl"
local emulator_client = require "spec.helpers.emulator_client"
local host_programs = require "spec.helpers.host_programs"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds
local MAX_PING = 0.02 -- seconds
local MAX_TRIES = 8 -- other processes of the machine may delay a ping; a call that blocks does so by a second each time
local CALL_COUNT, DELAY = 50, 0.5
-- 5.3 on Debian 12, 5.4 on Debian 13.
local LUA = "lua" .. (subprocess.execute("haproxy -vv"):match "Built with Lua version : Lua (%d%.%d)" or "5.3")

local reason = host_programs.missing "haproxy" or host_programs.missing(LUA)
if reason then
  it("the library works in HAProxy", function() pending(reason) end)
  return
end

local folder = host_programs.build_tree(subprocess.lua) .. "/haproxy"
local port = assert(tonumber(os.getenv "KMS_SERVER_PORT")) + 18

local function run(command)
  local output, ok = subprocess.execute(command)
  assert(ok, output)
  return output
end

local function read_file(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- Writes the configuration of the example with another port and further global settings.
---@param settings string
---@param load string? the setting that loads the program, if it is another one
local function write_configuration(settings, load)
  local text, count = read_file("examples/haproxy/haproxy.cfg"):gsub("127%.0%.0%.1:8080", "127.0.0.1:" .. port)
  assert(count == 1)
  text, count = text:gsub("lua%-load kms%.lua", ("%s %s\n  pidfile %s/pid\n  %s"):format(load or "lua-load",
    run("realpath examples/haproxy/kms.lua"):gsub("\n", ""), folder, settings))
  assert(count == 1)
  local file = assert(io.open(folder .. "/haproxy.cfg", "w"))
  file:write(text)
  file:close()
end

describe("in HAProxy #inspect", function()
  local client = curl.new { timeout = WAIT_LIMIT }
  local variables = host_programs.variables(LUA)
  local key_tag = variables.KMS_EMULATOR_KEY_TAG

  local function new_request(target)
    return { method = "GET", scheme = "http", host = "127.0.0.1:" .. port, target = target, headers = {} }
  end

  --- Starts HAProxy and waits until it responds.
  local function start(settings, changes, load)
    local environment = {}
    for name, value in pairs(variables) do environment[name] = value end
    for name, value in pairs(changes or {}) do environment[name] = value end
    write_configuration(settings, load)
    local output, ok = subprocess.execute(("haproxy -D -f %s/haproxy.cfg < /dev/null > %s/output"):format(folder, folder), environment)
    assert(ok, output .. read_file(folder .. "/output"))
    local deadline = client:clock() + WAIT_LIMIT
    local response
    repeat response = client:send(new_request "/ping") until response or client:clock() > deadline
    assert.equal("pong", response and response.body)
  end

  local function stop()
    run(("sh -c 'kill -TERM $(cat %s/pid) && rm %s/pid'"):format(folder, folder))
    local deadline = client:clock() + WAIT_LIMIT
    while client:send(new_request "/ping") and client:clock() < deadline do client:sleep(0.01) end
  end

  setup(function()
    run(("make -s all LUA=%s BUILD=%s/.."):format(LUA, host_programs.build_tree(LUA)))
    run(("rm -rf %s && mkdir -p %s/jail && cp %s %s/jail/ca.pem"):format(folder, folder, emulator_client.ca_file, folder))
  end)

  before_each(emulator_client.reset)

  it("a service returns the name of a key, and statuses for what is not found and what fails", function()
    start ""
    finally(stop)
    local name = emulator_client.state().keys[key_tag].key_name
    local response = assert(client:send(new_request("/keys/" .. key_tag)))
    assert.same({ 200, name .. "\n" }, { response.status, response.body })
    assert.equal(404, client:send(new_request "/keys/").status)
    assert.equal(404, client:send(new_request("/keys/" .. ("z"):rep(52))).status)
    emulator_client.fault { kind = "status", status = 403, times = 1 }
    assert.equal(502, client:send(new_request("/keys/" .. key_tag)).status)
  end)

  for load, states in pairs { ["lua-load"] = "one state", ["lua-load-per-thread"] = "a state per thread" } do
    it(("50 calls wait at once in two threads with %s"):format(states), function()
      local old = load == "lua-load-per-thread" and versions.find_reason("HAProxy", "2.4")
      if old then return pending(old) end
      start("nbthread 2", nil, load)
      finally(stop)
      emulator_client.fault { kind = "delay", seconds = DELAY, times = CALL_COUNT }
      local multi, started_at = curl.multi(), client:clock()
      for _ = 1, CALL_COUNT do assert(multi:add(client, new_request("/keys/" .. key_tag))) end
      local statuses = {}
      while multi:pending() > 0 do
        local id, response, err = multi:step(1)
        local status = id and (response and response.status or err.code)
        if id then statuses[status] = (statuses[status] or 0) + 1 end
      end
      assert.same({ [200] = CALL_COUNT }, statuses)
      assert.is_true(client:clock() - started_at < CALL_COUNT * DELAY / 2)
    end)
  end

  --- Sends pings while a call waits for a second. Returns the seconds of the longest one.
  local function measure_pings()
    emulator_client.fault { kind = "delay", seconds = 1, times = 1 }
    local multi, ping_count, longest = curl.multi(), 0, 0
    local response
    assert(multi:add(client, new_request("/keys/" .. key_tag)))
    repeat
      local sent_at = client:clock()
      assert.equal("pong", client:send(new_request "/ping").body)
      longest, ping_count = math.max(longest, client:clock() - sent_at), ping_count + 1
      response = select(2, multi:step(0.005))
    until response
    assert.equal(200, response.status)
    assert.is_true(ping_count > 20)
    return longest
  end

  it("other requests are served within 20 ms while a call waits for a second #timing", function()
    start "nbthread 1"
    finally(stop)
    assert.equal(200, client:send(new_request("/keys/" .. key_tag)).status)
    local longest = math.huge
    for _ = 1, MAX_TRIES do
      longest = math.min(longest, measure_pings())
      if longest < MAX_PING then break end
    end
    assert.is_true(longest < MAX_PING, ("the longest ping took %.1f ms"):format(longest * 1000))
  end)

  it("calls work in a chroot, because the example has loaded everything before", function()
    if run("id -u") ~= "0\n" then
      pending "chroot needs root"
      return
    end
    local old = versions.find_reason("libcurl", "7.78") -- which looks up "localhost" in files outside the chroot
    if old then return pending(old) end
    start("chroot " .. folder .. "/jail", { KMS_CA_FILE = "/ca.pem" })
    finally(stop)
    local response = assert(client:send(new_request("/keys/" .. key_tag)))
    assert.same({ 200, emulator_client.state().keys[key_tag].key_name .. "\n" }, { response.status, response.body })
    assert.equal(404, client:send(new_request("/keys/" .. ("z"):rep(52))).status)
  end)
end)
