--- kms.bulk as a whole, on virtual time against the in-process emulator.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local kms = require "kms"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

local function new_path()
  local path = os.tmpname()
  os.remove(path)
  return path
end

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

  it("sends nothing before it is executed", function()
    local cloud = bulk_cloud.new(3)
    local path = new_path()
    local run = assert(kms.bulk(cloud:move_options(3, { journal = path })))
    local keys = {}
    for step in run:each() do keys[#keys + 1] = step.key .. " " .. step.before .. " " .. step.params.primary_region end
    assert.equal(bulk_cloud.key_id(1) .. " cn-north-4 cn-east-3", keys[1])
    assert.equal(3, #keys)
    assert.equal(0, #cloud.requests)
    assert.is_nil(io.open(path))
    run:close()
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
      '6: key "' .. bulk_cloud.key_id(2) .. '" is also in line 3, with other params',
      '7: primary_region must differ from the region of the client, "cn-north-4"',
    }, found)
    assert.matches("^item 2 is not valid: key_id must be .*; 4 items in all$", err.message)
    assert.equal(0, #cloud.requests)
  end)

  it("leaves out items that repeat another one, and tells their numbers", function()
    local cloud = bulk_cloud.new(2)
    local items = { bulk_cloud.key_id(1), bulk_cloud.key_id(2), bulk_cloud.key_id(1) }
    local run = assert(kms.bulk(cloud:move_options(2, { items = items })))
    assert.same({ 3 }, run.duplicates)
    assert.same({ done = 2 }, outcomes(assert(run:execute())))
  end)

  it("reads a list line by line: trimmed, without blank lines, comments and the byte order mark", function()
    local path = new_path()
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

  it("executes a run once", function()
    local run = assert(kms.bulk(bulk_cloud.new(1):move_options(1)))
    assert(run:execute())
    assert.has_error(function() run:execute() end, "the run was executed before")
  end)

  it("runs any repeatable operation, without knowing more about it", function()
    local cloud = bulk_cloud.new(3)
    local items = { bulk_cloud.key_id(1), bulk_cloud.key_id(2), bulk_cloud.key_id(3) }
    local summary = execute { client = cloud:huawei(), operation = "disable_key", items = items }
    assert.same({ done = 3 }, outcomes(summary))
    assert.equal("disabled", cloud.cloud:key(bulk_cloud.key_id(2)).state)
  end)
end)

describe("a run of kms.bulk under a quota", function()
  for _, row in ipairs { { "without Retry-After", nil }, { "with Retry-After", "1" } } do
    it(("of 20 requests per second %s moves 300 keys within 1.1 times the ideal time"):format(row[1]), function()
      local cloud = bulk_cloud.new(300)
      cloud:set_quota(20, row[2])
      local start = cloud.cloud:clock()
      assert.same({ done = 300 }, outcomes(execute(cloud:move_options(300))))
      assert.is_true(cloud.cloud:clock() - start <= 1.1 * 15, cloud.cloud:clock() - start)
      assert.is_true(#cloud.requests < 330)
    end)
  end

  for _, row in ipairs { { 1 }, { 1, "1" }, { 2, "1" }, { 3 } } do
    it(("loses few seconds when only request %d is throttled, %s Retry-After"):format(row[1], row[2] and "with" or "without"), function()
      local cloud = bulk_cloud.new(300)
      cloud.filter = function(_, number)
        return number == row[1] and { status = 429, headers = { ["retry-after"] = row[2] }, body = "{}" } or nil
      end
      local start = cloud.cloud:clock()
      assert.same({ done = 300 }, outcomes(execute(cloud:move_options(300, { rate = 20 }))))
      assert.is_true(cloud.cloud:clock() - start <= 15 + 7, cloud.cloud:clock() - start)
    end)
  end

  it("sends at most `rate` requests per second", function()
    local cloud = bulk_cloud.new(100)
    cloud.latency = 0.001
    execute(cloud:move_options(100, { rate = 10 }))
    assert.is_true(cloud.requests[100].at - cloud.requests[1].at >= 9.9 - 0.2)
  end)

  it("never uses attempts for throttled requests", function()
    local cloud = bulk_cloud.new(3)
    cloud.filter = function(_, number)
      return number % 10 ~= 0 and { status = 429, headers = {}, body = '{"error_code":"APIGW.0308","error_msg":"wait"}' } or nil
    end
    local summary = execute(cloud:move_options(3, { attempts = 1 }))
    assert.same({ done = 3 }, outcomes(summary))
    assert.equal(27, summary.throttled)
    assert.equal(30, summary.requests)
  end)

  it("waits as long as Retry-After says", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function(_, number)
      return number == 2 and { status = 503, headers = { ["retry-after"] = "30" }, body = "" } or nil
    end
    assert.same({ done = 2 }, outcomes(execute(cloud:move_options(2))))
    assert.is_true(cloud.requests[3].at - cloud.requests[2].at >= 30)
  end)

  it("stops when the cloud accepts nothing for five minutes", function()
    local cloud = bulk_cloud.new(50)
    cloud:set_quota(0)
    local summary = execute(cloud:move_options(50))
    assert.equal("throttled", summary.stop.code)
    assert.same({ not_tried = 50 }, outcomes(summary))
  end)
end)

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

  it("stops the run if the endpoint cannot be reached", function()
    local summary, cloud = stop_of(function(cloud)
      cloud.filter = function()
        return nil, require("kms.error").new { kind = "transport", code = "connect", message = "connection refused" }
      end
    end)
    assert.equal("unreachable", summary.stop.code)
    assert.matches("connection refused", summary.stop.message)
    assert.equal(3, #cloud.requests)
    assert.same({ failed = 1, not_tried = 49 }, outcomes(summary))
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

describe("a run of kms.bulk with failures", function()
  it("repeats what may succeed later, as often as `attempts` says", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function(_, number)
      return number <= 3 and { status = 502, headers = {}, body = "<html>" } or nil
    end
    local summary = execute(cloud:move_options(2, { attempts = 4 }))
    assert.same({ done = 2 }, outcomes(summary))
    assert.equal(3, summary.retries)
  end)

  it("stops after failures in a row", function()
    local cloud = bulk_cloud.new(9)
    local summary = execute(cloud:move_options(100, { stop_after = 5 }))
    assert.equal("failures", summary.stop.code)
    assert.matches("^5 items in a row failed; the last one: The key does not exist", summary.stop.message)
    assert.same({ done = 9, failed = 5, not_tried = 86 }, outcomes(summary))
  end)

  it("stops when requests get no response, long before items fail", function()
    local cloud = bulk_cloud.new(100)
    cloud.filter = function(_, number)
      if number <= 10 then return nil end
      return nil, require("kms.error").new { kind = "transport", code = "connect", message = "connection refused" }
    end
    local summary = execute(cloud:move_options(100, { attempts = 1000 }))
    assert.equal("unreachable", summary.stop.code)
    assert.equal(40, #cloud.requests)
  end)

  it("settles a lost response of Huawei Cloud by inference at the target region", function()
    local cloud = bulk_cloud.new(5)
    cloud.drop = function(_, number) return number == 2 end
    local summary = execute(cloud:move_options(5))
    assert.same({ done = 4, already = 1, inferred = 1 }, outcomes(summary))
    assert.equal(5, cloud:count_moved(5))
    assert.equal(1, cloud:count_requests("update-primary-region", "cn-east-3"))
  end)

  it("reports keys that were moved before as already there, by inference", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(3))
    assert.same({ done = 2, already = 3, inferred = 3 }, outcomes(execute(cloud:move_options(5))))
  end)

  it("leaves a lost response uncertain without verification", function()
    local cloud = bulk_cloud.new(3)
    cloud.drop = function(_, number) return number == 2 end
    local summary = execute(cloud:move_options(3, { verify = false }))
    assert.same({ done = 2, uncertain = 1 }, outcomes(summary))
    assert.same({ bulk_cloud.key_id(2) }, summary.uncertain_keys)
  end)

  it("verifies with the client that the caller gives", function()
    local cloud = bulk_cloud.new(3)
    cloud.drop = function(_, number) return number == 2 end
    local other = cloud:huawei { region = "cn-east-3", project_id = "c6e2a0f4b8d14c7e9a3f5b1d7e0c2a68" }
    local summary = execute(cloud:move_options(3, { verify = other }))
    assert.equal(1, cloud:count_requests("c6e2a0f4b8d14c7e9a3f5b1d7e0c2a68", "cn-east-3"))
    assert.same({ done = 2, uncertain = 1 }, outcomes(summary)) -- the project is not that of the account
  end)

  it("stops when the caller says so, and begins nothing more", function()
    local cloud = bulk_cloud.new(20)
    local run
    local options = cloud:move_options(20, { on_progress = function(event)
      if event.counts.done == 7 then run:stop "enough" end
    end })
    run = assert(kms.bulk(options))
    local summary = assert(run:execute())
    assert.same({ "requested", "enough" }, { summary.stop.code, summary.stop.message })
    assert.same({ done = 7, not_tried = 13 }, outcomes(summary))
    assert.equal(7, #cloud.requests)
  end)

  it("raises what on_progress raised, after the journal is written", function()
    local cloud, path = bulk_cloud.new(20), new_path()
    local run = assert(kms.bulk(cloud:move_options(20, { journal = path, on_progress = function(event)
      if event.counts.done == 7 then error("no more", 0) end
    end })))
    assert.has_error(function() run:execute() end, "no more")
    assert.same({ done = 7, not_tried = 13 }, outcomes(assert(kms.bulk.read(path))))
    assert.same({ "error", "no more" }, { kms.bulk.read(path).stop.code, kms.bulk.read(path).stop.message })
    os.remove(path)
  end)

  it("reports progress: each outcome, and at least once per second", function()
    local cloud, events = bulk_cloud.new(3), {}
    cloud.filter = function(_, number)
      return number == 2 and { status = 429, headers = { ["retry-after"] = "5" }, body = "" } or nil
    end
    execute(cloud:move_options(3, { on_progress = function(event) events[#events + 1] = event end }))
    assert.same({ line = 1, key = bulk_cloud.key_id(1), outcome = "done", seconds = 0.01, requests = 1, retries = 0, throttled = 0,
      counts = events[1].counts }, { line = events[1].line, key = events[1].key, outcome = events[1].outcome,
      seconds = math.floor(events[1].seconds * 100 + 0.5) / 100, requests = events[1].requests, retries = events[1].retries,
      throttled = events[1].throttled, counts = events[1].counts })
    local ticks = 0
    for _, event in ipairs(events) do
      if not event.outcome then ticks = ticks + 1 end
    end
    assert.is_true(ticks >= 4)
  end)
end)

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
    options.items[1].key_name = "1x"
    _, err = kms.bulk(options)
    assert.matches('key_name must be 3 to 15 characters.* got "1x" %(2%)', err.problems[1].message)
    assert.equal(0, cloud:count_requests "/name")
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

describe("the journal of kms.bulk", function()
  local path

  before_each(function() path = new_path() end)
  after_each(function() os.remove(path) end)

  it("lets the next run continue with what is left", function()
    local cloud = bulk_cloud.new(20)
    local run
    run = assert(kms.bulk(cloud:move_options(20, { journal = path, on_progress = function(event)
      if event.counts.done == 7 then run:stop() end
    end })))
    assert(run:execute())
    run = assert(kms.bulk { client = cloud:huawei(), journal = path })
    assert.is_true(run.is_resumed)
    local summary = assert(run:execute())
    assert.same({ done = 20 }, outcomes(summary))
    assert.equal(13, summary.requests)
    assert.equal(20, #cloud.requests)
  end)

  it("continues with the same items too, and refuses others", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(5, { journal = path }))
    assert.same({ done = 5 }, outcomes(execute(cloud:move_options(5, { journal = path }))))
    local function refusal(options)
      local run, err = kms.bulk(options)
      assert.is_nil(run)
      assert.equal("journal", err.code)
      return err.message:gsub("^journal %S+ cannot be continued: ", "")
    end
    assert.equal("it belongs to a list of 5 items; this one has 4", (refusal(cloud:move_options(4, { journal = path }))))
    assert.equal("it belongs to another list: item 1 was " .. bulk_cloud.key_id(1),
      (refusal(cloud:move_options(5, { journal = path, params = { primary_region = "cn-south-1" } }))))
    assert.equal("it belongs to region cn-north-4; the client calls cn-south-1",
      (refusal { client = cloud:huawei { region = "cn-south-1" }, journal = path }))
    assert.equal("it belongs to operation huawei.update_primary_region, not ncloud.rename_key",
      (refusal(cloud:rename_options({ "one" }, { journal = path }))))
  end)

  it("is locked while a run may write to it", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(5, { journal = path }))
    local run = assert(kms.bulk { client = cloud:huawei(), journal = path })
    local other, err = kms.bulk { client = cloud:huawei(), journal = path }
    assert.is_nil(other)
    assert.equal(("cannot open journal %s: another run uses it"):format(path), err.message)
    run:close()
    assert(kms.bulk { client = cloud:huawei(), journal = path }):close()
  end)

  it("that cannot be created is an error before the first request", function()
    local cloud = bulk_cloud.new(5)
    local run = assert(kms.bulk(cloud:move_options(5, { journal = path .. "/journal" })))
    local summary, err = run:execute()
    assert.is_nil(summary)
    assert.equal(("cannot open journal %s/journal: there is no such folder"):format(path), err.message)
    assert.equal(0, #cloud.requests)
  end)

  it("tells what was done, and how to take it back", function()
    local cloud = bulk_cloud.new(5)
    cloud.drop = function(_, number) return number == 2 end
    execute(cloud:move_options(4, { journal = path }))
    local status = assert(kms.bulk.read(path))
    assert.same({ "huawei.update_primary_region", "cn-north-4", 4, 3, 1 },
      { status.operation, status.region, status.total, status.done, status.already })
    local plans = assert(kms.bulk.invert(path))
    assert.equal(1, #plans)
    assert.same({ "update_primary_region", "cn-east-3" }, { plans[1].operation, plans[1].region })
    assert.same({ key_id = bulk_cloud.key_id(1), primary_region = "cn-north-4" }, plans[1].items[1])
    assert.same({ { key_id = bulk_cloud.key_id(2), primary_region = "cn-north-4" } }, plans[1].uncertain)
    execute { client = cloud:huawei { region = "cn-east-3", project_id = "auto" }, operation = plans[1].operation, items = plans[1].items }
    assert.equal(4, cloud:count_moved(5, "cn-north-4"))
  end)

  it("takes renames back, swaps among them", function()
    local cloud = bulk_cloud.new(4)
    execute(cloud:rename_options({ "name-2", "name-1", "name-9" }, { journal = path }))
    local plans = assert(kms.bulk.invert(path))
    assert.equal(3, #plans[1].items)
    execute { client = cloud:ncloud(), operation = "rename_key", items = plans[1].items }
    assert.same({ "name-1", "name-2", "name-3" }, { cloud:name_of(1), cloud:name_of(2), cloud:name_of(3) })
  end)

  it("of another operation cannot be taken back", function()
    local cloud = bulk_cloud.new(1)
    execute { client = cloud:huawei(), operation = "disable_key", items = { bulk_cloud.key_id(1) }, journal = path }
    local plans, err = kms.bulk.invert(path)
    assert.is_nil(plans)
    assert.matches("operation huawei.disable_key cannot be taken back", err.message, 1, true)
  end)

  it("resumes items that failed after those that were not tried", function()
    local cloud = bulk_cloud.new(7)
    local items = {}
    for i = 1, 12 do items[i] = bulk_cloud.key_id(13 - i) end
    assert.same({ failed = 5, not_tried = 7 },
      outcomes(execute(cloud:move_options(12, { journal = path, items = items, stop_after = 5 }))))
    local summary = execute { client = cloud:huawei(), journal = path, stop_after = 5 }
    assert.same({ done = 7, failed = 5 }, outcomes(summary))
  end)
end)

describe("a run of kms.bulk with many items #gc", function()
  it("keeps 100,000 items in 200 MB", function()
    local cloud = bulk_cloud.new(0)
    local number = 0
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    local run = assert(kms.bulk(cloud:move_options(0, { items = function()
      number = number + 1
      return number <= 100000 and bulk_cloud.key_id(number) or nil
    end })))
    collectgarbage()
    assert.is_true(collectgarbage "count" - before < 100 * 1024)
    run:close()
  end)
end)
