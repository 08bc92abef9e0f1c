--- Transports and multis of kms.transport.curl after a fork: parent and child never share a connection.

local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/fork"):format(os.getenv "BUILD" or "build", subprocess.lua)

local PROLOGUE = [[
  local curl, process = require "kms.transport.curl", require "process"
  local curl_requests = require "spec.helpers.curl_requests"
  local transport = curl_requests.new_transport()

  -- An address, because a name lookup that runs during a fork may leave the C library locked in the child.
  local function new_request(target)
    return curl_requests.new_request(%q, target, { host = require("spec.helpers.test_servers").host(%q, "127.0.0.1") })
  end

  --- Sends a request, checks that the response belongs to it, and returns the number of the connection.
  local function send(target)
    local response = assert(transport:send(new_request(target)))
    assert(response.body:match "^GET (%%S+)" == target, "this is the response to another request")
    return response.headers["x-connection"]
  end

  --- Starts a child process that calls a function.
  ---@return integer pid
  local function start_child(call)
    local pid = process.fork()
    if pid > 0 then return pid end
    local ok, problem = pcall(call)
    if not ok then io.stderr:write("child: ", tostring(problem), "\n") end
    process.exit(ok and 0 or 1)
  end
]]

--- Runs a program with the module `process`, and asserts that it succeeds.
local function run(server, program)
  local output, ok = subprocess.run(PROLOGUE:format(server, server) .. program, {
    KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http"),
    LUA_CPATH = ("%s/?.so;%s"):format(FOLDER, package.cpath),
  })
  assert.is_true(ok, output)
end

describe("kms.transport.curl after a fork", function()
  setup(function()
    local command = ("mkdir -p %s && gcc -shared -fPIC $(pkg-config --cflags %s) -o %s/process.so spec/transport/fork/process.c")
      :format(FOLDER, subprocess.lua, FOLDER)
    assert(os.execute(command))
  end)

  for _, server in ipairs { "http", "https" } do
    it(("after a fork parent and child get the responses to their own requests over %s"):format(server), function()
      run(server, [[
        local first = send "/before"
        for round = 1, 20 do
          local pid = start_child(function()
            for i = 1, 5 do assert(send(("/child/%d/%d"):format(round, i)) ~= first, "the child uses the connection of its parent") end
          end)
          for i = 1, 5 do assert(send(("/parent/%d/%d"):format(round, i)) == first, "the parent lost its connection") end
          assert(process.wait(pid) == 0)
        end
        assert(transport:stats().connections == 1)]])
    end)

    it(("a child that closes or collects a transport leaves the parent's connection open over %s"):format(server), function()
      run(server, [[
        local first = send "/before"
        assert(process.wait(start_child(function() transport:close() end)) == 0)
        assert(send "/closed" == first)
        assert(process.wait(start_child(function()
          transport = nil
          collectgarbage()
          collectgarbage()
        end)) == 0)
        assert(send "/collected" == first)]])
    end)

    it(("a request that runs during a fork completes in the parent and fails in the child over %s"):format(server), function()
      run(server, [[
        local multi = curl.multi()
        send "/before"
        local slow = assert(multi:add(transport, new_request "/late"))
        multi:step(0.05) -- the request is sent
        local pid = start_child(function()
          local id, response, err = curl_requests.finish_request(multi)
          assert(id == slow and not response and err.code == "closed" and err.uncertain, tostring(err))
          assert(multi:add(transport, new_request "/child"))
          id, response = curl_requests.finish_request(multi)
          assert(response.body:match "^GET (%S+)" == "/child")
          send "/again"
        end)
        local id, response, err = curl_requests.finish_request(multi)
        assert(id == slow and response.body == "late", tostring(err))
        assert(process.wait(pid) == 0)]])
    end)

    it(("a request that connects during a fork completes in the parent and fails in the child over %s"):format(server), function()
      run(server, [[
        local multi = curl.multi()
        local id = assert(multi:add(transport, new_request "/"))
        local pid = start_child(function()
          local ended_id, response, err = curl_requests.finish_request(multi)
          assert(ended_id == id and not response and err.code == "closed", tostring(err))
          send "/child"
        end)
        assert(process.wait(pid) == 0)
        local _, response = curl_requests.finish_request(multi)
        assert(response.status == 200)]])
    end)
  end

  it("a child looks names up after its parent has looked one up, and closes its transport", function()
    run("http", [[
      local request = curl_requests.new_request("http", "/", { host = "nobody.invalid", scheme = "https", timeout = 10 })
      local function look_up()
        local _, err = transport:send(request)
        assert(err.code == "dns", tostring(err))
      end
      look_up()
      local pid = start_child(function()
        look_up()
        transport = nil
        collectgarbage()
        collectgarbage()
      end)
      look_up()
      assert(process.wait(pid) == 0)]])
  end)

  it("a multi keeps its descriptor in the parent after a fork, and gets another one in the child #descriptor", function()
    run("https", [[
      local multi = curl.multi()
      local number = multi:descriptor()
      assert(multi:add(transport, new_request "/late"))
      multi:step(0.05)
      local pid = start_child(function()
        assert(multi:descriptor())
        assert((multi:step()))
        assert(multi:add(transport, new_request "/child"))
        local _, response = curl_requests.finish_request(multi)
        assert(response.status == 200)
      end)
      assert(process.wait(pid) == 0)
      local _, response = curl_requests.finish_request(multi)
      assert(response.body == "late")
      assert(multi:descriptor() == number)]])
  end)
end)
