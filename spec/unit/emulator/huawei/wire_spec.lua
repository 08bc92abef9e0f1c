--- kms.emulator.huawei.wire: numbers, ids, pages and times as on the wire.

local wire = require "kms.emulator.huawei.wire"

describe("kms.emulator.huawei.wire", function()
  it("is_id accepts ids of 8-4-4-4-12 lower-case letters and digits only", function()
    assert.is_true(wire.is_id "0d0466b0-e727-4d9c-b35d-f84bb474a37z")
    for _, value in ipairs { "", "0d0466b0e7274d9cb35df84bb474a37f0000", "0D0466b0-e727-4d9c-b35d-f84bb474a37f",
      "0d0466b-0e727-4d9c-b35d-f84bb474a37f", "0d0466b0-e727-4d9c-b35d-f84bb474a37", 5 } do
      assert.is_false(wire.is_id(value))
    end
  end)

  it("is_name accepts 1 to 255 of the documented characters", function()
    assert.is_true(wire.is_name("aZ09:/_-" .. ("x"):rep(247)))
    for _, value in ipairs { "", "a b", "é", ("x"):rep(256), 5, true } do assert.is_false(wire.is_name(value)) end
  end)

  it("read_number reads digits in text, and whole numbers", function()
    assert.same({ 12, 0, 7, 1e9 }, { wire.read_number "12", wire.read_number "0", wire.read_number(7), wire.read_number "1000000000" })
    for _, value in ipairs { "", "-1", "1.5", "x", "1 ", 1.5, -1, true, "10000000000" } do assert.is_nil(wire.read_number(value)) end
  end)

  it("take_page returns items and the marker of the next page, \"\" on the last one", function()
    local rules = { default = 2, max = 3, start_code = "START" }
    local function take(limit, start) return { wire.take_page({ "a", "b", "c" }, { limit = limit, start = start }, rules) } end
    assert.same({ { "a", "b" }, "2" }, take())
    assert.same({ { "a", "b" }, "2" }, take("", ""))
    assert.same({ { "c" }, "" }, take("3", "2"))
    assert.same({ { "a", "b", "c" }, "" }, take(3, ""))
    assert.same({ {}, "" }, take(nil, "9"))
    assert.same({ nil, "KMS.1601" }, take("4"))
    assert.same({ nil, "KMS.1601" }, take("0"))
    assert.same({ nil, "START" }, take("1", "x"))
  end)

  it("encode_time writes milliseconds, rounded down, and nothing for no time", function()
    assert.same({ "1767323045678", "" }, { wire.encode_time(1767323045.6789), wire.encode_time(nil) })
  end)

  it("encode_flag writes true and false as text", function()
    assert.same({ "true", "false", "false" }, { wire.encode_flag(30), wire.encode_flag(nil), wire.encode_flag(false) })
  end)

  it("the ids of domain and user are those of the account's user in IAM, or its own", function()
    local user = { owner = "o", access_key = "A", user = { name = "n", domain = "d" } }
    local plain = { owner = "o", access_key = "A" }
    assert.equal(32, #wire.get_domain_id(plain))
    assert.are_not.equal(wire.get_domain_id(user), wire.get_domain_id(plain))
    assert.are_not.equal(wire.get_user_id(user), wire.get_user_id(plain))
    assert.are_not.equal(wire.get_user_id(plain), wire.get_user_id { owner = "o", access_key = "B" })
  end)
end)
