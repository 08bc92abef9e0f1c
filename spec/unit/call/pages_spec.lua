local cjson = require "cjson.safe"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local pages = require "kms.call.pages"

describe("kms.call.pages", function()
  local requested

  before_each(function() requested = {} end)

  --- Creates the call of an iteration: returns the results in turn, and keeps the params.
  local function new_call(results, names)
    return function(params)
      local copy = {}
      for _, name in ipairs(names) do copy[name] = params[name] end
      requested[#requested + 1] = copy
      local result = results[#requested]
      if type(result) == "string" then return nil, { code = result } end
      return result
    end
  end

  --- Collects the items, and the error as its code.
  local function collect(entry, params, results)
    local list = {}
    local names = { entry.paging.param, entry.paging.limit }
    for number, item, err in pages.iterate("huawei", entry, params, new_call(results, names)) do
      assert.equal(#list + 1, number)
      list[number] = item or err.code
    end
    return list
  end

  local MARKER = { name = "list", params = { { name = "limit", default = 50 }, { name = "marker" } },
    paging = { items = "keys", param = "marker", next = "info.next", more = "truncated", limit = "limit" } }

  it("follows markers, with the default limit beside them, and returns the items of all pages in order", function()
    assert.same({ "a", "b", "c" }, collect(MARKER, {}, {
      { keys = { "a", "b" }, info = { next = "m1" }, truncated = true }, { keys = {}, info = { next = "m2" } },
      { keys = { "c" }, info = { next = "" } },
    }))
    assert.same({ {}, { marker = "m1", limit = 50 }, { marker = "m2", limit = 50 } }, requested)
  end)

  it("ends where the response says that nothing is left, or has no marker", function()
    assert.same({ "a" }, collect(MARKER, { limit = 1 }, { { keys = { "a" }, info = { next = "m" }, truncated = false } }))
    requested = {}
    assert.same({ "a" }, collect(MARKER, {}, { { keys = { "a" } } }))
    requested = {}
    assert.same({}, collect(MARKER, {}, { {} }))
  end)

  it("returns an error for a marker that was sent before, after the items of the page", function()
    assert.same({ "a", "b", "repeated_page" }, collect(MARKER, {}, {
      { keys = { "a" }, info = { next = "m" } }, { keys = { "b" }, info = { next = "m" } } }))
    requested = {}
    assert.same({ "a", "b", "c", "repeated_page" }, collect(MARKER, {}, {
      { keys = { "a" }, info = { next = "m" } }, { keys = { "b" }, info = { next = "n" } },
      { keys = { "c" }, info = { next = "m" } } }))
  end)

  local OFFSET = { name = "list", params = { { name = "limit", default = 2 }, { name = "offset" } },
    paging = { items = "keys", param = "offset", limit = "limit", total = "total" } }

  it("counts items for an offset until the total is reached", function()
    assert.same({ "a", "b", "c" }, collect(OFFSET, { offset = 4 }, {
      { keys = { "a", "b" }, total = 7 }, { keys = { "c" }, total = 7 } }))
    assert.same({ { offset = 4 }, { offset = 6 } }, requested)
  end)

  it("ends at a short or an empty page if there is no total", function()
    assert.same({ "a", "b", "c" }, collect(OFFSET, {}, { { keys = { "a", "b" } }, { keys = { "c" } } }))
    requested = {}
    assert.same({ "a", "b" }, collect(OFFSET, {}, { { keys = { "a", "b" } }, { keys = {} } }))
  end)

  it("ends at an empty page, whatever the total is", function()
    assert.same({ "a" }, collect(OFFSET, {}, { { keys = { "a" }, total = 1e9 }, { keys = {}, total = 1e9 } }))
  end)

  it("returns an error for a page that equals the one before", function()
    local page = { keys = { { id = "a", tags = { "x" } }, { id = "b" } }, total = 1e9 }
    assert.same({ page.keys[1], page.keys[2], "repeated_page" }, collect(OFFSET, {}, { page, page }))
  end)

  it("accepts a page that only begins like the one before", function()
    assert.same({ "a", "b", "a", "c" }, collect(OFFSET, {}, {
      { keys = { "a", "b" }, total = 4 }, { keys = { "a", "c" }, total = 4 } }))
  end)

  local NUMBER = { name = "list", params = { { name = "page" } },
    paging = { items = "keys", param = "page", first = 1, pages = "pages" } }

  it("counts pages up to their number, and to an empty page without it", function()
    assert.same({ "a", "b" }, collect(NUMBER, {}, { { keys = { "a" }, pages = 2 }, { keys = { "b" }, pages = 2 } }))
    assert.same({ {}, { page = 2 } }, requested)
    requested = {}
    assert.same({ "a", "b" }, collect(NUMBER, { page = 3 }, { { keys = { "a" } }, { keys = { "b" } }, {} }))
    assert.same({ { page = 3 }, { page = 4 }, { page = 5 } }, requested)
  end)

  it("returns the error of a page as the last value, and nothing after it", function()
    local iterate = pages.iterate("huawei", NUMBER, {}, new_call({ { keys = { "a" } }, "closed", { keys = { "b" } } }, {}))
    assert.same({ 1, "a" }, { iterate() })
    assert.same({ 2, nil, { code = "closed" } }, { iterate() })
    assert.is_nil(iterate())
    assert.is_nil(iterate())
  end)

  it("copies the params, so that later changes by the caller have no effect", function()
    local params, seen = { tags = { "a" } }, nil
    local iterate = pages.iterate("huawei", NUMBER, params, function(given)
      seen = given
      return { keys = { #requested + 1 }, pages = 9 }
    end)
    params.tags[1], params.page = "b", 7
    iterate()
    assert.same({ "a" }, seen.tags)
  end)

  local function new_client(...)
    local transport = fake_transport.new(...)
    return kms.ncloud { credentials = { access_key = "AKFAKE01", secret_key = "SKFAKE01" }, transport = transport,
      retry = false }, transport
  end

  local function new_page(number)
    return { cjson.encode { code = "SUCCESS", data = { keyList = { { keyTag = "t" .. number } }, totalPageNo = 2 } } }
  end

  it("each of a client gets a page when its first item is needed", function()
    local client, transport = new_client(new_page(1), new_page(2))
    local iterate = client:each("list_keys")
    assert.equal(0, #transport.requests)
    assert.equal("t1", select(2, iterate()).key_tag)
    assert.equal(1, #transport.requests)
    assert.equal("t2", select(2, iterate()).key_tag)
    assert.is_nil(iterate())
    assert.same({ "/kms/v1/keys", "/kms/v1/keys?pageNo=2" }, { transport.requests[1].target, transport.requests[2].target })
  end)

  it("each returns the error of a page with the number of the item that is missing", function()
    local client = new_client(new_page(1), { status = 404, body = "" })
    local iterate = client:each("list_keys", {})
    assert.equal(1, (iterate()))
    local number, item, err = iterate()
    assert.same({ 2, nil, "list_keys", 404 }, { number, item, err.operation, err.status })
  end)

  it("each runs in a coroutine and in a task of kms.parallel", function()
    local client = new_client(new_page(1), new_page(2))
    for _, count in kms.parallel():map({ 1 }, function()
      local count = 0
      for _, item in client:each("list_keys", {}) do count = item and count + 1 end
      return count
    end) do
      assert.equal(2, count)
    end
  end)

  it("each raises argument errors at its caller", function()
    local client = new_client(new_page(1))
    for problem, call in pairs {
      ['bad argument #1 to \'each\' (no operation "list")'] = function() client:each("list", {}) end,
      ["bad argument #1 to 'each' (operation get_key has no pages)"] = function() client:each("get_key", {}) end,
      ["bad argument #2 to 'each' (field 'page_no': whole number expected, got string)"] =
        function() client:each("list_keys", { page_no = "x" }) end,
      ["bad argument #3 to 'each' (option 'timeout': a number above 0 expected, got 0)"] =
        function() client:each("list_keys", {}, { timeout = 0 }) end,
      ["calling 'each' on bad self (kms.ncloud client expected, got table)"] = function() client.each({}, "list_keys") end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.equal(problem, (message:gsub("^spec/unit/call/pages_spec.lua:%d+: ", "")))
    end
  end)
end)
