--- kms.loop.cqueues in its host.

local curl_requests = require "spec.helpers.curl_requests"
local interruption = require "spec.helpers.interruption"
local kms = require "kms"
local lua_features = require "spec.helpers.lua_features"
local scheduler = require "kms.transport.scheduler"
local servers = require "spec.helpers.test_servers"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

require("spec.helpers.loop_contract")("cqueues", { describe = describe, it = it, pending = pending, assert = assert })

describe("kms.loop.cqueues", function()
  it("kms.parallel waits for tasks that were started in a controller which is closed by now", function()
    local has_cqueues, cqueues = pcall(require, "cqueues")
    if not has_cqueues then return pending "cqueues is not installed for this Lua" end
    if lua_features.is_lua51 then return pending "Lua 5.1 cannot suspend the iterator of a loop, so it blocks" end
    local transport = require("kms.loop.cqueues").new { ca_file = servers.ca_file }
    local parallel, started_count, statuses = kms.parallel { concurrency = 1 }, 0, {}
    local function iterate()
      for number, status in parallel:map({ "/", "/" }, function(target)
        started_count = started_count + 1
        return scheduler.send(transport, curl_requests.new_request("https", target)).status
      end) do
        statuses[number] = status
      end
    end
    local first, second = cqueues.new(), cqueues.new()
    first:wrap(iterate)
    assert(first:step(0))
    assert.equal(1, started_count)
    first:close()
    second:wrap(iterate)
    assert(second:loop(WAIT_LIMIT))
    assert.same({ 200, 200 }, statuses)
  end)

  it("an error of a debug hook in a step ends the controller's loop once, and the calls go on", function()
    local has_cqueues, cqueues = pcall(require, "cqueues")
    if not has_cqueues then return pending "cqueues is not installed for this Lua" end
    local controller, responses, errs = cqueues.new(), {}, {}
    local transport = require("kms.loop.cqueues").new { ca_file = servers.ca_file }
    local function send(i)
      responses[i], errs[i] = transport:send(curl_requests.new_request("https", i == 2 and "/late" or "/"))
    end
    local loop = transport.loop
    for i = 1, 2 do controller:wrap(send, i) end
    local multi = loop.multi
    finally(function() loop.multi = multi end) -- all transports share the loop
    interruption.follow_next_response(loop)
    local ok, problem = controller:loop()
    assert.is_false(ok)
    assert.matches("interrupted!", problem, 1, true)
    assert.is_true(controller:loop())
    assert.equal("late", responses[2].body)
    assert.is_nil(responses[1])
    assert.same({ "other", true }, { errs[1].code, errs[1].uncertain })
  end)
end)
