--- kms.emulator.time: formats of points in time.

local time = require "kms.emulator.time"

describe("kms.emulator.time", function()
  it("format_http writes the value of a Date header", function()
    assert.equal("Sun, 06 Nov 1994 08:49:37 GMT", time.format_http(784111777))
    assert.equal("Fri, 02 Jan 2026 03:04:05 GMT", time.format_http(1767323045.6789))
  end)

  it("format_iso and format_iso_micros write ISO 8601 and round down", function()
    assert.equal("2026-01-02T03:04:05Z", time.format_iso(1767323045.6789))
    assert.equal("2026-01-02T03:04:05.678900Z", time.format_iso_micros(1767323045.6789))
    assert.equal("2026-01-02T03:04:05.000000Z", time.format_iso_micros(1767323045))
  end)

  it("parse_sdk_date reads what format_sdk_date writes", function()
    for _, seconds in ipairs { 0, 951782400, 1709164800, 1767323045, 4102444799 } do
      assert.equal(seconds, time.parse_sdk_date(time.format_sdk_date(seconds)))
    end
    assert.equal(1767323045, time.parse_sdk_date "20260102T030405Z")
  end)

  it("parse_sdk_date refuses other forms and impossible months and days", function()
    for _, text in ipairs {
      "", "20260102", "20260102T030405", "2026-01-02T03:04:05Z", "20261302T030405Z", "20260100T030405Z",
    } do
      assert.is_nil(time.parse_sdk_date(text), text)
    end
  end)
end)
