--- The programs that calls are measured against do the same work as the library: what they send is accepted where it is
--- judged, and is the same request.

local cjson = require "cjson"
local socket = require "socket"
local child = require "spec.helpers.subprocess"
local emulated = require "spec.helpers.emulator_client"
local process = require "bench.process"
local workload = require "bench.workload"

local PATIENCE = 20 -- seconds for what takes milliseconds

local function on_this_lua(programs)
  local list = {}
  for _, program in ipairs(programs) do
    if not program.lua or program.lua == child.lua then list[#list + 1] = program end
  end
  return list
end

local CLOUDS = {
  huawei = {
    base = emulated.huawei["cn-north-4"],
    changed = function(keys) return keys["0d0466b0-e727-4d9c-b35d-f84bb474a37f"].primary == "cn-east-3" end,
    answer = '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":"cn-east-3"}',
  },
  ncloud = {
    base = emulated.ncloud,
    changed = function(keys)
      return keys.a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6.key_name == "newKeyName"
    end,
    answer = '{"code":"SUCCESS","msg":"","data":{"keyTag":"a1b2c3","keyName":"newKeyName"}}',
  },
}

--- The request that a program sends, taken apart: request line, body, and for each header's name its value's length.
local function request_of(program, cloud, listener)
  local _, port = listener:getsockname()
  local running = process.start(program, workload.place(cloud, "http://127.0.0.1:" .. port, emulated.ca_file))
  running:give(1)
  local connection = assert(listener:accept())
  connection:settimeout(PATIENCE)
  local request = { line = assert(connection:receive "*l"), lengths = {} }
  for line in function() return assert(connection:receive "*l") end do
    if line == "" then break end
    local name, value = line:match "^([^:]+): (.*)$"
    assert.is_nil(request.lengths[name])
    request.lengths[name] = #value
    if name == "Content-Length" then request.size = tonumber(value) end
  end
  local body = assert(connection:receive(request.size))
  request.body = cjson.decode(body) -- members have no order
  local answer = CLOUDS[cloud].answer
  assert(connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#answer, answer)))
  running:await()
  running:stop()
  connection:close()
  return request
end

describe("the benchmark", function()
  for cloud, facts in pairs(CLOUDS) do
    for _, program in ipairs(on_this_lua(workload.programs)) do
      it(("makes calls that %s accepts: %s"):format(cloud, program.name), function()
        local running = process.start(program, workload.place(cloud, facts.base, emulated.ca_file))
        for _ = 1, 2 do
          emulated.reset()
          running:ask(1)
          assert.is_true(facts.changed(emulated.state().keys))
        end
        running:stop()
      end)
    end

    for _, program in ipairs(on_this_lua(workload.parallel(8))) do
      it(("makes calls that %s accepts: %s, many at once"):format(cloud, program.name), function()
        emulated.reset()
        local running = process.start(program, workload.place(cloud, facts.base, emulated.ca_file))
        running:ask(1)
        running:stop()
        assert.is_true(facts.changed(emulated.state().keys))
      end)
    end

    it("sends the same request from all programs: " .. cloud, function()
      local listener = assert(socket.bind("127.0.0.1", 0))
      listener:settimeout(PATIENCE)
      local programs = on_this_lua(workload.programs)
      local floor = request_of(programs[1], cloud, listener)
      for i = 2, #programs do assert.same(floor, request_of(programs[i], cloud, listener)) end
      listener:close()
    end)

    it("signs to the same end in all programs: " .. cloud, function()
      for _, program in ipairs(on_this_lua(workload.signers)) do
        local running = process.start(program, workload.signature(cloud))
        running:ask(1)
        running:stop()
      end
    end)
  end

  it("measures programs that fail by saying so", function()
    local wrong = workload.signature "huawei"
    wrong.stages.signature = ("0"):rep(64)
    for _, program in ipairs(on_this_lua(workload.signers)) do
      local running = process.start(program, wrong)
      assert.error_matches(function() running:ask(1) end, "is not the ")
      running:stop()
    end
  end)

  it("loads the library where loading is measured", function()
    for _, program in ipairs(on_this_lua(workload.loaders)) do
      local running = process.start(program, {})
      running:ask(1)
      running:stop()
    end
  end)
end)
