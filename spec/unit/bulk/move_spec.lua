--- kms.bulk.move: what a run knows about update_primary_region.

local fake_requester = require "spec.helpers.fake_requester"
local move = require "kms.bulk.move"

local STEP = { n = 1, line = 1, key = "id", before = "cn-north-4", params = { key_id = "id", primary_region = "cn-east-3" } }

describe("the move of a key", function()
  it("is verified by the same call at the target region", function()
    local requester = fake_requester.new({ result = { request_id = "r1" } }, { err = { code = "KMS.0106", request_id = "r2" } },
      { err = { code = "timeout" } })
    assert.same({ true, nil, "r1", n = 3 }, { n = 3, move.verify(STEP, requester) })
    assert.same({ false, nil, "r2", n = 3 }, { n = 3, move.verify(STEP, requester) })
    assert.same({ nil, { code = "timeout" }, n = 2 }, { n = 2, move.verify(STEP, requester) })
    assert.same({ "update_primary_region", STEP.params, "cn-east-3" }, requester.calls[1])
  end)

  it("may have been made if the cloud says that the key is a replica", function()
    assert.is_true(move.may_be_done { code = "KMS.0106" })
    assert.is_false(move.may_be_done { code = "KMS.0308" })
  end)

  it("is planned with the region that is called as the previous one", function()
    local step, same = { line = 1, params = { primary_region = "cn-east-3" } }, { line = 2, params = { primary_region = "cn-north-4" } }
    assert.same({ { line = 2, message = 'primary_region must differ from the region of the client, "cn-north-4"' } },
      move.plan({ step, same }, fake_requester.new()))
    assert.equal("cn-north-4", step.before)
  end)

  it("explains an invalid parameter by the regions that take part", function()
    local function explain(err, response)
      return move.explain(STEP, err, fake_requester.new(response))
    end
    local text = "region cn-east-3 does not take part in multi-region keys; those that do: a, b"
    assert.equal(text, explain({ code = "KMS.0308" }, { result = { regions = { "a", "b" } } }))
    assert.is_nil(explain({ code = "KMS.0308" }, { result = { regions = { "a", "cn-east-3" } } }))
    assert.is_nil(explain({ code = "KMS.0308" }, { err = { code = "timeout" } }))
    assert.is_nil(explain { code = "KMS.0207" })
  end)

  it("is taken back by a call at the target region", function()
    assert.same({ { key_id = "id", primary_region = "cn-north-4" }, "cn-east-3" }, { move.invert(STEP) })
    assert.is_nil(move.invert { params = STEP.params })
  end)
end)
