--- kms.bulk renames keys: chains, swaps, and names that are not valid.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local kms = require "kms"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

describe("renaming with kms.bulk", function()
  it("orders chains and swaps so that every name is free when it is needed", function()
    local cloud = bulk_cloud.new(6)
    local summary = execute(cloud:rename_options { "name-2", "name-3", "new-name", "name-5", "name-4", "name-6" })
    assert.same({ done = 5, already = 1 }, outcomes(summary))
    local names = {}
    for i = 1, 6 do names[i] = cloud:name_of(i) end
    assert.same({ "name-2", "name-3", "new-name", "name-5", "name-4", "name-6" }, names)
    assert.equal(6, cloud:count_requests "/name") -- one more for the swap, none for the name that stays
  end)

  it("refuses names that are not valid, taken, or wanted twice, and tags that do not exist", function()
    local cloud = bulk_cloud.new(4)
    local options = cloud:rename_options { "name-4", "new-name", "new-name" }
    options.items[4] = { key_tag = "nowhere", key_name = "other-name" }
    local _, err = kms.bulk(options)
    local found = {}
    for i, problem in ipairs(err.problems) do found[i] = problem.line .. ": " .. problem.message end
    assert.same({ '1: name "name-4" is taken by key tag00004', '3: name "new-name" is also in line 2',
      '4: there is no key with tag "nowhere"' }, found)
    assert.equal(0, cloud:count_requests "/name")
  end)

  it("lists names that are not valid together with those that are taken", function()
    local cloud = bulk_cloud.new(4)
    local options = cloud:rename_options { "1x", "name-4", "new-name", "name-1" }
    options.items[4] = nil
    local _, err = kms.bulk(options)
    assert.equal(2, #err.problems)
    assert.matches('key_name must be 3 to 15 characters.* got "1x" %(2%)', err.problems[1].message)
    assert.equal('name "name-4" is taken by key tag00004', err.problems[2].message)
  end)

  it("does not call a name taken by a key whose own line is not valid", function()
    local cloud = bulk_cloud.new(3)
    local _, err = kms.bulk(cloud:rename_options { "1x", "name-1", "name-9" })
    assert.equal(1, #err.problems)
    assert.equal(1, err.problems[1].line)
  end)

  it("reads the names once if the endpoint cannot be reached", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function()
      return nil, require("kms.error").new { kind = "transport", code = "connect", message = "refused", retryable = true }
    end
    local run, err = kms.bulk(cloud:rename_options { "one", "two" })
    assert.is_nil(run)
    assert.same({ "list_keys", "connect", 1 }, { err.operation, err.code, #cloud.requests })
  end)

  it("settles a lost response with get_key", function()
    local cloud = bulk_cloud.new(3)
    cloud.drop = function(request) return request.method == "PUT" and request.target:find "00002" ~= nil end
    local summary = execute(cloud:rename_options({ "one", "two", "three" }, { attempts = 2 }))
    assert.same({ done = 3 }, outcomes(summary))
    assert.equal("two", cloud:name_of(2))
  end)

  it("does not read names without verification", function()
    local cloud = bulk_cloud.new(2)
    assert.same({ done = 2 }, outcomes(execute(cloud:rename_options({ "one", "two" }, { verify = false }))))
    assert.equal(2, #cloud.requests)
  end)

  it("returns the error of the list of names", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function() return { status = 403, headers = {}, body = '{"code":"FORBIDDEN","msg":"no","data":null}' } end
    local run, err = kms.bulk(cloud:rename_options { "one", "two" })
    assert.is_nil(run)
    assert.same({ "list_keys", 403 }, { err.operation, err.status })
  end)
end)
