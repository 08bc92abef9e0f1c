--- kms.cli.progress: the line that shows how far a run is.

local merge = require "spec.helpers.merge"
local progress = require "kms.cli.progress"

local STATE = { total = 300, ended = 128, failed = 2, uncertain = 0, retries = 14, rate = 19.8 }

local function with(changes) return merge(STATE, changes) end

--- An output that keeps what is written.
local function new_output()
  local output = { text = "" }
  function output:write(...) self.text = self.text .. table.concat { ... } end
  function output.flush() end
  return output
end

local function new_event(seconds, done, changes)
  local event = { seconds = seconds, retries = 1, throttled = 2,
    counts = { total = 90, done = done, already = 1, failed = 2, uncertain = 3, not_tried = 84 - done } }
  for name, value in pairs(changes or {}) do event[name] = value end
  return event
end

describe("the line of progress", function()
  it("has a bar, counts, rate, failures, retries and time left in 80 columns", function()
    assert.equal("  [########-----------]   128/300   19.8/s   2 failed   14 retries   9 s left", progress.format_line(STATE, 80))
  end)

  it("has no bar in 40 columns, and the less important parts are left out", function()
    assert.equal("  128/300  19.8/s  2 failed  9 s left", progress.format_line(STATE, 40))
    assert.equal("  128/300  2 failed  9 s left", progress.format_line(STATE, 33))
    assert.equal("  128/300  9 s left", progress.format_line(STATE, 22))
  end)

  it("has a bar of 60 columns at most", function()
    assert.equal("  [" .. ("#"):rep(24) .. ("-"):rep(34) .. "]   128/300   19.8/s   2 failed   14 retries   9 s left",
      progress.format_line(STATE, 200))
  end)

  it("leaves room for ^C at every width", function()
    for width = 20, 250 do
      for _, state in ipairs { STATE, with { uncertain = 7 }, with { total = 100000, ended = 99999, rate = 123.4 } } do
        assert.is_true(#progress.format_line(state, width) <= width - 3)
      end
    end
  end)

  it("names uncertain keys if there are some, and no rate before it is known", function()
    assert.equal("  [######---------]   128/300   2 failed   3 uncertain   14 retries",
      progress.format_line({ total = 300, ended = 128, failed = 2, uncertain = 3, retries = 14 }, 70))
  end)

  it("has a full bar at the end", function()
    assert.matches("%[#+%]   300/300", progress.format_line(with { ended = 300 }, 80))
    assert.matches("%[#+%]   0/0", progress.format_line(with { total = 0, ended = 0 }, 80))
  end)

  it("is words with commas outside of a terminal", function()
    assert.equal("128 of 300, 19.8/s, 2 failed, 14 retries, 9 s left", progress.format_plain(STATE))
  end)
end)

describe("a duration", function()
  it("is in the units that people use", function()
    local texts = {}
    for i, seconds in ipairs { 0.21, 9.94, 10, 59.4, 59.5, 130, 3599.6, 3960 } do texts[i] = progress.format_duration(seconds) end
    assert.same({ "0.2 s", "9.9 s", "10 s", "59 s", "1 min 0 s", "2 min 10 s", "1 h 0 min", "1 h 6 min" }, texts)
  end)
end)

describe("progress on a terminal", function()
  local output, self

  before_each(function()
    output = new_output()
    self = progress.new { output = output, is_terminal = true, get_width = function() return 60 end, total = 90 }
  end)

  it("draws the line in place, at most ten times per second", function()
    self:update(new_event(0, 1))
    self:update(new_event(0.05, 2))
    assert.equal("\r\27[K  [------------]   7/90  2 failed  3 uncertain  3 retries", output.text)
    output.text = ""
    self:update(new_event(0.1, 3))
    assert.matches("^\r\27%[K  %[[#-]+%]   9/90  ", output.text)
  end)

  it("measures the rate over the last seconds", function()
    for tenth = 0, 80 do self:update(new_event(tenth / 10, tenth < 20 and 0 or tenth - 20)) end
    assert.matches(" 10.0/s ", output.text:match "[^\r]*$")
  end)

  it("takes the line away so that something else can be printed, and draws it again at once", function()
    self:clear()
    assert.equal("", output.text)
    self:update(new_event(1, 1))
    output.text = ""
    self:clear()
    assert.equal("\r\27[K", output.text)
    self:update(new_event(1.01, 1))
    assert.matches("7/90", output.text)
  end)
end)

describe("progress outside of a terminal", function()
  it("prints a line every five seconds, without control characters", function()
    local output = new_output()
    local self = progress.new { output = output, is_terminal = false, total = 90 }
    for second = 0, 11 do self:update(new_event(second, second)) end
    self:clear()
    assert.equal("11 of 90, 1.0/s, 2 failed, 3 uncertain, 3 retries, 1 min 19 s left\n"
      .. "16 of 90, 1.0/s, 2 failed, 3 uncertain, 3 retries, 1 min 14 s left\n", output.text)
  end)
end)
