--- kms.bulk.file: files that are created once, locked, appended to, synced and cut.

local file = require "kms.bulk.file"
local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

describe("kms.bulk.file", function()
  local path

  before_each(function()
    path = os.tmpname()
    os.remove(path)
  end)

  after_each(function() os.remove(path) end)

  it("creates a file that only its owner can read", function()
    local handle = assert(file.open(path, true))
    handle:close()
    local pipe = assert(io.popen("stat -c %a " .. path))
    assert.equal("600", pipe:read "*l")
    pipe:close()
  end)

  it("does not create a file that exists", function()
    assert(file.open(path, true)):close()
    local handle, word, reason = file.open(path, true)
    assert.is_nil(handle)
    assert.equal("exists", word)
    assert.equal("file already exists", reason)
  end)

  it("does not create a file without being asked to", function()
    assert.same({ nil, "absent", "no such file or directory", n = 3 }, { n = 3, file.open(path, false) })
  end)

  it("says why a file cannot be opened", function()
    assert.equal("absent", (select(2, file.open(path .. "/journal", true))))
    assert.same({ nil, "failed", "illegal operation on a directory", n = 3 }, { n = 3, file.open("/tmp", false) })
    assert.same({ nil, "failed", "not a regular file", n = 3 }, { n = 3, file.open("/dev/null", false) })
  end)

  it("opens a file again that nothing has closed and nothing refers to", function()
    local function abandon() assert(file.open(path, true)) end
    abandon()
    assert(file.open(path, false)):close()
  end)

  it("appends bytes, NUL among them, to what an existing file has", function()
    local handle = assert(file.open(path, true))
    assert.is_true(handle:append "one\n")
    handle:close()
    handle = assert(file.open(path, false))
    assert.is_true(handle:append "t\0wo")
    assert.is_true(handle:append "")
    assert.is_true(handle:sync())
    handle:close()
    assert.equal("one\nt\0wo", files.read(path))
  end)

  it("cuts a file, and appends at the new end", function()
    local handle = assert(file.open(path, true))
    assert(handle:append "complete\nto")
    assert.is_true(handle:truncate(9))
    assert(handle:append "next\n")
    handle:close()
    assert.equal("complete\nnext\n", files.read(path))
  end)

  it("locks the file against other opens of the same process", function()
    local handle = assert(file.open(path, true))
    assert.equal("locked", (select(2, file.open(path, false))))
    handle:close()
    assert(file.open(path, false)):close()
  end)

  it("locks the file against other processes until it is closed", function()
    local program = ("io.write(select(2, require('kms.bulk.file').open(%q, false)) or 'opened')"):format(path)
    local handle = assert(file.open(path, true))
    assert.equal("locked", (subprocess.run(program)))
    handle:close()
    assert.equal("opened", (subprocess.run(program)))
  end)

  it("a program that ends with an open file reports no error", function()
    local output, ok = subprocess.run(([[
      local warn = rawget(_G, "warn") -- Lua 5.4 reports errors of finalizers so
      if warn then warn "@on" end
      handle = assert(require("kms.bulk.file").open(%q, true))
    ]]):format(path))
    assert.same({ "", true }, { output, ok })
  end)

  it("keeps the lock while the same process reads the file", function()
    local program = ("io.write(select(2, require('kms.bulk.file').open(%q, false)) or 'opened')"):format(path)
    local handle = assert(file.open(path, true))
    assert(handle:append "one\n")
    assert.equal("one\n", file.read(path, function(reader) return reader:read "*a" end))
    assert.equal("locked", (subprocess.run(program)))
    assert(handle:append "two\n")
    handle:close()
    assert.equal("one\ntwo\n", file.read(path, function(reader) return reader:read "*a" end))
  end)

  it("says why a file cannot be read", function()
    assert.same({ nil, path .. ": No such file or directory" }, { file.read(path, error) })
  end)

  it("does not lock a file that was replaced meanwhile", function()
    local lfs = require "lfs"
    local handle = assert(file.open(path, true))
    handle:close()
    local lock = lfs.lock
    finally(function() lfs.lock = lock end)
    function lfs.lock(...)
      os.remove(path)
      return lock(...)
    end
    assert.same({ nil, "failed", "the file was replaced", n = 3 }, { n = 3, file.open(path, false) })
  end)

  it("reports a full disk and a size limit, and the process survives the signal", function()
    local program = ([[
      local handle = assert(require("kms.bulk.file").open(%q, true))
      print(handle:append(("x"):rep(1000)))
      print(handle:append(("x"):rep(1000)))
      print(handle:append "x")
      print(handle:sync())
    ]]):format(path)
    local output, ok = subprocess.run(program, nil, "prlimit --fsize=1024")
    assert.is_true(ok)
    assert.equal("true\nnil\tfailed\tfile too large\nnil\tfailed\tfile too large\ntrue\n", output)
  end)

  it("raises for a closed file", function()
    local handle = assert(file.open(path, true))
    handle:close()
    handle:close()
    for _, method in ipairs { "append", "sync", "truncate" } do
      assert.has_error(function() handle[method](handle, "x") end, "file is closed")
    end
  end)
end)
