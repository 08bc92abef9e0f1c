local request_pool = require "kms.call.request_pool"

local COMMON = { { "Content-Type", "application/json" }, { "Accept", "*/*" } }

local function list_headers(lent, signature)
  return request_pool.list_headers(lent, COMMON, signature)
end

describe("kms.call.request_pool", function()
  it("lends a request to one attempt at a time, and again after that", function()
    local first, second = request_pool.take(COMMON), request_pool.take(COMMON)
    assert.are_not.equal(first, second)
    assert.are_not.equal(first.request, second.request)
    request_pool.give_back(first, COMMON)
    assert.equal(first, request_pool.take(COMMON))
    assert.are_not.equal(second, request_pool.take(COMMON))
  end)

  it("lends a request only to attempts with the same common headers, as long as their list exists", function()
    local others = { { "Content-Type", "text/plain" } }
    local lent = request_pool.take(COMMON)
    request_pool.give_back(lent, COMMON)
    assert.are_not.equal(lent, request_pool.take(others))
    assert.equal(lent, request_pool.take(COMMON))
    local seen = setmetatable({}, { __mode = "k" })
    seen[request_pool.take(others)] = true
    lent = request_pool.take(others)
    list_headers(lent, {})
    seen[lent] = true
    request_pool.give_back(lent, others)
    lent, others = nil, nil -- luacheck: no unused
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(seen))
  end)

  it("lists the common headers and those of the signature", function()
    local lent = request_pool.take(COMMON)
    assert.same({ COMMON[1], COMMON[2], { "A", "1" } }, list_headers(lent, { A = "1" }))
    local headers = list_headers(lent, { A = "2" })
    assert.same({ COMMON[1], COMMON[2], { "A", "2" } }, headers)
    assert.equal(COMMON[1], headers[1])
    headers[4] = { "Accept-Encoding", "identity" } -- as Context:send does
    assert.same({ COMMON[1], COMMON[2], { "A", "3" }, { "Accept-Encoding", "identity" } }, list_headers(lent, { A = "3" }))
  end)

  it("lists nothing of an earlier request that had other headers in its signature", function()
    local lent = request_pool.take(COMMON)
    for _, signature in ipairs { { A = "1", B = "2", C = "3" }, { D = "4" }, { E = "5" }, {}, { F = "6", G = "7" } } do
      local expected, actual = { ["Content-Type"] = "application/json", Accept = "*/*" }, {}
      for name, value in pairs(signature) do expected[name] = value end
      for _, pair in ipairs(list_headers(lent, signature)) do actual[pair[1]] = pair[2] end
      assert.same(expected, actual)
    end
  end)

  it("forgets the body and the signature of a request that it takes back, and keeps the common headers", function()
    local lent = request_pool.take(COMMON)
    lent.request.body = "hush-body"
    local headers = list_headers(lent, { A = "hush-1", B = "hush-2" })
    request_pool.give_back(lent, COMMON)
    assert.is_nil(lent.request.body)
    assert.same({ "application/json", "*/*", "", "" }, { headers[1][2], headers[2][2], headers[3][2], headers[4][2] })
  end)

  it("keeps at most 64 requests", function()
    local lent, seen, reused_count = {}, {}, 0
    for i = 1, 200 do
      lent[i] = request_pool.take(COMMON)
      seen[lent[i]] = true
    end
    for i = 1, 200 do request_pool.give_back(lent[i], COMMON) end
    for i = 1, 200 do
      lent[i] = request_pool.take(COMMON)
      if seen[lent[i]] then reused_count = reused_count + 1 end
    end
    assert.equal(64, reused_count)
  end)
end)
