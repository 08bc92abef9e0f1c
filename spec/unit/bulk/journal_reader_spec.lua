--- kms.bulk.journal_reader: what a journal says, also one that was cut.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local files = require "spec.helpers.files"
local journal_reader = require "kms.bulk.journal_reader"
local kms = require "kms"

describe("reading a journal", function()
  local path, cloud, text

  before_each(function()
    path, cloud = os.tmpname(), bulk_cloud.new(4)
    os.remove(path)
    cloud.drop = function(_, number) return number == 3 end
    bulk_cloud.execute(cloud:move_options(4, { journal = path }))
    text = files.read(path)
  end)

  after_each(function() os.remove(path) end)

  it("gives the plan and the outcome of each step", function()
    local state = assert(journal_reader.read(path))
    assert.is_true(state.is_complete)
    assert.equal(#text, state.size)
    assert.same({ "huawei.update_primary_region", 4, 4 }, { state.header.operation, state.header.items, state.header.steps })
    local outcomes = {}
    for i, step in ipairs(state.steps) do outcomes[i] = step.outcome end
    assert.same({ "done", "done", "already", "done" }, outcomes)
    assert.is_true(state.steps[3].inferred)
    assert.equal("cn-north-4", state.steps[1].before)
    assert.is_table(state.last_stop.counts)
  end)

  it("knows no end of a session that was cut after another one", function()
    files.write(path, text .. '{"t":"2026-11-28T08:00:00.000Z","type":"resume"}\n')
    assert.is_nil(assert(journal_reader.read(path)).last_stop)
  end)

  it("reports a folder in place of a file", function()
    local state, err = journal_reader.read "/"
    assert.is_nil(state)
    assert.equal("journal / cannot be read: Is a directory", err.message)
  end)

  it("takes a step that was begun and not ended as doubtful", function()
    local last_end = text:find '{[^{}]*"type":"end","n":4'
    files.write(path, text:sub(1, last_end - 1))
    local state = assert(journal_reader.read(path))
    assert.is_true(state.steps[4].is_begun)
    assert.is_nil(state.steps[4].outcome)
    assert.equal(1, assert(kms.bulk.read(path)).uncertain)
  end)

  it("ignores a last record that was cut at any byte, and a run continues from it to the same result", function()
    local offset = 0
    local starts = {}
    for line in text:gmatch "[^\n]*\n" do
      starts[#starts + 1] = offset
      offset = offset + #line
    end
    local first = starts[#starts - 1]
    assert.is_true(#text - first > 100)
    for size = first, #text - 1 do
      files.write(path, text:sub(1, size))
      local run = assert(kms.bulk { client = cloud:huawei(), journal = path })
      local summary = assert(run:execute())
      assert.equal(4, summary.done + summary.already, size)
      assert.equal(4, cloud:count_moved(4))
      assert.is_true(assert(journal_reader.read(path)).is_complete)
    end
  end)

  it("finds that the plan is not complete, and that nothing was sent then", function()
    local first_begin = text:find '{[^{}]*"type":"begin"'
    for _, size in ipairs { 0, 10, first_begin - 2, text:find '{"type":"item","n":3' } do
      files.write(path, text:sub(1, size))
      assert.is_false(assert(journal_reader.read(path)).is_complete)
      local _, err = kms.bulk { client = cloud:huawei(), journal = path }
      assert.matches("has no complete plan, so nothing was sent; begin a new run with the list", err.message, 1, true)
      _, err = kms.bulk.read(path)
      assert.matches("has no complete plan, so nothing was sent", err.message, 1, true)
      local again = bulk_cloud.new(4)
      assert.equal(4, bulk_cloud.execute(again:move_options(4, { journal = path })).done)
      assert.is_true(assert(journal_reader.read(path)).is_complete)
    end
  end)

  it("refuses a journal that is damaged in the middle, and what is not a journal", function()
    local function problem_of(content)
      files.write(path, content)
      local state, err = journal_reader.read(path)
      assert.is_nil(state)
      assert.same({ "invalid", "journal" }, { err.kind, err.code })
      return (err.message:gsub("^journal %S+ ", ""))
    end
    assert.equal("is damaged: line 3 is not a record", problem_of((text:gsub('{"type":"item","n":2', '"type":"item","n":2', 1))))
    assert.equal("is damaged: its items do not have the digest of the plan", problem_of((text:gsub("cn%-east%-3", "cn-east-4"))))
    assert.equal("does not begin with the record of a run", problem_of(text:sub(text:find "\n" + 1)))
    assert.equal("has format 2; this version reads format 1", problem_of((text:gsub('"format":1', '"format":2', 1))))
    assert.equal("has item 3 in place of item 2", problem_of((text:gsub('{"type":"item","n":2[^\n]*\n', "", 1))))
    assert.equal("names step 9, which is not in its plan", problem_of((text:gsub('"type":"begin","n":2', '"type":"begin","n":9', 1))))
  end)

  it("says that a file cannot be read", function()
    local state, err = journal_reader.read(path .. ".absent")
    assert.is_nil(state)
    assert.matches("cannot be read: .*No such file or directory", err.message)
  end)
end)
