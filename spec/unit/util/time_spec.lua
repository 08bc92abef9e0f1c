local time = require "kms.util.time"

describe("kms.util.time", function()
  it("format_iso8601 writes what parse_iso8601 parses", function()
    assert.equal("2022-10-17T18:51:25Z", time.format_iso8601(1666032685.9))
    for _, seconds in ipairs { 0, 951782400, 1709164799, 2147483648, 4294967296, 253402300799 } do
      assert.equal(seconds, time.parse_iso8601(time.format_iso8601(seconds)))
      assert.equal(seconds, time.parse_iso8601(time.format_basic(seconds)))
    end
  end)

  it("format_iso8601 and format_basic write times past 2038, also where a time_t has 32 bits", function()
    for seconds, text in pairs {
      [0] = "1970-01-01T00:00:00Z", [-1] = "1969-12-31T23:59:59Z", [951782399.9] = "2000-02-28T23:59:59Z",
      [951782400] = "2000-02-29T00:00:00Z", [2147483647] = "2038-01-19T03:14:07Z", [2147483648] = "2038-01-19T03:14:08Z",
      [4107542399] = "2100-02-28T23:59:59Z", [4107542400] = "2100-03-01T00:00:00Z", [4294967296] = "2106-02-07T06:28:16Z",
      [13574563200] = "2400-02-29T00:00:00Z", [253402300799] = "9999-12-31T23:59:59Z",
    } do
      assert.equal(text, time.format_iso8601(seconds))
      assert.equal((text:gsub("[-:]", "")), time.format_basic(seconds))
    end
  end)

  it("compute_date returns the date that the system's calendar has, up to year 9999", function()
    local has_long_times, text = pcall(os.date, "!%Y", 253402300799)
    local limit = has_long_times and text == "9999" and 253402300799 or 2147483647
    for _ = 1, 2000 do
      local seconds = math.floor(math.random() * limit)
      local expected = os.date("!*t", seconds)
      expected.isdst, expected.yday = nil, nil
      assert.same(expected, time.compute_date(seconds))
    end
  end)

  it("parse_http_date parses the form of a Date header", function()
    assert.equal(784111777, time.parse_http_date "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(0, time.parse_http_date "Thu, 01 Jan 1970 00:00:00 GMT")
  end)

  it("parse_http_date parses the two obsolete forms", function()
    assert.equal(784111777, time.parse_http_date "Sunday, 06-Nov-94 08:49:37 GMT")
    assert.equal(784111777, time.parse_http_date "Sun Nov  6 08:49:37 1994")
    assert.equal(784975777, time.parse_http_date "Wed Nov 16 08:49:37 1994")
  end)

  it("parse_http_date takes a year of two digits for one that is at most 50 years in the future", function()
    local year = time.compute_date(os.time()).year
    for offset = -49, 50 do
      local expected = time.parse_http_date(("Sun, 01 Mar %d 00:00:00 GMT"):format(year + offset))
      assert.equal(expected, time.parse_http_date(("Sunday, 01-Mar-%02d 00:00:00 GMT"):format((year + offset) % 100)))
    end
  end)

  it("parse_http_date returns nil for any other form", function()
    for _, text in ipairs { "", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37 94", "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", " Sun, 06 Nov 1994 08:49:37 GMT" } do
      assert.is_nil(time.parse_http_date(text), text)
    end
  end)

  it("parse_iso8601 parses the basic and the extended form, with fractions of a second", function()
    assert.equal(1639723383, time.parse_iso8601 "20211217T064303Z")
    assert.equal(1639723383, time.parse_iso8601 "2021-12-17T06:43:03Z")
    assert.equal(1639723383.5, time.parse_iso8601 "2021-12-17 06:43:03.5")
    assert.equal(1639723383.25, time.parse_iso8601 "20211217T064303.250Z")
    assert.equal(1639723383, time.parse_iso8601 "20211217T064303.Z")
  end)

  it("parse_iso8601 returns nil for any other form", function()
    for _, text in ipairs { "", "now", "2021-12-17", "2021-12-17T06:43", "2021-13-17T06:43:03Z", "2021-12-17T06:43:03+08:00" } do
      assert.is_nil(time.parse_iso8601(text), text)
    end
  end)

  it("counts leap days, and allows for a leap second", function()
    assert.equal(951782400, time.parse_iso8601 "2000-02-29T00:00:00Z")
    assert.equal(951868800, time.parse_iso8601 "2000-03-01T00:00:00Z")
    assert.equal(4107542400, time.parse_iso8601 "2100-03-01T00:00:00Z") -- 2100 is not a leap year
    assert.equal(1483228800, time.parse_iso8601 "2016-12-31T23:59:60Z")
  end)
end)
