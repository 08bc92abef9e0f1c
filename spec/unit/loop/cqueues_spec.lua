--- kms.loop.cqueues in its host.

local curl_requests = require "spec.helpers.curl_requests"
local interruption = require "spec.helpers.interruption"
local servers = require "spec.helpers.test_servers"

require("spec.helpers.loop_contract")("cqueues", { describe = describe, it = it, pending = pending, assert = assert })

describe("kms.loop.cqueues", function()
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
