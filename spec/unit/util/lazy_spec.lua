local files = require "spec.helpers.files"
local lazy = require "kms.util.lazy"

describe("kms.util.lazy", function()
  local loads

  before_each(function()
    loads = 0
    package.loaded["spec.lazy_module"] = nil
    package.preload["spec.lazy_module"] = function()
      loads = loads + 1
      return { field = 42 }
    end
  end)

  -- A declared module must stay loadable for later specs.
  after_each(function() package.preload["spec.lazy_module"], package.loaded["spec.lazy_module"] = nil, {} end)

  it("loads a module at the first use of a field, once", function()
    local module = lazy "spec.lazy_module"
    assert.equal(0, loads)
    for _ = 1, 2 do assert.equal(42, module.field) end
    assert.is_nil(module.missing)
    assert.equal(1, loads)
  end)

  it("load_all loads every module that was declared", function()
    lazy "spec.lazy_module"
    assert.equal(0, loads)
    lazy.load_all()
    assert.equal(1, loads)
  end)

  it("loads a module at once in NGINX", function()
    package.loaded["kms.util.lazy"] = nil
    rawset(_G, "ngx", {})
    local lazy_in_nginx = require "kms.util.lazy"
    rawset(_G, "ngx", nil)
    package.loaded["kms.util.lazy"] = lazy
    local module = lazy_in_nginx "spec.lazy_module"
    assert.equal(1, loads)
    assert.equal(package.loaded["spec.lazy_module"], module)
  end)

  describe("read", function()
    local NAMES = { "kms.test_lazy.outer", "kms.test_lazy.inner", "kms.test_lazy.read_by_inner" }
    local folder, path

    before_each(function()
      folder, path = files.new_path(), package.path
      assert(os.execute("mkdir -p " .. folder .. "/kms/test_lazy"))
      package.path = folder .. "/?.lua;" .. path
      _G.spec_loads = {}
    end)

    after_each(function()
      package.path, _G.spec_loads = path, nil
      os.execute("rm -r " .. folder)
      for _, name in ipairs(NAMES) do package.loaded[name], package.preload[name] = {}, nil end
    end)

    local function write_module(name, text)
      package.loaded["kms.test_lazy." .. name] = nil
      files.write(("%s/kms/test_lazy/%s.lua"):format(folder, name),
        ("table.insert(spec_loads, %q)\n"):format(name) .. text)
    end

    --- No module can be read any more.
    local function remove_modules()
      assert(os.execute("rm -r " .. folder .. "/kms"))
    end

    local has_searchpath = rawget(package, "searchpath") ~= nil

    it("reads a module and what it requires at once, and runs them at the first use of a field", function()
      if not has_searchpath then pending "Lua 5.1 loads them at once" return end
      write_module("outer", 'local inner = require "kms.test_lazy.inner"\nreturn { value = inner.value, name = ... }')
      write_module("inner", 'local lazy = require "kms.util.lazy"\nlocal other = lazy.read "kms.test_lazy.read_by_inner"\n'
        .. "return { value = other.value }")
      write_module("read_by_inner", "return { value = 42 }")
      local outer = lazy.read "kms.test_lazy.outer"
      assert.same({}, _G.spec_loads)
      remove_modules()
      for _ = 1, 2 do assert.equal(42, outer.value) end
      assert.equal("kms.test_lazy.outer", outer.name)
      assert.same({ "outer", "inner", "read_by_inner" }, _G.spec_loads)
      assert.equal(42, require("kms.test_lazy.inner").value)
    end)

    it("names the file of a module in messages", function()
      if not has_searchpath then pending "Lua 5.1 loads it at once" return end
      write_module("outer", 'return { fail = function() error "failed" end }')
      local outer = lazy.read "kms.test_lazy.outer"
      local _, message = pcall(outer.fail)
      assert.equal(folder .. "/kms/test_lazy/outer.lua:2: failed", message)
    end)

    it("runs a module again if it raised", function()
      if not has_searchpath then pending "Lua 5.1 loads it at once" return end
      write_module("outer", 'if #spec_loads == 1 then error "no memory" end\nreturn { value = 42 }')
      local outer = lazy.read "kms.test_lazy.outer"
      remove_modules()
      assert.error_matches(function() return outer.value end, "no memory")
      assert.equal(42, outer.value)
    end)

    it("loads a module at once if its source is not found", function()
      assert.equal(0, loads)
      local module = lazy.read "spec.lazy_module"
      assert.equal(42, module.field)
      assert.error_matches(function() lazy.read "kms.test_lazy.missing" end, "module 'kms.test_lazy.missing' not found")
    end)

    it("load_all runs what was read", function()
      write_module("outer", "return { value = 42 }")
      lazy.read "kms.test_lazy.outer"
      lazy.load_all()
      assert.equal(42, package.loaded["kms.test_lazy.outer"].value)
    end)
  end)
end)
