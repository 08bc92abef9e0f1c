--- kms.loop.luv in its host.

local loop_hosts = require "spec.helpers.loop_hosts"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

require("spec.helpers.loop_contract")("luv", { describe = describe, it = it, pending = pending, assert = assert })

local PROGRAM = [[
  local uv = require "luv"
  local curl_requests = require "spec.helpers.curl_requests"
  local transport = require("kms.loop.luv").new { ca_file = require("spec.helpers.test_servers").ca_file }
  local function start(target)
    coroutine.wrap(function() print(transport:send(curl_requests.new_request("https", target)).body:match "^%w+") end)()
  end
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

describe("kms.loop.luv", function()
  it("calls go on with new handles after a program has closed all handles of libuv, with a call in flight too", function()
    if not loop_hosts.find "luv" then return pending "luv is not installed for this Lua" end
    local output, ok = subprocess.run(PROGRAM, { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
    assert.is_true(ok, output)
    assert.equal("GET\nGET\nlate\n", output)
  end)
end)
