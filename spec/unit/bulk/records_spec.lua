--- kms.bulk.records: records as lines of JSON.

local records = require "kms.bulk.records"

describe("a record", function()
  it("is one line with its members in a fixed order", function()
    assert.equal('{"type":"item","n":3,"key":"k\\n\\"","before":"b","params":{"a":"x","b":[1,true],"c":false}}\n',
      records.encode { params = { c = false, b = { 1, true }, a = "x" }, before = "b", key = 'k\n"', n = 3, type = "item" })
  end)

  it("has the time in UTC with milliseconds", function()
    assert.equal("2026-11-27T22:14:03.120Z", records.format_time(1795817643.1204))
    assert.matches('^{"t":"%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ","type":"stop"}\n$', records.encode_now { type = "stop" })
  end)

  it("is read back as it was", function()
    local record = { type = "end", n = 100000, key = "\195\169", outcome = "failed", uncertain = true, status = 502 }
    assert.same(record, records.decode((records.encode(record):gsub("\n$", ""))))
  end)

  it("is nil for a line that is cut, empty, or not an object with a type", function()
    local line = records.encode({ type = "begin", n = 1, key = "k", attempt = 1 }):gsub("\n$", "")
    for length = 0, #line - 1 do assert.is_nil(records.decode(line:sub(1, length))) end
    for _, text in ipairs { "[]", "{}", '{"type":1}', "{\0}", "null", line .. line, '{"type":"x","n":NaN}' } do
      assert.is_nil(records.decode(text), text)
    end
  end)
end)
