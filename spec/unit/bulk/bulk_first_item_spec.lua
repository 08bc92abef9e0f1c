--- kms.bulk: the first item of a run shows what concerns all items.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local Error = require "kms.error"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

describe("the first item of a run of kms.bulk", function()
  local function stop_of(change, options)
    local cloud = bulk_cloud.new(50)
    change(cloud)
    local summary = execute(cloud:move_options(50, options and options(cloud)))
    return summary, cloud
  end

  it("stops the run after one request if the credentials are refused", function()
    local summary, cloud = stop_of(function() end, function(cloud)
      return { client = cloud:huawei { credentials = { access_key = "EMULATORHUAWEI000001", secret_key = "wrong" } } }
    end)
    assert.equal("credentials", summary.stop.code)
    assert.matches("Incorrect IAM authentication information", summary.stop.message)
    assert.equal(1, #cloud.requests)
    assert.same({ failed = 1, not_tried = 49 }, outcomes(summary))
  end)

  --- Runs with an endpoint that never responds.
  local function stop_without_response(code)
    return stop_of(function(cloud)
      cloud.filter = function() return nil, Error.new { kind = "transport", code = code, message = "it is " .. code } end
    end)
  end

  for _, code in ipairs { "connect", "dns", "tls" } do
    it(("stops the run after one request if there is no connection (%s)"):format(code), function()
      local summary, cloud = stop_without_response(code)
      assert.same({ code = "unreachable", message = "the endpoint cannot be reached: it is " .. code }, summary.stop)
      assert.equal(1, #cloud.requests)
      assert.same({ failed = 1, not_tried = 49 }, outcomes(summary))
    end)
  end

  it("stops the run after three requests if there is a connection and no response", function()
    local summary, cloud = stop_without_response "closed"
    assert.same({ code = "unreachable", message = "3 requests in a row got no response; the last one: it is closed" }, summary.stop)
    assert.equal(3, #cloud.requests)
  end)

  it("stops the run after one request if the target region does not take part, and names the regions", function()
    local summary, cloud = stop_of(function() end, function() return { params = { primary_region = "cn-east-33" } } end)
    assert.equal("target", summary.stop.code)
    assert.matches("^region cn%-east%-33 does not take part in multi%-region keys; those that do: .*cn%-east%-3", summary.stop.message)
    assert.equal(1, cloud:count_requests "update-primary-region")
    assert.equal(0, cloud:count_moved(50))
  end)

  it("stops the run if the caller has no permission", function()
    local summary = stop_of(function(cloud)
      cloud.filter = function() return { status = 403, headers = {}, body = '{"error":{"error_code":"KMS.0303","error_msg":"No permission"}}' } end
    end)
    assert.same({ "forbidden", "No permission" }, { summary.stop.code, (summary.stop.message:gsub(";.*", "")) })
  end)

  it("that fails by itself lets the next one take its place", function()
    local cloud = bulk_cloud.new(3)
    local items = { "99999999-e727-4d9c-b35d-f84bb474a37f", bulk_cloud.key_id(1), bulk_cloud.key_id(2) }
    local summary = execute(cloud:move_options(3, { items = items }))
    assert.same({ done = 2, failed = 1 }, outcomes(summary))
    assert.same({ "KMS.0207", 1, items[1] }, { summary.errors[1].code, summary.errors[1].count, summary.errors[1].keys[1] })
  end)
end)
