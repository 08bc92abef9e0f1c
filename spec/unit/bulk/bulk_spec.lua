--- kms.bulk: its options and the plan, on virtual time against the in-process emulator.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local Error = require "kms.error"
local files = require "spec.helpers.files"
local kms = require "kms"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

local function catch(options)
  local ok, message = pcall(kms.bulk, options)
  assert.is_false(ok)
  return (message:gsub("^[^:]*:%d+: ", ""))
end

describe("kms.bulk", function()
  it("moves all keys, one request each", function()
    local cloud = bulk_cloud.new(100)
    assert.same({ done = 100 }, outcomes(execute(cloud:move_options(100))))
    assert.equal(100, cloud:count_moved(100))
    assert.equal(100, #cloud.requests)
  end)

  it("lists all items that are not valid by their number, and sends nothing", function()
    local cloud = bulk_cloud.new(5)
    local items = { bulk_cloud.key_id(1), "0d0466b0", bulk_cloud.key_id(2), 17, bulk_cloud.key_id(1),
      { key_id = bulk_cloud.key_id(2), primary_region = "cn-south-1" }, { key_id = bulk_cloud.key_id(3), primary_region = "cn-north-4" } }
    local run, err = kms.bulk(cloud:move_options(5, { items = items }))
    assert.is_nil(run)
    assert.same({ "invalid", "items" }, { err.kind, err.code })
    local found = {}
    for i, problem in ipairs(err.problems) do found[i] = problem.line .. ": " .. problem.message end
    assert.same({
      '2: key_id must be 36 characters, lower-case letters and digits in groups of 8-4-4-4-12; got "0d0466b0" (8)',
      "4: field 'key_id': string expected, got number",
      '6: key "' .. bulk_cloud.key_id(2) .. '" is also in line 3, with another value',
      '7: primary_region must differ from the region of the client, "cn-north-4"',
    }, found)
    assert.matches("^item 2 is not valid: key_id must be .*; 4 items in all$", err.message)
    assert.equal(0, #cloud.requests)
  end)

  it("lists items that the caller cannot read together with those that are not valid", function()
    local cloud = bulk_cloud.new(3)
    local rows = { { bulk_cloud.key_id(1) }, { {}, "the line has no end" }, { "0d0466b0" } }
    local number = 0
    local run, err = kms.bulk(cloud:move_options(3, { items = function()
      number = number + 1
      if rows[number] then return rows[number][1], 10 * number, rows[number][2] end
    end }))
    assert.is_nil(run)
    assert.same({ 20, 30 }, { err.problems[1].line, err.problems[2].line })
    assert.equal("the line has no end", err.problems[1].message)
  end)

  it("checks the targets before the first change if there are several, and names the lines", function()
    local cloud = bulk_cloud.new(4)
    local items = {}
    for i, region in ipairs { "cn-east-3", "cn-east-33", "cn-east-3", "no-where-7" } do
      items[i] = { key_id = bulk_cloud.key_id(i), primary_region = region }
    end
    local run, err = kms.bulk(cloud:move_options(4, { items = items }))
    assert.is_nil(run)
    assert.equal(2, #err.problems)
    assert.equal(2, err.problems[1].line)
    assert.matches("^region cn%-east%-33 does not take part in multi%-region keys; those that do: .*cn%-east%-3", err.problems[1].message)
    assert.matches("^region no%-where%-7 does not take part", err.problems[2].message)
    assert.equal(1, #cloud.requests)
  end)

  it("does not check the targets without verification, or without the permission to read them", function()
    local cloud = bulk_cloud.new(2)
    local items = { { key_id = bulk_cloud.key_id(1), primary_region = "cn-east-3" },
      { key_id = bulk_cloud.key_id(2), primary_region = "no-where-7" } }
    assert(kms.bulk(cloud:move_options(2, { items = items, verify = false })))
    assert.equal(0, #cloud.requests)
    cloud.filter = function() return { status = 403, headers = {}, body = '{"error":{"error_code":"KMS.0303","error_msg":"No permission"}}' } end
    assert(kms.bulk(cloud:move_options(2, { items = items })))
    assert.equal(1, #cloud.requests)
  end)

  it("returns the error if the endpoint cannot be reached when the targets are checked, after one request", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function() return nil, Error.new { kind = "transport", code = "connect", message = "refused", retryable = true } end
    local run, err = kms.bulk(cloud:move_options(2, { items = { bulk_cloud.key_id(1),
      { key_id = bulk_cloud.key_id(2), primary_region = "cn-south-1" } } }))
    assert.is_nil(run)
    assert.same({ "connect", 1 }, { err.code, #cloud.requests })
  end)

  it("leaves out items that repeat another one, and tells their numbers", function()
    local cloud = bulk_cloud.new(2)
    local items = { bulk_cloud.key_id(1), bulk_cloud.key_id(2), bulk_cloud.key_id(1) }
    local run = assert(kms.bulk(cloud:move_options(2, { items = items })))
    assert.same({ 3 }, run.duplicates)
    assert.same({ done = 2 }, outcomes(assert(run:execute())))
  end)

  it("reads a list line by line: trimmed, without blank lines, comments and the byte order mark", function()
    local path = files.new_path()
    local file = assert(io.open(path, "wb"))
    file:write("\239\187\191# keys\r\n  one\t\r\n\r\n", "two\n   \n#three\nfour")
    file:close()
    local found = {}
    file = assert(io.open(path))
    for line, number in kms.bulk.lines(file) do found[#found + 1] = number .. " " .. line end
    file:close()
    os.remove(path)
    assert.same({ "2 one", "4 two", "7 four" }, found)
  end)

  it("raises for wrong options at the caller's line", function()
    local client = bulk_cloud.new(0):huawei()
    local list = { client = client, operation = "update_primary_region", items = {} }
    local function with(name, value)
      local copy = {}
      for key, each in pairs(list) do copy[key] = each end
      copy[name] = value
      return copy
    end
    local prefix = "bad argument #1 to 'bulk' "
    assert.equal(prefix .. "(option 'client' is missing)", catch {})
    assert.equal(prefix .. "(option 'client': a client expected)", catch(with("client", {})))
    assert.equal(prefix .. "(option 'operation': no operation \"move\")", catch(with("operation", "move")))
    assert.equal(prefix .. "(option 'operation': create_key is not repeatable)", catch(with("operation", "create_key")))
    assert.equal(prefix .. "(option 'concurrency': a whole number above 0 expected, got 1.5)", catch(with("concurrency", 1.5)))
    assert.equal(prefix .. "(option 'stop_after': number or false expected, got true)", catch(with("stop_after", true)))
    assert.equal(prefix .. "(option 'operation' is missing)", catch { client = client, items = {} })
    assert.equal(prefix .. "(option 'items' is missing)", catch { client = client, operation = "update_primary_region" })
    local ok, message = pcall(function() kms.bulk(with("jurnal", "x")) end)
    assert.is_false(ok)
    assert.matches("bulk_spec.lua:%d+: bad argument #1 to 'bulk' %(unknown option \"jurnal\"", message)
  end)

  it("returns an error if the client lacks a setting", function()
    local run, err = kms.bulk(bulk_cloud.new(1):move_options(1, { client = kms.huawei { project_id = "auto" } }))
    assert.is_nil(run)
    assert.equal("region", err.code)
  end)

  it("runs any repeatable operation, without knowing more about it", function()
    local cloud = bulk_cloud.new(3)
    local items = { bulk_cloud.key_id(1), bulk_cloud.key_id(2), bulk_cloud.key_id(3) }
    local summary = execute { client = cloud:huawei(), operation = "disable_key", items = items }
    assert.same({ done = 3 }, outcomes(summary))
    assert.equal("disabled", cloud.cloud:key(bulk_cloud.key_id(2)).state)
  end)
end)

describe("a run of kms.bulk with many items #gc", function()
  it("keeps 100,000 items in 100 MiB", function()
    local cloud = bulk_cloud.new(0)
    local number = 0
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    local run = assert(kms.bulk(cloud:move_options(0, { items = function()
      number = number + 1
      -- Keys of bulk_cloud differ in the digits that older releases of LuaJIT leave out of the hash of a string.
      return number <= 100000 and ("0d0466b0-e727-4d9c-b35d-%012x"):format(number) or nil
    end })))
    collectgarbage()
    assert.is_true(collectgarbage "count" - before < 100 * 1024)
    run:close()
  end)
end)
