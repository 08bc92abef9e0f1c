--- The programs of the benchmark: they send the same request as the library, and the emulator accepts it. And the tables of
--- the results, as the plots read them.

local cjson = require "cjson"
local emulator_client = require "spec.helpers.emulator_client"
local process = require "bench.process"
local results = require "bench.results"
local socket = require "socket"
local subprocess = require "spec.helpers.subprocess"
local workload = require "bench.workload"

local TIMEOUT = 20 -- seconds; each step takes milliseconds

--- The programs that run on the Lua of the specs, or on none.
local function select_programs(programs)
  local list = {}
  for _, program in ipairs(programs) do
    if not program.lua or program.lua == subprocess.lua then list[#list + 1] = program end
  end
  return list
end

local CLOUDS = {
  huawei = {
    base = emulator_client.huawei["cn-north-4"],
    is_changed = function(keys) return keys["0d0466b0-e727-4d9c-b35d-f84bb474a37f"].primary == "cn-east-3" end,
    body = '{"key_id":"0d0466b0-e727-4d9c-b35d-f84bb474a37f","primary_region":"cn-east-3"}',
  },
  ncloud = {
    base = emulator_client.ncloud,
    is_changed = function(keys)
      return keys.a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6.key_name == "newKeyName"
    end,
    body = '{"code":"SUCCESS","msg":"","data":{"keyTag":"a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6","keyName":"newKeyName"}}',
  },
}

--- Lets a program send one request to `listener`; returns its request line, its body and the length of each header value.
local function capture_request(program, cloud, listener)
  local _, port = listener:getsockname()
  local scenario = workload.new_scenario(cloud, "http://127.0.0.1:" .. port, emulator_client.ca_file)
  local running = process.start(program, scenario)
  running:start_batch(1)
  local connection = assert(listener:accept())
  connection:settimeout(TIMEOUT)
  local request = { line = assert(connection:receive "*l"), lengths = {} }
  for line in function() return assert(connection:receive "*l") end do
    if line == "" then break end
    local name, value = line:match "^([^:]+): (.*)$"
    assert.is_nil(request.lengths[name])
    request.lengths[name] = #value
    if name == "Content-Length" then request.size = tonumber(value) end
  end
  local body = assert(connection:receive(request.size))
  request.body = cjson.decode(body) -- because the order of members may differ
  local response_body = CLOUDS[cloud].body
  assert(connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#response_body, response_body)))
  running:await_batch()
  running:stop()
  connection:close()
  return request
end

local function run_once(program, scenario)
  local running = process.start(program, scenario)
  running:run_batch(1)
  running:stop()
end

describe("the benchmark", function()
  for cloud, facts in pairs(CLOUDS) do
    for _, program in ipairs(select_programs(workload.programs)) do
      it(("makes calls with %s that the emulator accepts: %s"):format(program.name, cloud), function()
        local running = process.start(program, workload.new_scenario(cloud, facts.base, emulator_client.ca_file))
        for _ = 1, 2 do
          emulator_client.reset()
          running:run_batch(1)
          assert.is_true(facts.is_changed(emulator_client.state().keys))
        end
        running:stop()
      end)
    end

    for _, program in ipairs(select_programs(workload.parallel_programs(8))) do
      it(("makes calls at once with %s that the emulator accepts: %s"):format(program.name, cloud), function()
        emulator_client.reset()
        run_once(program, workload.new_scenario(cloud, facts.base, emulator_client.ca_file))
        assert.is_true(facts.is_changed(emulator_client.state().keys))
      end)
    end

    it("sends the same request from all programs: " .. cloud, function()
      local listener = assert(socket.bind("127.0.0.1", 0))
      listener:settimeout(TIMEOUT)
      local programs = select_programs(workload.programs)
      local expected = capture_request(programs[1], cloud, listener)
      for i = 2, #programs do assert.same(expected, capture_request(programs[i], cloud, listener)) end
      listener:close()
    end)

    it("has programs that compute the same signature: " .. cloud, function()
      for _, program in ipairs(select_programs(workload.signers)) do
        run_once(program, workload.new_signature_scenario(cloud))
      end
    end)
  end

  it("raises an error when a program computes another signature than expected", function()
    local scenario = workload.new_signature_scenario "huawei"
    scenario.stages.signature = ("0"):rep(64)
    for _, program in ipairs(select_programs(workload.signers)) do
      local running = process.start(program, scenario)
      assert.error_matches(function() running:run_batch(1) end, "expected")
      running:stop()
    end
  end)

  it("has programs that load the library", function()
    for _, program in ipairs(select_programs(workload.loaders)) do run_once(program, {}) end
  end)
end)

describe("the tables of the results", function()
  local path = os.tmpname()
  local function write(text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end
  teardown(function() os.remove(path) end)

  it("are found by the section and the text before them", function()
    write "## One\n\nHTTP:\n\n|  | ms |\n| --- | --- |\n| P0 | 1 |\n\n## Two\n\nHTTP:\n\n|  | ms |\n| --- | --- |\n| P0 | 2.5 |\n"
    local read = results.read_table(path, "Two", "HTTP:")
    assert.same({ "P0" }, read.names)
    assert.equal("2.5", results.find_cell(read, "P0", "ms"))
    assert.has_error(function() results.find_cell(read, "P0", "s") end, 'the table has no column "s"')
    assert.has_error(function() results.find_cell(read, "P1", "ms") end, 'the table has no row "P1"')
  end)

  it("that are missing are named", function()
    write "## One\n\n|  | ms |\n"
    assert.has_error(function() results.read_table(path, "Two") end, path .. ' has no table in the section "Two"')
    assert.has_error(function() results.read_table(path, "One", "TLS:") end,
      path .. ' has no table in the section "One" after "TLS:"')
  end)

  it("have medians with and without a range", function()
    assert.same({ median = 1.12, minimum = 1.11, maximum = 1.2 }, results.read_spread "1.12 (1.11 … 1.20)")
    assert.same({ median = 3, minimum = 3, maximum = 3 }, results.read_spread "3")
    assert.is_nil(results.read_spread "–")
  end)
end)
