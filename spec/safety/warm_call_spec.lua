--- What a call costs beyond its own work, after the first ones: garbage, and traces that LuaJIT aborts.

local subprocess = require "spec.helpers.subprocess"

local has_jit = rawget(_G, "jit") ~= nil

-- KiB per call; the response of the transport is a quarter of it. Tables have another size in each Lua.
local MAX_GARBAGE = has_jit and 1.2 or ({ ["Lua 5.4"] = 1.4 })[_VERSION] or 1.75

-- A client of each cloud over a transport that responds at once, and counts as the library's own. The time stands
-- still, so that each request of an operation has the same texts.
local CLIENTS = [[
  local kms = require "kms"
  local KEY_ID, KEYS = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", { access_key = "AK", secret_key = "secret" }
  local function new_transport(body)
    return { is_own = true, sleep = function() end, now = function() return 1767323045 end,
      send = function() return { status = 200, headers = {}, body = body } end }
  end
  local huawei = kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), credentials = KEYS,
    transport = new_transport('{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}') }
  local ncloud = kms.ncloud { credentials = KEYS,
    transport = new_transport '{"code":"SUCCESS","data":{"keyTag":"a1b2c3","keyName":"newKeyName"}}' }
  local MOVE = { key_id = KEY_ID, primary_region = "cn-east-3" }
  local RENAME = { key_tag = "a1b2c3", key_name = "newKeyName" }
  local calls = {
    huawei = function() assert(huawei:update_primary_region(MOVE)) end,
    ncloud = function() assert(ncloud:rename_key(RENAME)) end,
  }
]]

--- Runs a program after CLIENTS.
---@return string output
local function run(program)
  local output, ok = subprocess.run(CLIENTS .. program)
  assert.is_true(ok, output)
  return output
end

describe("a call of a warm client", function()
  for _, name in ipairs { "huawei", "ncloud" } do
    it(("makes at most %.2f KiB of garbage: %s"):format(MAX_GARBAGE, name), function()
      local output = run(("local call = calls.%s"):format(name) .. [[

        if jit then jit.off() end
        for _ = 1, 100 do call() end
        collectgarbage()
        collectgarbage "stop"
        local before = collectgarbage "count"
        for _ = 1, 100 do call() end
        print((collectgarbage "count" - before) / 100)
      ]])
      assert.is_true(tonumber(output) <= MAX_GARBAGE, output)
    end)
  end

  if not has_jit then return end

  -- LuaJIT tries about ten times to compile what starts at one place, and then never again. A few attempts fail anyway,
  -- because an inner loop has to be compiled first.
  it("repeats no aborted trace", function()
    local output = run [[
      local funcinfo = require("jit.util").funcinfo
      local counts, place = {}, nil
      jit.attach(function(what, _, func, position, parent)
        if what == "start" then
          place = not parent and ("%s, instruction %d"):format(funcinfo(func, position).loc or "C", position)
        elseif what == "abort" and place then
          counts[place] = (counts[place] or 0) + 1
        end
      end, "trace")
      for _ = 1, 3000 do
        calls.huawei()
        calls.ncloud()
      end
      for name, count in pairs(counts) do
        if count > 5 then print(("%s: %d aborted traces"):format(name, count)) end
      end
    ]]
    assert.equal("", output)
  end)
end)
