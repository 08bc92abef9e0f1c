--- A host that forks while a call of kms.loop waits: the parent's call goes on, and the child makes calls of its own.

local loop_hosts = require "spec.helpers.loop_hosts"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/host-fork"):format(os.getenv "BUILD" or "build", subprocess.lua)

-- Code that defines for a host: `transport`; `spawn`, which starts a coroutine; and `advance`, which runs the host for a
-- moment. A child makes a host of its own, because a controller or a loop belongs to the process that made it.
local HOSTS = {
  luv = [[
    local uv = require "luv"
    transport = require("kms.loop.luv").new(options)
    function spawn(fn) coroutine.wrap(fn)() end
    function advance() uv.run "nowait" end]],
  cqueues = [[
    local controller = require("cqueues").new()
    transport = transport or require("kms.loop.cqueues").new(options)
    function spawn(fn) controller:wrap(fn) end
    function advance() assert(controller:step(0.01)) end]],
  polling = [[
    local threads = {}
    transport = transport or require("kms.loop.polling").new({ sleep = coroutine.yield }, options)
    function spawn(fn) threads[#threads + 1] = coroutine.create(fn) end
    function advance()
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) ~= "dead" then assert(coroutine.resume(thread)) end
      end
    end]],
}

local PROGRAM = [[
  local curl_requests, process = require "spec.helpers.curl_requests", require "process"
  local name, options = %q, { ca_file = require("spec.helpers.test_servers").ca_file }
  local transport, spawn, advance
  local function make_host()
    %s
  end

  --- Sends a request in a coroutine. Returns a function that runs the host until it has ended.
  local function start(target)
    local response, err
    spawn(function() response, err = transport:send(curl_requests.new_request("https", target)) end)
    return function()
      local deadline = transport:clock() + 20
      while not response and not err and transport:clock() < deadline do advance() end
      return assert(response, err)
    end
  end

  make_host()
  local first = start "/before" ().headers["x-connection"]
  local finish = start "/late"
  for _ = 1, 20 do advance() end
  local pid = process.fork()
  if pid == 0 then
    local ok, problem = pcall(function()
      local response
      if name == "luv" then -- libuv's loop works in the parent only
        response = transport:send(curl_requests.new_request("https", "/child"))
      else
        make_host()
        response = start "/child" ()
      end
      assert(response.body:match "^GET (%%S+)" == "/child", "this is the response to another request")
      assert(response.headers["x-connection"] ~= first, "the child uses the connection of its parent")
    end)
    if not ok then io.stderr:write("child: ", tostring(problem), "\n") end
    process.exit(ok and 0 or 1)
  end
  print(process.wait(pid), finish().body, start "/after" ().status)
]]

describe("a fork in a host", function()
  setup(function()
    assert(os.execute(("mkdir -p %s && gcc -shared -fPIC $(pkg-config --cflags %s) -o %s/process.so spec/transport/fork/process.c")
      :format(FOLDER, subprocess.lua, FOLDER)))
  end)

  for _, name in ipairs { "luv", "cqueues", "polling" } do
    it(("while a call of kms.loop.%s waits ends neither that call nor those of the child"):format(name), function()
      local host, reason = loop_hosts.find(name)
      if not host then
        pending(reason)
        return
      end
      local output, ok = subprocess.run(PROGRAM:format(name, HOSTS[name]), {
        KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http"),
        LUA_CPATH = ("%s/?.so;%s"):format(FOLDER, package.cpath),
      })
      assert.is_true(ok, output)
      assert.equal("0\tlate\t200\n", output)
    end)
  end
end)
