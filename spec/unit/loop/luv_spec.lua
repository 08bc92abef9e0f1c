--- kms.loop.luv in its host.

local curl_requests = require "spec.helpers.curl_requests"
local interruption = require "spec.helpers.interruption"
local loop_hosts = require "spec.helpers.loop_hosts"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

require("spec.helpers.loop_contract")("luv", { describe = describe, it = it, pending = pending, assert = assert })

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

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

  it("a step that a debug hook ended is followed by another one, which ends the call whose response was lost", function()
    local host = loop_hosts.find "luv"
    if not host then return pending "luv is not installed for this Lua" end
    local transport, response, err = host.new { ca_file = servers.ca_file }, nil, nil
    local loop = transport.loop
    local multi = loop.multi
    finally(function() loop.multi = multi end) -- all transports share the loop
    host.spawn(function()
      response, err = transport:send(curl_requests.new_request("https", "/", { timeout = 4 * WAIT_LIMIT }))
    end)
    interruption.follow_next_response(loop)
    interruption.catch(function()
      while true do loop.on_event() end
    end)
    local started_at = transport:clock()
    host.run()
    assert.is_nil(response)
    assert.same({ "other", true }, { err.code, err.uncertain })
    assert.is_true(transport:clock() - started_at < WAIT_LIMIT)
  end)

  it("calls of two instances of the module end, as after a plugin of Neovim was loaded again #inspect", function()
    if not loop_hosts.find "luv" then return pending "luv is not installed for this Lua" end
    assert.equal("late\nlate\n", run(LOAD_TWICE))
  end)
end)
