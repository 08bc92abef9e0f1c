--- kms.loop.luv in its host.

local loop_hosts = require "spec.helpers.loop_hosts"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

require("spec.helpers.loop_contract")("luv", { describe = describe, it = it, pending = pending, assert = assert })

local DEFINITIONS = [[
  local uv = require "luv"
  local curl_requests = require "spec.helpers.curl_requests"
  local function new_transport()
    return require("kms.loop.luv").new { ca_file = require("spec.helpers.test_servers").ca_file }
  end
  local transport = new_transport()
  local function start(target)
    local transport = transport
    coroutine.wrap(function() print(transport:send(curl_requests.new_request("https", target)).body:match "^%w+") end)()
  end
]]

local CLOSE_HANDLES = DEFINITIONS .. [[
  local function close_handles()
    uv.walk(function(handle) if not handle:is_closing() then handle:close() end end)
  end
  start "/"
  uv.run()
  close_handles()
  uv.run()
  start "/late" -- needs new handles
  close_handles()
  uv.run()
  start "/"
  uv.run()
]]

-- Only one poll of libuv can watch the descriptor. AddressSanitizer reports the one that luv leaks.
local LOAD_TWICE = DEFINITIONS .. [[
  start "/late"
  package.loaded["kms.loop.luv"] = nil
  transport = new_transport()
  start "/late"
  local started_at = transport:clock()
  uv.run()
  assert(transport:clock() - started_at < 8, "a call ended with a timer of libcurl")
]]

describe("kms.loop.luv", function()
  local function run(program)
    local output, ok = subprocess.run(program, { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
    assert.is_true(ok, output)
    return output
  end

  it("calls go on with new handles after a program has closed all handles of libuv, with a call in flight too", function()
    if not loop_hosts.find "luv" then return pending "luv is not installed for this Lua" end
    assert.equal("GET\nGET\nlate\n", run(CLOSE_HANDLES))
  end)

  it("calls of two instances of the module end, as after a plugin of Neovim was loaded again #inspect", function()
    if not loop_hosts.find "luv" then return pending "luv is not installed for this Lua" end
    assert.equal("late\nlate\n", run(LOAD_TWICE))
  end)
end)
