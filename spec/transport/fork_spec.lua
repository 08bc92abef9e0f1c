--- Transports and multis of kms.transport.curl after a fork: parent and child never share a connection.

local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/fork"):format(os.getenv "BUILD" or "build", subprocess.lua)

local PROLOGUE = [[
  local curl, process = require "kms.transport.curl", require "process"
  local servers = require "spec.helpers.test_servers"
  local place = %q
  local transport = curl.new { ca_file = servers.ca_file }

  local function request(target)
    return { method = "GET", scheme = place, host = servers.host(place), target = target }
  end

  --- Sends a request, checks that the response belongs to it, and returns the number of the connection.
  local function send(target)
    local response = assert(transport:send(request(target)))
    assert(response.body:match "^GET (%%S+)" == target, "this is the response to another request")
    return response.headers["x-connection"]
  end

  --- Runs a function in a child process.
  local function in_child(call)
    local pid = process.fork()
    if pid > 0 then return pid end
    local ok, problem = pcall(call)
    if not ok then io.stderr:write("child: ", tostring(problem), "\n") end
    process.exit(ok and 0 or 1)
  end
]]

--- Runs a program with the module `process`, and asserts that it succeeds.
local function run(place, program)
  local output, ok = subprocess.run(PROLOGUE:format(place) .. program, {
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

  for _, place in ipairs { "http", "https" } do
    it(("after a fork parent and child get the responses to their own requests over %s"):format(place), function()
      run(place, [[
        local first = send "/before"
        for round = 1, 20 do
          local pid = in_child(function()
            for i = 1, 5 do assert(send(("/child/%d/%d"):format(round, i)) ~= first, "the child uses the connection of its parent") end
          end)
          for i = 1, 5 do assert(send(("/parent/%d/%d"):format(round, i)) == first, "the parent lost its connection") end
          assert(process.wait(pid) == 0)
        end
        assert(transport:stats().connections == 1)]])
    end)

    it(("a child that closes or collects a transport leaves the parent's connection open over %s"):format(place), function()
      run(place, [[
        local first = send "/before"
        assert(process.wait(in_child(function() transport:close() end)) == 0)
        assert(send "/closed" == first)
        assert(process.wait(in_child(function()
          transport = nil
          collectgarbage()
          collectgarbage()
        end)) == 0)
        assert(send "/collected" == first)]])
    end)

    it(("a request that runs during a fork completes in the parent and fails in the child over %s"):format(place), function()
      run(place, [[
        local multi = curl.multi()
        local function finish_request()
          local deadline = multi:clock() + 20
          repeat
            local id, response, err = multi:step(20)
            if id then return id, response, err end
          until multi:clock() > deadline
        end
        send "/before"
        local late = assert(multi:add(transport, request "/late"))
        multi:step(0.05) -- the request is sent
        local pid = in_child(function()
          local id, response, err = finish_request()
          assert(id == late and not response and err.code == "closed" and err.uncertain, tostring(err))
          assert(multi:add(transport, request "/child"))
          id, response = finish_request()
          assert(response.body:match "^GET (%S+)" == "/child")
          send "/again"
        end)
        local id, response, err = finish_request()
        assert(id == late and response.body == "late", tostring(err))
        assert(process.wait(pid) == 0)]])
    end)

    it(("a request that connects during a fork completes in the parent and fails in the child, which can send others, over %s"):format(place), function()
      run(place, [[
        local multi = curl.multi()
        local id = assert(multi:add(transport, request "/"))
        local pid = in_child(function()
          local ended, response, err = multi:step(20)
          assert(ended == id and not response and err.code == "closed", tostring(err))
          send "/child"
        end)
        assert(process.wait(pid) == 0)
        local ended, response
        repeat ended, response = multi:step(20) until ended
        assert(response.status == 200)]])
    end)
  end

  it("a multi keeps its descriptor in the parent after a fork, and gets another one in the child #descriptor", function()
    run("https", [[
      local multi = curl.multi()
      local number = multi:descriptor()
      assert(multi:add(transport, request "/late"))
      multi:step(0.05)
      local pid = in_child(function()
        assert(multi:descriptor())
        assert((multi:step()))
        assert(multi:add(transport, request "/child"))
        local ended, response
        repeat ended, response = multi:step(20) until ended
        assert(response.status == 200)
      end)
      assert(process.wait(pid) == 0)
      local ended, response
      repeat ended, response = multi:step(20) until ended
      assert(response.body == "late")
      assert(multi:descriptor() == number)]])
  end)
end)
