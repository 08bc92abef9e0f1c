--- kms.bulk.journal: records reach the disk, several with one sync.

local files = require "spec.helpers.files"
local journal = require "kms.bulk.journal"

local function count_lines(path) return select(2, files.read(path):gsub("\n", "")) end

describe("a journal", function()
  local path

  before_each(function()
    path = os.tmpname()
    os.remove(path)
  end)

  after_each(function() os.remove(path) end)

  it("says why it cannot be opened", function()
    assert.same({ nil, "absent", ("cannot open journal %s: there is no such file"):format(path), n = 3 },
      { n = 3, journal.open(path, false) })
    local self = assert(journal.open(path, true))
    assert.same({ nil, "exists", ("cannot open journal %s: the file exists"):format(path), n = 3 },
      { n = 3, journal.open(path, true) })
    assert.same({ nil, "locked", ("cannot open journal %s: another run uses it"):format(path), n = 3 },
      { n = 3, journal.open(path, false) })
    self:close()
  end)

  it("has records on the disk after a commit", function()
    local self = assert(journal.open(path, true))
    self:add { type = "begin", n = 1 }
    assert.equal("", files.read(path))
    assert.is_true(self:commit())
    assert.matches('"type":"begin","n":1}\n$', files.read(path))
    assert.equal(1, self.synced)
    self:close()
  end)

  it("syncs once for all tasks that wait", function()
    local self, syncs = assert(journal.open(path, true)), 0
    local file = self.file
    self.file = {
      append = function(_, text) return file:append(text) end,
      sync = function()
        syncs = syncs + 1
        return file:sync()
      end,
      close = function() file:close() end,
    }
    local tasks, committed = {}, 0
    for i = 1, 10 do
      tasks[i] = coroutine.wrap(function()
        self:add { type = "begin", n = i }
        assert(self:commit(function() coroutine.yield() end))
        committed = committed + 1
      end)
      tasks[i]()
    end
    assert.equal(0, syncs)
    for i = 1, 10 do tasks[i]() end
    assert.same({ 1, 10, 10 }, { syncs, committed, count_lines(path) })
    self:close()
  end)

  it("waits for the records of other tasks as long as a slow sync took, and not at all before a fast one", function()
    local self, waits = assert(journal.open(path, true)), {}
    for _, sync_time in ipairs { 0.0002, 0.005, 3 } do
      self:add { type = "begin", n = 1 }
      self.sync_time = sync_time
      assert.is_true(self:commit(function(seconds) waits[#waits + 1] = seconds end))
    end
    assert.same({ 0, 0.005, 0.02 }, waits)
    self:close()
  end)

  it("writes nothing more after a failure, and says what failed", function()
    local self = assert(journal.open(path, true))
    local file, is_full = self.file, false
    self.file = {
      append = function(_, text)
        if not is_full then return file:append(text) end
        file:append(text:sub(1, 5))
        return nil, "failed", "No space left on device"
      end,
      sync = function() return file:sync() end, close = function() file:close() end,
    }
    self:add { type = "begin", n = 1 }
    assert.is_true(self:commit())
    is_full = true
    self:add { type = "end", n = 1 }
    assert.is_false(self:commit())
    is_full = false
    self:add { type = "begin", n = 2 }
    assert.is_false(self:commit())
    assert.equal(("cannot write journal %s: No space left on device"):format(path), self.failure)
    assert.is_false(self:close())
    assert.equal(1, count_lines(path))
  end)

  it("reports a sync that fails", function()
    local self = assert(journal.open(path, true))
    local file = self.file
    self.file = { append = function(_, text) return file:append(text) end, close = function() file:close() end,
      sync = function() return nil, "failed", "Input/output error" end }
    self:add { type = "begin", n = 1 }
    assert.is_false(self:commit())
    assert.equal(("cannot sync journal %s: Input/output error"):format(path), self.failure)
    self:close()
  end)

  it("is cut after its last complete record", function()
    local self = assert(journal.open(path, true))
    self:add_line "{}\n"
    self:add_line "{half"
    self:flush()
    assert.is_true(self:cut(3))
    self:add_line "{1}\n"
    self:close()
    assert.equal("{}\n{1}\n", files.read(path))
  end)
end)
