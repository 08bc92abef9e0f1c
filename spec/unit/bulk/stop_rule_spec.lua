--- kms.bulk.stop_rule: when a run stops because too much fails.

local stop_rule = require "kms.bulk.stop_rule"

local LOST = { kind = "transport", code = "closed", message = "lost" }

describe("the stop rule", function()
  it("stops after ten failures in a row by default", function()
    local rule = stop_rule.new(nil, 1000)
    for _ = 1, 9 do assert.is_nil(rule:record_item(true, "no")) end
    assert.is_nil(rule:record_item(false))
    for _ = 1, 9 do assert.is_nil(rule:record_item(true, "no")) end
    assert.equal("10 items in a row failed; the last one: no", rule:record_item(true, "no"))
  end)

  it("stops by default when more than a tenth of the items failed, but not a short list", function()
    local function fail_every_other(total)
      local rule = stop_rule.new(nil, total)
      for i = 1, total do
        local problem = rule:record_item(i % 2 == 0, "no")
        if problem then return problem end
      end
    end
    assert.equal("21 items failed, more than a tenth of the list; the last one: no", fail_every_other(200))
    assert.is_nil(fail_every_other(20))
  end)

  it("stops after the number of failures in a row that the caller gives, and not by share", function()
    local rule = stop_rule.new(2, 10)
    for _ = 1, 50 do
      assert.is_nil(rule:record_item(true, "no"))
      assert.is_nil(rule:record_item(false))
    end
    assert.is_nil(rule:record_item(true, "no"))
    assert.equal("2 items in a row failed; the last one: no", rule:record_item(true, "no"))
  end)

  it("stops when requests in a row got no response", function()
    local rule = stop_rule.new(2, 10)
    assert.is_nil(rule:record_request(nil))
    for _ = 1, 5 do assert.is_nil(rule:record_request(LOST)) end
    assert.is_nil(rule:record_request(nil))
    for _ = 1, 5 do assert.is_nil(rule:record_request(LOST)) end
    assert.equal("6 requests in a row got no response; the last one: lost", rule:record_request(LOST))
  end)

  it("stops sooner if there never was a response", function()
    local rule = stop_rule.new(nil, 10)
    for _ = 1, 2 do assert.is_nil(rule:record_request(LOST)) end
    assert.equal("3 requests in a row got no response; the last one: lost", rule:record_request(LOST))
  end)

  it("stops at once if there never was a connection", function()
    for _, code in ipairs { "dns", "connect", "tls" } do
      local rule = stop_rule.new(nil, 10)
      assert.equal("the endpoint cannot be reached: no", rule:record_request { kind = "transport", code = code, message = "no" })
    end
    local rule = stop_rule.new(nil, 10)
    rule:record_request { kind = "service", status = 500, message = "no" }
    assert.is_nil(rule:record_request { kind = "transport", code = "connect", message = "no" })
  end)

  it("never stops with false", function()
    local rule = stop_rule.new(false, 10)
    for _ = 1, 1000 do
      assert.is_nil(rule:record_item(true, "no"))
      assert.is_nil(rule:record_request(LOST))
    end
  end)
end)
